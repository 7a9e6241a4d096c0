/** Compares every endpoint with the official SDK: the same input must become the same request. */
import { isDeepStrictEqual } from "node:util"
import { beforeAll, describe, expect, it } from "@effect/vitest"
import type { Declarations } from "../../scripts/codegen/Type.ts"
import { isObject } from "../../src/internal/json/json.ts"
import { sentAnswers } from "../../src/openai/internal/sentAnswers.ts"
import { type Fields, type Pair, pairsOf, providers, type Recorded, recordBoth } from "./support/clients.ts"
import { type Choices, sampleOf } from "./support/samples.ts"
import type { Sent } from "./support/sent.ts"

/** Reading the sources of an SDK and making thousands of calls takes time while other tests run. */
const patience = 240_000

const plain = (name: string): string => `${name}-1`
const awkward = (name: string): string => `${name} é&=+%/?#[x]"'\\,;\u{1f600}`

/** One alternative after the other, so that every member of a union comes up. */
const inTurn = (turn: number): Choices => ({
  pick: (count) => turn % count,
  includes: (_, depth) => depth < 4,
  text: turn % 2 === 0 ? plain : awkward,
  anything: (name) => anything(name)[turn % 4]
})

const anything = (name: string): ReadonlyArray<unknown> => [
  { key: awkward(name), list: [1, null] },
  awkward(name),
  [true],
  7
]

const atRandom = (seed: number): Choices => {
  let state = seed
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
  return {
    pick: (count) => Math.floor(next() * count),
    includes: (_, depth) => next() < (depth < 3 ? 0.7 : 0.3),
    text: (name) => (next() < 0.5 ? plain : awkward)(name),
    anything: (name) => anything(name)[Math.floor(next() * 4)]
  }
}

const required: Choices = { pick: () => 0, includes: () => false, text: plain, anything: plain }

const variants: ReadonlyArray<readonly [string, () => Choices]> = [
  ["required", () => required],
  ...Array.from({ length: 12 }, (_, turn) => [`turn ${turn}`, () => inTurn(turn)] as const),
  ...Array.from({ length: 2 }, (_, seed) => [`random ${seed}`, () => atRandom(seed + 1)] as const)
]

interface Inputs {
  readonly values: ReadonlyArray<string>
  /** The SDK's parameters object. */
  readonly input: Fields | undefined
  readonly all: Fields
}

const inputsOf = (declarations: Declarations, pair: Pair, choices: Choices): Inputs => {
  const values = pair.positional.map(choices.text)
  const path = Object.fromEntries(pair.positional.map((name, index) => [name, values[index]]))
  if (pair.input === undefined) return { values, input: undefined, all: path }
  // Headers hold no such text as the rest of a request does.
  const header = sampleOf(declarations, pair.input, { ...choices, text: plain }) as Fields
  const { stream: _, ...sample } = sampleOf(declarations, pair.input, choices) as Fields
  const input = Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [name, pair.headerFields.includes(name) ? header[name] : value])
  )
  return { values, input, all: { ...path, ...input } }
}

for (const [name, provider] of Object.entries(providers)) {
  describe(name, () => {
    let declarations: Declarations
    let pairs: ReadonlyArray<Pair>

    beforeAll(() => {
      ;({ declarations, pairs } = pairsOf(provider))
    }, patience)

    it("has a method of the SDK for every endpoint", () => {
      expect(pairs.map(({ endpoint }) => endpoint.id).sort()).toEqual(provider.endpoints.map(({ id }) => id).sort())
    })

    it("sends what the SDK sends", { timeout: patience }, async () => {
      const teapot = () => Response.json({}, { status: 418 })
      const { ours, theirs } = recordBoth(provider, teapot)
      const different: Array<unknown> = []
      let compared = 0
      for (const pair of pairs) {
        for (const [variant, choices] of variants) {
          const { all, input, values } = inputsOf(declarations, pair, choices())
          const [their, our] = [await theirs(pair, values, input), await ours(pair, all)]
          // An input that the SDK refuses to send proves nothing.
          if (their.sent.length === 0) continue
          compared++
          if (!isSame(their, our)) different.push({ call: `${pair.endpoint.id}, ${variant}`, their, our })
        }
      }
      expect(different).toEqual([])
      expect(compared).toBeGreaterThan(pairs.length * (variants.length - 1))
    })

    it("asks for the pages that the SDK asks for", { timeout: patience }, async () => {
      const different: Array<unknown> = []
      const lists = pairs.filter(({ endpoint }) => endpoint.kind === "list")
      for (const [page, body] of Object.entries(pages)) {
        let answered = 0
        const { ourPages, theirs } = recordBoth(provider, () =>
          answered++ === 0 ? Response.json(body) : Response.json({}, { status: 418 })
        )
        for (const pair of lists) {
          for (const choices of [required, inTurn(0), atRandom(1), atRandom(2), atRandom(3)]) {
            const { all, input, values } = inputsOf(declarations, pair, choices)
            answered = 0
            const their = await theirs(pair, values, input, drain)
            answered = 0
            const our = await ourPages(pair, all)
            if (!isSame(their, our)) different.push({ call: `${pair.endpoint.id}, ${page}`, their, our })
          }
        }
      }
      expect(different).toEqual([])
      expect(lists.length).toBeGreaterThan(20)
    })
  })
}

const isSame = (their: Recorded, our: Recorded): boolean => isDeepStrictEqual(their.sent.map(tidied), our.sent)

/** What the SDK sends, without what we leave out on purpose: betas named twice, and answers' nulls in a chat. */
const tidied = (sent: Sent): Sent => {
  const betas = sent.headers["anthropic-beta"]
  return {
    ...sent,
    headers:
      betas === undefined
        ? sent.headers
        : { ...sent.headers, "anthropic-beta": [...new Set(betas.split(","))].join(",") },
    body:
      sent.path.at(-1) === "completions" && isObject(sent.body)
        ? (sentAnswers.send?.(sent.body) ?? sent.body)
        : sent.body
  }
}

const drain = async (items: unknown): Promise<void> => {
  for await (const item of items as AsyncIterable<unknown>) void item
}

const cursors = { first_id: "first", last_id: "last", next: "next", next_page: "next_page", prev_page: "prev_page" }
const noCursors = { first_id: null, last_id: null, next: null, next_page: null, prev_page: null }

/**
 * First pages, with the fields that every style of paging reads. If the server sends a cursor, ours continues after an
 * empty page and without `has_more`; the SDK does not.
 */
const pages: { readonly [name: string]: object } = {
  "more to come": { data: [{ id: "a" }, { id: "b" }], has_more: true, ...cursors },
  "the last page": { data: [{ id: "a" }], has_more: false, ...cursors },
  "a list that says no more": { data: [{ id: "a" }], first_id: "a", last_id: "a" },
  "no cursors": { data: [{ id: "a" }], has_more: true, ...noCursors },
  "no items or cursors": { data: [], has_more: false, ...noCursors }
}
