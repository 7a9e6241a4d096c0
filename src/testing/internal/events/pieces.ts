export type Json = { readonly [key: string]: unknown }

/** The words of a text with the space before them: joined, they are the text. */
export const pieces = (text: string): ReadonlyArray<string> =>
  text.match(/\s*\S+|\s+$/gu) ?? (text === "" ? [] : [text])

export const isJson = (u: unknown): u is Json => typeof u === "object" && u !== null && !Array.isArray(u)

export const objects = (u: unknown): ReadonlyArray<Json> => (Array.isArray(u) ? u.filter(isJson) : [])

export const textOf = (u: unknown): string => (typeof u === "string" ? u : "")
