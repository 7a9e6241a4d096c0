import type * as Schema from "effect/Schema"

/** How deep the JSON of a part may be nested: the core of `effect/ai` calls itself for each level of it. */
const maxDepth = 500

/**
 * Copies a value as JSON: `toJSON` is called, `undefined` and functions are left out, numbers that JSON lacks become
 * `null`. The parts of `effect/ai` refuse metadata that is anything else. Throws a `RangeError` if it is nested too
 * deeply.
 */
export const plainJson = (value: unknown): Schema.MutableJson => plainAt(value, 0)

const plainAt = (value: unknown, depth: number): Schema.MutableJson => {
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
      return value === null ? null : plainObject(value, depth)
    default:
      return null
  }
}

const plainObject = (value: object, depth: number): Schema.MutableJson => {
  if (depth === maxDepth) throw new RangeError(`A value is nested more deeply than ${maxDepth} levels`)
  if ("toJSON" in value && typeof value.toJSON === "function") return plainAt(value.toJSON(), depth + 1)
  if (Array.isArray(value)) return value.map((item) => plainAt(item, depth + 1))
  const plain: Schema.MutableJsonObject = {}
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined || typeof field === "function" || typeof field === "symbol") continue
    const json = plainAt(field, depth + 1)
    if (key === "__proto__") Object.defineProperty(plain, key, { ...own, value: json })
    else plain[key] = json
  }
  return plain
}

const own = { configurable: true, enumerable: true, writable: true }
