/** Bodies of pages: the way back from items and a cursor to what a list endpoint's style of paging reads. */

import type { JsonObject } from "../../internal/json/json.ts"
import type * as Page from "../../Page.ts"

/** How a list is walked. */
export interface Walk {
  /** The input field that selects a page. `undefined` if there is only one page. */
  readonly parameter: string | undefined
  /** The kind of its value: the id of an item, a token of the server's, or a number. */
  readonly by: "item" | "token" | "number"
  /** The properties of the body that it depends on, besides `has_more`. */
  readonly properties: ReadonlyArray<string>
}

const walks = new WeakMap<Page.Style, Walk>()

/** Found out by asking the style what it reads. */
export const walkOf = (style: Page.Style): Walk => {
  const known = walks.get(style)
  if (known !== undefined) return known
  const walk = probe(style)
  walks.set(style, walk)
  return walk
}

const item = { id: "item" }

const probe = (style: Page.Style): Walk => {
  const read = new Set<string>()
  const body = (hasMore: true | undefined): JsonObject =>
    new Proxy<JsonObject>(
      {},
      {
        get: (_, name) => {
          if (name === "has_more") return hasMore
          read.add(String(name))
          return `value of ${String(name)}`
        }
      }
    )
  const next = style.next(body(true), [item], {})
  style.next(body(undefined), [item], {})
  const [parameter] = Object.keys(next ?? {})
  const value = parameter === undefined ? undefined : next?.[parameter]
  const properties = [...read]
  const isItem =
    value === item.id || properties.includes("last_id") || (style.items === "data" && parameter === "after")
  return { parameter, properties, by: typeof value === "number" ? "number" : isItem ? "item" : "token" }
}

/** Returns the body of a page. Throws if no body of this style leads to `next`. */
export const pageBody = (
  style: Page.Style,
  items: ReadonlyArray<unknown>,
  next: Page.Cursor | undefined,
  input: JsonObject,
  total?: number
): JsonObject => {
  const { by, properties } = walkOf(style)
  const [value] = Object.values(next ?? {})
  const body: Record<string, unknown> = {
    [style.items]: items,
    ...(by === "item" ? { first_id: idOf(items[0]), last_id: idOf(items.at(-1)) } : {}),
    has_more: next !== undefined
  }
  for (const name of properties) {
    if (by === "number") body[name] = total ?? items.length
    else if (name === "first_id") body[name] = idOf(items[0])
    else if (name === "last_id") body[name] = value ?? idOf(items.at(-1))
    else body[name] = value ?? null
  }
  if (next !== undefined && typeof input["before_id"] === "string") body["first_id"] = value
  const reached = style.next(body, items, input)
  if (JSON.stringify(reached) === JSON.stringify(next)) return body
  throw new Error(
    `No page of this endpoint leads from ${JSON.stringify(input)} to ${JSON.stringify(next)}: ` +
      `${by === "item" ? "the id of its last item would have to be the cursor" : `it leads to ${JSON.stringify(reached)}`}`
  )
}

const idOf = (item: unknown): unknown => (typeof item === "object" && item !== null && "id" in item ? item.id : null)
