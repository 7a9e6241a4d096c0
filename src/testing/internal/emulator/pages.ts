/** The page of a list that a request asks for. */

import type * as Endpoint from "../../../Endpoint.ts"
import { isObject, type JsonObject } from "../../../internal/json/json.ts"
import type * as Page from "../../../Page.ts"
import { pageBody, walkOf } from "../pages.ts"

const defaultSize = 20
const largestSize = 1000

/** The body of the page. */
export const pageFor = (
  endpoint: Endpoint.Metadata,
  style: Page.Style,
  all: ReadonlyArray<unknown>,
  input: JsonObject
): JsonObject => {
  const walk = walkOf(style)
  if (walk.parameter === undefined) return pageBody(style, all, undefined, input)
  const ordered = inOrder(endpoint, all, input)
  const size = sizeOf(input)
  const [start, end] = windowOf(ordered, walk.by, walk.parameter, size, input)
  const items = ordered.slice(start, end)
  const backwards = typeof input["before_id"] === "string" || typeof input["before"] === "string"
  const next = backwards
    ? start > 0 && walk.parameter === "after_id"
      ? { before_id: idOf(items[0]) }
      : undefined
    : end < ordered.length
      ? { [walk.parameter]: cursorAfter(walk.by, items, end, size) }
      : undefined
  const numbers = walk.by === "number" ? { [walk.parameter]: numberOf(input[walk.parameter]) ?? 1 } : {}
  return pageBody(style, items, next, { ...input, ...numbers }, all.length)
}

const sizeOf = (input: JsonObject): number => {
  const given = numberOf(input["limit"]) ?? numberOf(input["page_size"]) ?? numberOf(input["size"])
  return Math.max(1, Math.min(given ?? defaultSize, largestSize))
}

const numberOf = (u: unknown): number | undefined => {
  const value = typeof u === "string" && u !== "" ? Number(u) : u
  return typeof value === "number" && Number.isFinite(value) ? value : undefined
}

/** Newest first, unless the request or the API reverses the order. */
const inOrder = (
  endpoint: Endpoint.Metadata,
  all: ReadonlyArray<unknown>,
  { order }: JsonObject
): ReadonlyArray<unknown> => {
  const ascending =
    order === undefined
      ? endpoint.provider === "coze" || endpoint.query?.includes("order") !== true || oldestFirst.has(endpoint.id)
      : /^asc$/i.test(String(order))
  return ascending ? all : [...all].reverse()
}

const oldestFirst = new Set(["chat.completions.list", "chat.completions.messages.list"])

const windowOf = (
  items: ReadonlyArray<unknown>,
  by: "item" | "token" | "number",
  parameter: string,
  size: number,
  input: JsonObject
): readonly [start: number, end: number] => {
  const before = input["before_id"] ?? input["before"]
  if (by === "item" && typeof before === "string") {
    const end = items.findIndex((item) => idOf(item) === before)
    return end < 0 ? [0, 0] : [Math.max(0, end - size), end]
  }
  const cursor = input[parameter]
  const start =
    cursor === undefined || cursor === ""
      ? 0
      : by === "item"
        ? afterItem(items, cursor)
        : by === "number"
          ? ((numberOf(cursor) ?? 1) - 1) * size
          : (numberOf(String(cursor).replace(/^page_/, "")) ?? items.length)
  return [start, Math.min(items.length, start + size)]
}

const afterItem = (items: ReadonlyArray<unknown>, id: unknown): number => {
  const at = items.findIndex((item) => idOf(item) === id)
  return at < 0 ? items.length : at + 1
}

const cursorAfter = (
  by: "item" | "token" | "number",
  items: ReadonlyArray<unknown>,
  end: number,
  size: number
): string | number => (by === "item" ? idOf(items.at(-1)) : by === "number" ? end / size + 1 : `page_${end}`)

const idOf = (item: unknown): string => (isObject(item) && typeof item["id"] === "string" ? item["id"] : "")
