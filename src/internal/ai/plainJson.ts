import type * as Schema from "effect/Schema"

/**
 * Copies a value as JSON: `toJSON` is called, `undefined` and functions are left out, numbers that JSON lacks become
 * `null`. The parts of `effect/ai` refuse metadata that is anything else.
 */
export const plainJson = (value: unknown): Schema.MutableJson => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      // JSON has no negative zero.
      return Number.isFinite(value) ? value + 0 : null
    case "bigint":
      return value.toString()
    case "object":
      return value === null ? null : plainObject(value)
    default:
      return null
  }
}

const plainObject = (value: object): Schema.MutableJson => {
  if ("toJSON" in value && typeof value.toJSON === "function") return plainJson(value.toJSON())
  if (Array.isArray(value)) return value.map(plainJson)
  const plain: Schema.MutableJsonObject = {}
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined || typeof field === "function" || typeof field === "symbol") continue
    if (key === "__proto__") Object.defineProperty(plain, key, { ...own, value: plainJson(field) })
    else plain[key] = plainJson(field)
  }
  return plain
}

const own = { configurable: true, enumerable: true, writable: true }
