/** Reads values of unchecked JSON: whatever has another type than expected counts as absent. */

export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A text that is not empty, or a number as text. */
export const stringOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

export const arrayOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

export const objectsOf = (value: unknown): ReadonlyArray<JsonObject> => arrayOf(value).filter(isObject)
