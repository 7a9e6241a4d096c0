/** Which item of a response a piece belongs to, however the server names and numbers them. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type * as Responses from "../../src/openai/api/Responses.ts"
import * as BetaResponseStream from "../../src/openai/BetaResponseStream.ts"
import * as ResponseStream from "../../src/openai/ResponseStream.ts"
import { follow, joined } from "../support/folds.ts"

type Fields = { readonly [name: string]: unknown }

const message = (id: unknown, text: string) => ({
  type: "message",
  id,
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }]
})
const reasoning = (id: unknown, text: string) => ({
  type: "reasoning",
  id,
  summary: text === "" ? [] : [{ type: "summary_text", text }]
})
const call = (id: unknown, name: string, json: string) => ({
  type: "function_call",
  id,
  call_id: `call_${name}`,
  name,
  arguments: json,
  status: "completed"
})

/** An item as it begins, its pieces, and as it ends. */
interface Told {
  readonly begins: (id: unknown) => Fields
  readonly pieces: ReadonlyArray<Fields>
  readonly ends: (id: unknown) => Fields
}

const text = { type: "response.output_text.delta", content_index: 0 }
const summary = { type: "response.reasoning_summary_text.delta", summary_index: 0 }
const json = { type: "response.function_call_arguments.delta" }

const told: ReadonlyArray<Told> = [
  {
    begins: (id) => reasoning(id, ""),
    pieces: [
      { ...summary, delta: "Hm" },
      { ...summary, delta: "m." }
    ],
    ends: (id) => reasoning(id, "Hmm.")
  },
  {
    begins: (id) => ({ ...message(id, ""), content: [] }),
    pieces: [
      { ...text, delta: "Hel" },
      { ...text, delta: "lo" }
    ],
    ends: (id) => message(id, "Hello")
  },
  {
    begins: (id) => call(id, "add", ""),
    pieces: [
      { ...json, delta: '{"a"' },
      { ...json, delta: ":1}" }
    ],
    ends: (id) => call(id, "add", '{"a":1}')
  },
  {
    begins: (id) => call(id, "sub", ""),
    pieces: [{ ...json, delta: '{"b":2}' }],
    ends: (id) => call(id, "sub", '{"b":2}')
  }
]

/** The id of an item's nth event. */
const ids: { readonly [how: string]: (item: number, event: number) => string | undefined } = {
  "of their own": (item) => `i${item}`,
  "all the same": () => "same",
  "another in each event": (item, event) => `i${item}.${event}`,
  none: () => undefined
}
const indices: { readonly [how: string]: (item: number) => number | undefined } = {
  "counted from 0": (item) => item,
  "with gaps": (item) => item * 3 + 2,
  "counted down": (item) => 9 - item,
  none: () => undefined,
  negative: () => -1,
  "0 for all": () => 0
}

const eventsOf = (
  idOf: (item: number, event: number) => string | undefined,
  indexOf: (item: number) => number | undefined
): ReadonlyArray<ReadonlyArray<Fields>> =>
  told.map(({ begins, ends, pieces }, item) => {
    const output_index = indexOf(item)
    return [
      { type: "response.output_item.added", output_index, item: begins(idOf(item, 0)) },
      ...pieces.map((piece, at) => ({ ...piece, output_index, item_id: idOf(item, at + 1) })),
      { type: "response.output_item.done", output_index, item: ends(idOf(item, 9)) }
    ]
  })

const completed = (output: ReadonlyArray<unknown>) => ({
  type: "response.completed",
  response: { id: "r", object: "response", status: "completed", output }
})

const saidBy = (output: ReadonlyArray<Responses.ResponseOutputItem>): ReadonlyArray<string> =>
  output
    .map((item) => {
      if (item.type === "function_call") return `${item.name}(${item.arguments})`
      if (item.type === "reasoning") return `<${item.summary.map((part) => part.text).join("+")}>`
      return item.type === "message"
        ? item.content.map((part) => (part.type === "output_text" ? part.text : "")).join("+")
        : item.type
    })
    .toSorted()

const expected = saidBy(told.map(({ ends }) => ends("x") as unknown as Responses.ResponseOutputItem))

const holds = (events: ReadonlyArray<unknown>, message?: string) => {
  for (const { snapshot, steps } of [
    follow(ResponseStream.accumulator, events),
    follow(BetaResponseStream.accumulator, events)
  ]) {
    assert.isUndefined(
      steps.find((step) => step._tag === "EventRefused"),
      message
    )
    const output: ReadonlyArray<unknown> = snapshot?.output ?? []
    assert.deepStrictEqual(saidBy(output as ReadonlyArray<Responses.ResponseOutputItem>), expected, message)
    assert.deepStrictEqual([joined(steps, "TextDelta"), joined(steps, "ReasoningDelta")], ["Hello", "Hmm."], message)
  }
}

/** Merges lists in an order that keeps that of each. */
const inTurns = (lists: ReadonlyArray<ReadonlyArray<Fields>>, order: ReadonlyArray<number>): ReadonlyArray<Fields> => {
  const left = lists.map((list) => [...list])
  const merged = order.flatMap((at) => left[at % left.length]?.splice(0, 1) ?? [])
  return [...merged, ...left.flat()]
}

describe("the items of a response", () => {
  for (const [idsAre, idOf] of Object.entries(ids)) {
    for (const [indicesAre, indexOf] of Object.entries(indices)) {
      it(`are the same if their ids are ${idsAre} and their indices ${indicesAre}`, () => {
        const events = eventsOf(idOf, indexOf).flat()
        const list = told.map(({ ends }, item) => ends(idOf(item, 10)))
        holds([...events, completed(list)], "listed at the end")
        holds([...events, completed([])], "not listed at the end")
        holds(
          [...events, completed(list.flatMap((item) => (item.type === "message" ? [item, item] : [item])))],
          "twice"
        )
      })
    }
  }

  it("may come in turns, if their ids or indices tell them apart", () => {
    const order = fc.array(fc.nat(3), { maxLength: 16 })
    const places = fc.constantFrom(
      ["of their own", "none"],
      ["of their own", "0 for all"],
      ["of their own", "with gaps"],
      ["all the same", "counted from 0"],
      ["all the same", "with gaps"],
      ["another in each event", "counted down"],
      ["none", "counted from 0"]
    )
    fc.assert(
      fc.property(order, places, (order, [idsAre = "", indicesAre = ""]) => {
        const idOf = ids[idsAre] ?? (() => undefined)
        const events = inTurns(eventsOf(idOf, indices[indicesAre] ?? (() => undefined)), order)
        holds([...events, completed([])], `ids ${idsAre}, indices ${indicesAre}`)
      })
    )
  })

  it("are two calls if one id has two names or arguments", () => {
    const calls = [call("f", "add", '{"a":1}'), call("f", "sub", '{"b":2}')]
    const ended = calls.map((item, output_index) => ({ type: "response.output_item.done", output_index, item }))
    for (const events of [[completed(calls)], [...ended, completed(calls)], [...ended, completed([])]]) {
      const { snapshot } = follow(ResponseStream.accumulator, events)
      assert.deepStrictEqual(saidBy(snapshot?.output ?? []), ['add({"a":1})', 'sub({"b":2})'])
    }
  })

  it("are said by their parts alone, if nothing else says them", () => {
    const part = { type: "output_text", text: "Hello", annotations: [] }
    const begun = { type: "response.output_item.added", output_index: 0, item: { ...message("m", ""), content: [] } }
    for (const piece of [
      { type: "response.content_part.done", item_id: "m", output_index: 0, content_index: 0, part },
      { type: "response.output_text.done", item_id: "m", output_index: 0, content_index: 0, text: "Hello" },
      { type: "response.output_text.delta", delta: "Hello" }
    ]) {
      const { snapshot, steps } = follow(ResponseStream.accumulator, [begun, piece, completed([])])
      assert.deepStrictEqual([saidBy(snapshot?.output ?? []), joined(steps, "TextDelta")], [["Hello"], "Hello"])
    }
  })
})
