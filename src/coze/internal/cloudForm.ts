/** Brings what self-hosted servers write into the form of the cloud. */
import { isObject, mapItems } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"

const isIdName = (name: string): boolean => {
  const end = name.charCodeAt(name.length - 1)
  return (end === 100 || end === 115) && /(?:^|_)ids?$/.test(name)
}

/** Returns the JSON with ids and the arguments of calls as texts. Leaves the given JSON as it is. */
export const inCloudForm = (value: unknown): unknown => {
  if (Array.isArray(value)) return mapItems(value, inCloudForm)
  if (!isObject(value)) return value
  let changed: { [name: string]: unknown } | undefined
  for (const name in value) {
    const field = value[name]
    if (typeof field !== "number" && (typeof field !== "object" || field === null)) continue
    const own = isIdName(name) ? textOf(field) : name === "function" ? withTextArguments(field) : inCloudForm(field)
    if (own !== field) changed = { ...(changed ?? value), [name]: own }
  }
  return changed ?? value
}

const withTextArguments = (called: unknown): unknown =>
  isObject(called) && isObject(called["arguments"])
    ? { ...called, arguments: jsonText(called["arguments"]) }
    : inCloudForm(called)

const textOf = (id: unknown): unknown => {
  if (typeof id === "number") return String(id)
  return Array.isArray(id) && id.some((one) => typeof one === "number") ? id.map(textOf) : inCloudForm(id)
}
