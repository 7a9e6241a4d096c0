/** Servers spell the pieces of a tool call in many ways, which all mean the same calls. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as ChatCompletionStream from "../../src/openai/ChatCompletionStream.ts"
import { follow } from "../support/folds.ts"
import { completionChunk } from "../support/providers.ts"

interface Call {
  readonly name: string
  readonly args: string
}

type Piece = { readonly [field: string]: unknown }

interface Spelling {
  /** The place of a call, as the server names it. */
  readonly index: (at: number) => number | undefined
  readonly id: "first" | "always" | "changing" | "never"
  readonly name: "first" | "always" | "pieces"
  readonly cuts: ReadonlyArray<number>
  readonly asObject: boolean
  readonly repeatsLast: boolean
  readonly endsEmpty: boolean
}

const calls: fc.Arbitrary<ReadonlyArray<Call>> = fc.array(
  fc.record({
    name: fc.stringMatching(/^[a-m]{2}[n-z]{1,3}_[0-9]{1,3}$/),
    args: fc
      .dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 })
      .map((json) => JSON.stringify(json))
  }),
  { minLength: 1, maxLength: 4 }
)

const spelling = (index: Spelling["index"]): fc.Arbitrary<Spelling> =>
  fc
    .record({
      index: fc.constant(index),
      id: fc.constantFrom("first" as const, "always" as const, "changing" as const, "never" as const),
      name: fc.constantFrom("first" as const, "always" as const, "pieces" as const),
      cuts: fc.array(fc.nat(40), { maxLength: 3 }),
      asObject: fc.boolean(),
      repeatsLast: fc.boolean(),
      endsEmpty: fc.boolean()
    })
    // A name and another id begin another call.
    .filter(({ id, name }) => id !== "changing" || name === "first")

const idOf = (at: number): string => `call_${at}`

const piecesOf = ({ args, name }: Call, at: number, spelling: Spelling): ReadonlyArray<Piece> => {
  const index = spelling.index(at)
  const place = index === undefined ? {} : { index }
  const names = spelling.name === "pieces" ? [name.slice(0, 2), name.slice(2)] : [name]
  const ends = [...new Set(spelling.cuts.map((cut) => cut % (args.length + 1)))].sort((a, b) => a - b)
  const texts = [0, ...ends].map((start, i) => args.slice(start, ends[i] ?? args.length)).filter((text) => text !== "")
  const values: ReadonlyArray<unknown> = spelling.asObject ? [JSON.parse(args)] : texts
  const bodies: ReadonlyArray<Piece> = [
    ...names.map((name) => ({ name, arguments: "" })),
    ...values.map((value) => ({ ...(spelling.name === "always" ? { name } : {}), arguments: value })),
    ...(spelling.endsEmpty ? [{ ...(spelling.name === "always" ? { name } : {}), arguments: "" }] : [])
  ]
  const ids = (i: number) =>
    spelling.id === "never" || (spelling.id === "first" && i > 0)
      ? {}
      : { id: spelling.id === "changing" && i > 0 ? `${idOf(at)}_${i}` : idOf(at) }
  const pieces = bodies.map((body, i) => ({ ...place, ...ids(i), type: "function", function: body }))
  const last = { ...place, ...ids(0), type: "function", function: { name, arguments: args } }
  return spelling.repeatsLast && (spelling.id === "always" || spelling.id === "first") ? [...pieces, last] : pieces
}

const foldedCalls = (pieces: ReadonlyArray<Piece>) => {
  const chunks = pieces.map((piece) => ({
    ...completionChunk("", null),
    choices: [{ index: 0, delta: { tool_calls: [piece] }, finish_reason: null }]
  }))
  const { snapshot, steps } = follow(ChatCompletionStream.accumulator, [...chunks, completionChunk("", "tool_calls")])
  const done = steps.flatMap((step) => (step._tag === "ToolCallDone" ? [[step.name, step.arguments]] : []))
  const whole = (snapshot?.choices[0]?.message.tool_calls ?? []).map((call) =>
    call.type === "function" ? [call.id, call.function.name, call.function.arguments] : []
  )
  return { done, whole }
}

const expected = (calls: ReadonlyArray<Call>, hasIds: boolean) =>
  calls.map(({ args, name }, at) => [hasIds ? idOf(at) : "", name, args])

describe("tool calls in pieces", () => {
  const places: ReadonlyArray<readonly [name: string, index: Spelling["index"]]> = [
    ["at places of their own", (at) => at],
    ["at places with gaps", (at) => at * 7 + 3],
    ["at places that fall", (at) => 9 - at],
    ["at one place", () => 0],
    ["at places that are used again", (at) => at % 2],
    ["at no place", () => undefined],
    ["at a place that no server can mean", () => -1]
  ]
  for (const [name, index] of places) {
    const isShared = index(0) === index(1) || index(0) === index(2)

    it(`${name} are the same calls, however they are spelled`, () => {
      fc.assert(
        fc.property(calls, spelling(index), (calls, spelling) => {
          // Without ids, a name that is repeated after whole arguments begins another call.
          fc.pre(!(spelling.id === "never" && spelling.name === "always" && spelling.endsEmpty))
          const pieces = calls.flatMap((call, at) => piecesOf(call, at, spelling))
          const { done, whole } = foldedCalls(pieces)
          assert.deepStrictEqual(whole, expected(calls, spelling.id !== "never"))
          assert.deepStrictEqual(
            done,
            calls.map(({ args, name }) => [name, args])
          )
        })
      )
    })

    if (isShared) continue
    it(`${name} may come in turns`, () => {
      fc.assert(
        fc.property(calls, spelling(index), fc.infiniteStream(fc.nat(3)), (calls, spelling, picks) => {
          fc.pre(!(spelling.id === "never" && spelling.name === "always" && spelling.endsEmpty))
          const [first, ...others] = calls.map((call, at) => [...piecesOf(call, at, spelling)])
          const queues = [first ?? [], ...others]
          const pieces = queues.flatMap((queue) => queue.splice(0, 1))
          for (const pick of picks) {
            const left = queues.filter((queue) => queue.length > 0)
            if (left.length === 0) break
            pieces.push(...(left[pick % left.length] ?? []).splice(0, 1))
          }
          assert.deepStrictEqual(foldedCalls(pieces).whole, expected(calls, spelling.id !== "never"))
        })
      )
    })
  }
})
