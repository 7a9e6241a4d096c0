/**
 * One page of a list endpoint, and the ways in which the APIs point from one page to the next.
 *
 * A list endpoint is a Stream of the items of all pages. `.pages` of the endpoint returns the pages themselves; use it
 * for totals, or to go on later from `next`. Declare an endpoint of your own with one of the styles below.
 *
 * @example
 * ```ts
 * import * as Stream from "effect/Stream"
 * import { Files } from "llmfx/openai"
 *
 * const cursors = Files.list.pages({ limit: 100 }).pipe(Stream.map((page) => page.next))
 * ```
 */
import type { JsonObject } from "./internal/json/json.ts"

/**
 * One page of a list.
 *
 * @category models
 */
export interface Page<out A> {
  readonly items: ReadonlyArray<A>
  /**
   * The input fields that select the next page, `undefined` on the last page. `{ ...input, ...page.next }` resumes a
   * list.
   */
  readonly next: Cursor | undefined
  /** The response body, for instance for totals. */
  readonly body: { readonly [key: string]: unknown }
}

/**
 * Input fields that select a page.
 *
 * @category models
 */
export interface Cursor {
  readonly [parameter: string]: string | number
}

/**
 * The place of the items in a response, and how to request the next page.
 *
 * @category models
 */
export interface Style {
  /** The property that holds the items. */
  readonly items: string
  readonly next: (body: JsonObject, items: ReadonlyArray<unknown>, input: JsonObject) => Cursor | undefined
}

const present = (value: unknown): value is string | number =>
  typeof value === "number" || (typeof value === "string" && value !== "")

const cursor = (parameter: string, value: unknown): Cursor | undefined =>
  present(value) ? { [parameter]: value } : undefined

/**
 * `after` is the id of the last item. Continues only if `has_more` is `true`, because some servers ignore `after`.
 *
 * @category constants
 */
export const lastItemId: Style = {
  items: "data",
  next: (body, items) => {
    const last = items.at(-1)
    return body["has_more"] !== true || typeof last !== "object" || last === null || !("id" in last)
      ? undefined
      : cursor("after", last.id)
  }
}

/**
 * `after` is `last_id`. Ends if `has_more` is `false`.
 *
 * @category constants
 */
export const lastId: Style = {
  items: "data",
  next: (body) => (body["has_more"] === true ? cursor("after", body["last_id"]) : undefined)
}

/**
 * `after` is `next`. Ends if `has_more` is `false` or `next` is missing.
 *
 * @category constants
 */
export const next: Style = {
  items: "data",
  next: (body) => (body["has_more"] === false ? undefined : cursor("after", body["next"]))
}

/**
 * `page` is `next`. Ends if `has_more` is `false` or `next` is missing.
 *
 * @category constants
 */
export const nextToken: Style = {
  items: "data",
  next: (body) => (body["has_more"] === false ? undefined : cursor("page", body["next"]))
}

/**
 * A list that has only one page.
 *
 * @category utilities
 */
export const single: Style = { items: "data", next: () => undefined }

/**
 * `after_id` is `last_id`; if the input pages backwards with `before_id`, `before_id` is `first_id`. Continues only if
 * `has_more` is `true`.
 *
 * @category constants
 */
export const idWindow: Style = {
  items: "data",
  next: (body, _, input) =>
    body["has_more"] !== true
      ? undefined
      : present(input["before_id"])
        ? cursor("before_id", body["first_id"])
        : cursor("after_id", body["last_id"])
}

/**
 * `page` is `next_page`. Ends if `next_page` is missing, not with an empty page.
 *
 * @category utilities
 */
export const nextPage: Style = { items: "data", next: (body) => cursor("page", body["next_page"]) }

/**
 * `page` is `next_page`. Ends if `has_more` is `false`.
 *
 * @category constants
 */
export const reportPage: Style = {
  items: "data",
  next: (body) => (body["has_more"] === false ? undefined : cursor("page", body["next_page"]))
}

/**
 * A page token: `request` names the input field, `response` the property of the response. Also ends if `has_more` is
 * `false`.
 *
 * @category utilities
 */
export const token = (options: {
  readonly items: string
  readonly request: string
  readonly response: string
}): Style => ({
  items: options.items,
  next: (body) => (body["has_more"] === false ? undefined : cursor(options.request, body[options.response]))
})

/**
 * Page numbers from `first` (default 1). Ends if `has_more` is `false`, `total` items were read, or a page is empty.
 *
 * @category utilities
 */
export const numbered = (options: {
  readonly items: string
  readonly request: string
  readonly size: string
  readonly total?: string
  readonly first?: number
}): Style => {
  const first = options.first ?? 1
  return {
    items: options.items,
    next: (body, items, input) => {
      const current = typeof input[options.request] === "number" ? (input[options.request] as number) : first
      const following = { [options.request]: current + 1 }
      if (body["has_more"] === true) return following
      if (body["has_more"] === false || items.length === 0 || options.total === undefined) return undefined
      const total = body[options.total]
      const size = typeof input[options.size] === "number" ? (input[options.size] as number) : items.length
      return typeof total === "number" && (current - first + 1) * size < total ? following : undefined
    }
  }
}
