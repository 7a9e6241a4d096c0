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

/** A list with its items mapped; the list itself if none changes. */
export const mapItems = <A>(items: ReadonlyArray<A>, map: (item: A) => A): ReadonlyArray<A> => {
  let mapped: Array<A> | undefined
  for (const [at, item] of items.entries()) {
    const own = map(item)
    if (own === item) continue
    mapped ??= [...items]
    mapped[at] = own
  }
  return mapped ?? items
}

/** An index. Some servers write numbers as text. */
export const plainIndex = (index: unknown): unknown =>
  typeof index === "string" && /^\d{1,9}$/.test(index) ? Number(index) : index

/** The fields that are not `undefined`. */
export const withoutUndefined = <A extends object>(fields: A): Partial<A> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<A>

/** The entry of a table under a name that somebody else chose: `constructor` is none, though every object has it. */
export const entryOf = <A>(table: { readonly [name: string]: A }, name: string): A | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** The value of a JSON text, or `undefined` if the text is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Writes JSON that every server takes: half of a surrogate pair, such as what is left of an emoji in a text that was
 * shortened, becomes U+FFFD. `undefined` if the value has no JSON.
 */
export const writeJson = (value: unknown): string | undefined => {
  const json: string | undefined = JSON.stringify(value)
  return json === undefined ? undefined : wellFormedJson(json)
}

/** Replaces the escapes of halves of surrogate pairs; `JSON.stringify` writes whole pairs as they are. */
export const wellFormedJson = (json: string): string =>
  json.includes("\\ud")
    ? json.replace(/\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|ud[89a-f][0-9a-f]{2}|.)/gis, (escape) =>
        escape.length === 6 ? "\ufffd" : escape
      )
    : json
