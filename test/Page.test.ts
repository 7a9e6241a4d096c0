import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { Page, RequestOptions, RetryPolicy } from "llmfx"
import * as Endpoint from "../src/Endpoint.ts"
import { OpenAi } from "../src/openai/OpenAi.ts"
import { failureOf, reasonOf, streamFailure } from "./support/errors.ts"
import { fakeHttp, type Reply, type Sent } from "./support/FakeHttp.ts"
import { Item, openAiOver } from "./support/probes.ts"

type Fields = { readonly [name: string]: unknown }

const listWith = (pagination: Page.Style) =>
  Endpoint.list<Fields, Item, OpenAi>(OpenAi, { id: "list", method: "GET", path: "/items", success: Item, pagination })

/** Calls a list against the given answers; gives its items and the queries that were sent. */
const run = (style: Page.Style, input: Fields, ...bodies: ReadonlyArray<unknown>) =>
  Effect.gen(function* () {
    const [first, ...rest] = bodies.map((body): Reply => ({ body }))
    const http = fakeHttp(first ?? {}, ...rest)
    const items = yield* Stream.runCollect(listWith(style)(input)).pipe(Effect.provide(openAiOver(http)))
    return { items: items.map(({ id }) => id), queries: http.sent.map(queryOf) }
  })

const queryOf = ({ url }: Sent): string => decodeURIComponent(new URL(url).search.slice(1))

const items = (...ids: ReadonlyArray<string>) => ids.map((id) => ({ id }))

interface Case {
  readonly name: string
  readonly style: Page.Style
  readonly input?: Fields
  readonly bodies: ReadonlyArray<unknown>
  readonly ids: ReadonlyArray<string>
  readonly queries: ReadonlyArray<string>
}

const numbered = Page.numbered({ items: "list", request: "page_num", size: "page_size", total: "total" })
const token = Page.token({ items: "rows", request: "page_token", response: "next_page_token" })

const cases: ReadonlyArray<Case> = [
  {
    name: "lastItemId goes on after the last item until has_more is false",
    style: Page.lastItemId,
    input: { limit: 2 },
    bodies: [
      { data: items("a", "b"), has_more: true },
      { data: items("c"), has_more: false }
    ],
    ids: ["a", "b", "c"],
    queries: ["limit=2", "limit=2&after=b"]
  },
  {
    name: "lastItemId ends where has_more is not sent",
    style: Page.lastItemId,
    bodies: [{ data: items("a") }],
    ids: ["a"],
    queries: [""]
  },
  {
    name: "lastItemId ends with an empty page",
    style: Page.lastItemId,
    bodies: [
      { data: items("a"), has_more: true },
      { data: [], has_more: true }
    ],
    ids: ["a"],
    queries: ["", "after=a"]
  },
  {
    name: "idWindow ends where has_more is not sent",
    style: Page.idWindow,
    bodies: [{ data: items("a"), first_id: "a", last_id: "a" }],
    ids: ["a"],
    queries: [""]
  },
  {
    name: "lastId goes on after last_id",
    style: Page.lastId,
    bodies: [
      { data: items("a"), has_more: true, last_id: "x" },
      { data: items("b"), has_more: false, last_id: "y" }
    ],
    ids: ["a", "b"],
    queries: ["", "after=x"]
  },
  {
    name: "lastId goes through an empty page that has a cursor",
    style: Page.lastId,
    bodies: [
      { data: [], has_more: true, last_id: "x" },
      { data: items("b"), has_more: false }
    ],
    ids: ["b"],
    queries: ["", "after=x"]
  },
  {
    name: "next goes on after next",
    style: Page.next,
    bodies: [
      { data: items("a"), has_more: true, next: "x" },
      { data: [], has_more: true, next: "y" },
      { data: items("b"), has_more: false, next: "z" }
    ],
    ids: ["a", "b"],
    queries: ["", "after=x", "after=y"]
  },
  {
    name: "nextToken asks for the page that next names",
    style: Page.nextToken,
    bodies: [
      { data: items("a"), next: "x" },
      { data: items("b"), next: null }
    ],
    ids: ["a", "b"],
    queries: ["", "page=x"]
  },
  {
    name: "single has one page",
    style: Page.single,
    bodies: [{ data: items("a"), has_more: true }],
    ids: ["a"],
    queries: [""]
  },
  {
    name: "idWindow goes forwards",
    style: Page.idWindow,
    input: { limit: 1 },
    bodies: [
      { data: items("a"), has_more: true, first_id: "a", last_id: "a" },
      { data: items("b"), has_more: false, first_id: "b", last_id: "b" }
    ],
    ids: ["a", "b"],
    queries: ["limit=1", "limit=1&after_id=a"]
  },
  {
    name: "idWindow goes backwards where the input does",
    style: Page.idWindow,
    input: { before_id: "z" },
    bodies: [
      { data: items("x", "y"), has_more: true, first_id: "x", last_id: "y" },
      { data: items("v", "w"), has_more: false, first_id: "v", last_id: "w" }
    ],
    ids: ["x", "y", "v", "w"],
    queries: ["before_id=z", "before_id=x"]
  },
  {
    name: "nextPage goes through an empty page",
    style: Page.nextPage,
    bodies: [
      { data: [], next_page: "x" },
      { data: items("a"), next_page: null }
    ],
    ids: ["a"],
    queries: ["", "page=x"]
  },
  {
    name: "reportPage ends with has_more: false",
    style: Page.reportPage,
    bodies: [
      { data: items("a"), has_more: true, next_page: "x" },
      { data: items("b"), has_more: false, next_page: "y" }
    ],
    ids: ["a", "b"],
    queries: ["", "page=x"]
  },
  {
    name: "token goes on with the answer's token, and ends with an empty one",
    style: token,
    bodies: [
      { rows: items("a"), next_page_token: "x", has_more: true },
      { rows: items("b"), next_page_token: "" }
    ],
    ids: ["a", "b"],
    queries: ["", "page_token=x"]
  },
  {
    name: "numbered counts pages until the total is reached",
    style: numbered,
    input: { page_size: 2 },
    bodies: [
      { list: items("a", "b"), total: 5 },
      { list: items("c", "d"), total: 5 },
      { list: items("e"), total: 5 }
    ],
    ids: ["a", "b", "c", "d", "e"],
    queries: ["page_size=2", "page_size=2&page_num=2", "page_size=2&page_num=3"]
  },
  {
    name: "numbered counts from the page of the input",
    style: numbered,
    input: { page_num: 3, page_size: 2 },
    bodies: [{ list: items("e"), total: 5 }],
    ids: ["e"],
    queries: ["page_num=3&page_size=2"]
  },
  {
    name: "numbered believes has_more before the total",
    style: numbered,
    bodies: [
      { list: items("a"), total: 1, has_more: true },
      { list: items("b"), total: 9, has_more: false }
    ],
    ids: ["a", "b"],
    queries: ["", "page_num=2"]
  },
  {
    name: "numbered ends with an empty page, whatever the total",
    style: numbered,
    bodies: [
      { list: items("a"), total: 9 },
      { list: [], total: 9 }
    ],
    ids: ["a"],
    queries: ["", "page_num=2"]
  },
  {
    name: "numbered may begin with zero",
    style: Page.numbered({ items: "list", request: "page", size: "size", total: "total", first: 0 }),
    input: { size: 1 },
    bodies: [
      { list: items("a"), total: 2 },
      { list: items("b"), total: 2 }
    ],
    ids: ["a", "b"],
    queries: ["size=1", "size=1&page=1"]
  },
  {
    name: "a page that leaves out its items has none",
    style: Page.lastItemId,
    bodies: [{ object: "list", has_more: false }],
    ids: [],
    queries: [""]
  },
  {
    name: "an answer that is an array is a page",
    style: Page.single,
    bodies: [items("a", "b")],
    ids: ["a", "b"],
    queries: [""]
  }
]

describe("styles", () => {
  for (const { bodies, ids, input, name, queries, style } of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* run(style, input ?? {}, ...bodies), { items: ids, queries })
      })
    )
  }
})

describe("a list", () => {
  const list = listWith(Page.lastItemId)
  const two: ReadonlyArray<Reply> = [
    { body: { data: items("a", "b"), has_more: true, total: 3 } },
    { body: { data: items("c"), has_more: false, total: 3 } }
  ]
  const server = (...replies: ReadonlyArray<Reply>) => {
    const [first, ...rest] = replies
    return fakeHttp(first ?? {}, ...rest)
  }

  it.effect("fetches a page only when it is asked for", () =>
    Effect.gen(function* () {
      const http = server(...two)
      const taken = yield* list({}).pipe(Stream.take(2), Stream.runCollect, Effect.provide(openAiOver(http)))
      assert.strictEqual(taken.length, 2)
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("gives its pages with their cursors and the rest of the answer", () =>
    Effect.gen(function* () {
      const pages = yield* Stream.runCollect(list.pages({})).pipe(Effect.provide(openAiOver(server(...two))))
      assert.deepStrictEqual(
        pages.map(({ body, items, next }) => [items.length, next, body["total"]]),
        [
          [2, { after: "b" }, 3],
          [1, undefined, 3]
        ]
      )
    })
  )

  it.effect("gives one page, and resumes from its cursor", () =>
    Effect.gen(function* () {
      const http = server(...two)
      yield* Effect.gen(function* () {
        const page = yield* list.page({ order: "asc" })
        assert.deepStrictEqual(page.items, items("a", "b"))
        const rest = yield* Stream.runCollect(list({ order: "asc", ...page.next }))
        assert.deepStrictEqual(rest, items("c"))
      }).pipe(Effect.provide(openAiOver(http)))
      assert.deepStrictEqual(http.sent.map(queryOf), ["order=asc", "order=asc&after=b"])
    })
  )

  it.effect("starts over each time it is run", () =>
    Effect.gen(function* () {
      const http = server(...two, ...two)
      const stream = Stream.runCollect(list({}))
      const lengths = yield* Effect.all([
        Effect.map(stream, (all) => all.length),
        Effect.map(stream, (all) => all.length)
      ]).pipe(Effect.provide(openAiOver(http)))
      assert.deepStrictEqual(lengths, [3, 3])
    })
  )

  it.effect("a cursor that comes back fails after the pages before", () =>
    Effect.gen(function* () {
      const http = server(
        { body: { data: items("a"), has_more: true, next: "x" } },
        { body: { data: items("b"), has_more: true, next: "y" } },
        { body: { data: items("c"), has_more: true, next: "x" } }
      )
      const { error, values } = yield* streamFailure(Stream.provide(listWith(Page.next)({}), openAiOver(http)))
      assert.deepStrictEqual(values, items("a", "b"))
      assert.strictEqual(http.sent.length, 3)
      assert.include(String(error), "after")
      assert.include(String(error), "twice")
    })
  )

  it.effect("retries a page, not the pages before it", () =>
    Effect.gen(function* () {
      const http = server(two[0] ?? {}, { status: 500 }, two[1] ?? {})
      const all = yield* list({}).pipe(
        RequestOptions.withRetry(RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced(0) })),
        Stream.runCollect,
        Effect.provide(openAiOver(http))
      )
      assert.strictEqual(all.length, 3)
      assert.deepStrictEqual(http.sent.map(queryOf), ["", "after=b", "after=b"])
    })
  )

  it.effect("an item of the wrong shape is a DecodeError with its place", () =>
    Effect.gen(function* () {
      const http = server({ body: { data: [{ id: "a" }, { id: 5 }] } })
      const error = yield* failureOf(list.page({})).pipe(Effect.provide(openAiOver(http)))
      const reason = reasonOf(error, "DecodeError")
      assert.deepStrictEqual(reason.path, ["data", 1, "id"])
      assert.deepStrictEqual(reason.raw, { data: [{ id: "a" }, { id: 5 }] })
    })
  )

  it.effect("an answer that is a text is an error with its words", () =>
    Effect.gen(function* () {
      const http = server({ body: JSON.stringify("Try again later") })
      const error = yield* failureOf(list.page({})).pipe(Effect.provide(openAiOver(http)))
      assert.strictEqual(reasonOf(error, "StreamError").message, "Try again later")
    })
  )

  for (const body of ["", 5, { data: {} }, {}, { ok: true }, { nextSteps: "Sign in" }, { pages: [] }]) {
    it.effect(`an answer such as ${JSON.stringify(body)} is a DecodeError`, () =>
      Effect.gen(function* () {
        const http = server({ body: JSON.stringify(body) })
        const error = yield* failureOf(list.page({})).pipe(Effect.provide(openAiOver(http)))
        reasonOf(error, "DecodeError")
      })
    )
  }

  it.effect("gives every item once, in order, however the pages are cut", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }), (sizes) => {
          let last = 0
          const pages = sizes.map((size) => Array.from({ length: size }, () => `i${last++}`))
          const bodies = pages.map((ids, index) => ({
            data: items(...ids),
            has_more: index < pages.length - 1,
            next: `c${index}`
          }))
          return Effect.runPromise(
            Effect.map(run(Page.next, {}, ...bodies), (result) => {
              assert.deepStrictEqual(result.items, pages.flat())
              assert.strictEqual(result.queries.length, pages.length)
            })
          )
        }),
        { numRuns: 100 }
      )
    )
  )
})
