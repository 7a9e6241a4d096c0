/** How an API wants its query written. */
export interface QueryStyle {
  /** How to write `null`. */
  readonly nulls: "empty" | "drop"
  readonly arrays: "brackets" | "commas"
}

/** Appends a value: `name[]=` (or one list with commas) for each item of an array, `name[key]=` for each property of an object. */
export const appendQuery = (query: Array<string>, name: string, value: unknown, style: QueryStyle): void => {
  if (value === undefined) return
  if (value === null) {
    if (style.nulls === "empty") query.push(`${encodeURIComponent(name)}=`)
    return
  }
  if (Array.isArray(value)) {
    if (style.arrays === "commas") return appendQuery(query, name, value.join(","), style)
    for (const item of value) appendQuery(query, `${name}[]`, item, style)
    return
  }
  if (value instanceof Date) {
    query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value.toISOString())}`)
    return
  }
  if (typeof value === "object") {
    for (const [key, item] of Object.entries(value)) appendQuery(query, `${name}[${key}]`, item, style)
    return
  }
  query.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
}
