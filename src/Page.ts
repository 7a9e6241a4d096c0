/** Pages of a list endpoint, and the ways in which the three APIs point from one page to the next. */

/** One page. */
export interface Page<out A> {
  readonly items: ReadonlyArray<A>
  /** The input that leads to the next page; `undefined` on the last one. `{ ...input, ...page.next }` resumes a list. */
  readonly next: Cursor | undefined
  /** The rest of the answer, such as totals. */
  readonly body: { readonly [key: string]: unknown }
}

/** Input fields that select a page. */
export interface Cursor {
  readonly [parameter: string]: string | number
}

type Json = { readonly [key: string]: unknown }

/** Where an answer has its items, and what the next page's input is. */
export interface Style {
  /** The property with the items. */
  readonly items: string
  readonly next: (body: Json, items: ReadonlyArray<unknown>, input: Json) => Cursor | undefined
}

const present = (value: unknown): value is string | number =>
  typeof value === "number" || (typeof value === "string" && value !== "")

const cursor = (parameter: string, value: unknown): Cursor | undefined =>
  present(value) ? { [parameter]: value } : undefined

/** `after` is the id of the last item; goes on only with `has_more: true`, as some servers know no `after`. */
export const lastItemId: Style = {
  items: "data",
  next: (body, items) => {
    const last = items.at(-1)
    return body["has_more"] !== true || typeof last !== "object" || last === null || !("id" in last)
      ? undefined
      : cursor("after", last.id)
  }
}

/** `after` is `last_id`; ends with `has_more: false`. */
export const lastId: Style = {
  items: "data",
  next: (body) => (body["has_more"] === true ? cursor("after", body["last_id"]) : undefined)
}

/** `after` is `next`; ends with `has_more: false` or without `next`. */
export const next: Style = {
  items: "data",
  next: (body) => (body["has_more"] === false ? undefined : cursor("after", body["next"]))
}

/** `page` is `next`; ends with `has_more: false` or without `next`. */
export const nextToken: Style = {
  items: "data",
  next: (body) => (body["has_more"] === false ? undefined : cursor("page", body["next"]))
}

/** There is only one page. */
export const single: Style = { items: "data", next: () => undefined }

/**
 * `after_id` is `last_id`, or, where the input goes backwards with `before_id`, `before_id` is `first_id`; goes on only
 * with `has_more: true`.
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

/** `page` is `next_page`; ends without one, not with an empty page. */
export const nextPage: Style = { items: "data", next: (body) => cursor("page", body["next_page"]) }

/** `page` is `next_page`; ends with `has_more: false`. */
export const reportPage: Style = {
  items: "data",
  next: (body) => (body["has_more"] === false ? undefined : cursor("page", body["next_page"]))
}

/** A token: `request` is the input parameter, `response` the property of the answer; `has_more: false` ends too. */
export const token = (options: {
  readonly items: string
  readonly request: string
  readonly response: string
}): Style => ({
  items: options.items,
  next: (body) => (body["has_more"] === false ? undefined : cursor(options.request, body[options.response]))
})

/** Page numbers from `first` (1), until `has_more` is `false`, the property `total` is reached, or a page is empty. */
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
