import { foldJson } from "./foldJson.ts"

/**
 * Writes JSON like `JSON.stringify`, however deeply the value is nested: that of a server can be deeper than the stack.
 * `undefined` becomes `null`.
 */
export const jsonText = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? "null"
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return foldJson<string | undefined>(value, (json) => JSON.stringify(json), written) ?? "null"
  }
}

/** Adds text to text instead of joining a list, which would copy what is within at every level. */
const written = (json: object, parts: ReadonlyArray<string | undefined>): string => {
  const isList = Array.isArray(json)
  let text = ""
  Object.keys(json).forEach((name, index) => {
    const part = parts[index]
    if (part === undefined && !isList) return
    if (text !== "") text += ","
    text += isList ? (part ?? "null") : `${JSON.stringify(name)}:${part}`
  })
  return isList ? `[${text}]` : `{${text}}`
}
