import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Accumulator } from "llmfx"
import { ChatCompletionStream as Official } from "openai/lib/ChatCompletionStream"
import * as ChatCompletionStream from "../../src/openai/ChatCompletionStream.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { eventsOf, hasCorpus, streams } from "../support/corpus.ts"
import { reasonOf } from "../support/errors.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { damaged, follow, joined, withIndex } from "../support/folds.ts"
import { openAiOver } from "../support/probes.ts"

const { accumulator } = ChatCompletionStream

const chunk = (choices: ReadonlyArray<unknown>, rest: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "gpt-5.4-mini",
  choices,
  ...rest
})
const choice = (delta: object, rest: object = {}) => chunk([{ index: 0, delta, finish_reason: null, ...rest }])
const call = (index: number, rest: object) => choice({ tool_calls: [{ index, ...rest }] })
const end = (finish_reason: string) => choice({}, { finish_reason })
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

const textChunks = [
  choice({ role: "assistant", content: "", refusal: null }),
  choice({ content: "Hel" }),
  choice({ content: "lo" }),
  end("stop"),
  chunk([], { usage })
]

const recordedEvents = textChunks as ReadonlyArray<unknown> as ReadonlyArray<never>

const toolChunks = [
  choice({ role: "assistant", content: null }),
  call(0, { id: "call_a", type: "function", function: { name: "add", arguments: "" } }),
  call(0, { function: { arguments: '{"a":' } }),
  call(0, { function: { arguments: "1}" } }),
  call(1, { id: "call_b", type: "function", function: { name: "sub", arguments: "" } }),
  call(1, { function: { arguments: "{}" } }),
  end("tool_calls")
]

describe("the completion", () => {
  it("is what the call without a stream returns", () => {
    assert.deepStrictEqual(follow(accumulator, textChunks).snapshot as unknown, {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "gpt-5.4-mini",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello", refusal: null },
          logprobs: null,
          finish_reason: "stop"
        }
      ],
      usage
    })
  })

  it("has its choices in order", () => {
    const { snapshot } = follow(accumulator, [
      chunk([{ index: 1, delta: { content: "b" }, finish_reason: "stop" }]),
      chunk([{ index: 0, delta: { content: "a" }, finish_reason: "stop" }])
    ])
    assert.deepStrictEqual(
      snapshot?.choices.map(({ message }) => message.content),
      ["a", "b"]
    )
  })

  it("has each token's log probability once", () => {
    const token = (token: string) => ({ token, logprob: -1, bytes: null, top_logprobs: [] })
    const { snapshot } = follow(accumulator, [
      choice({ content: "a" }, { logprobs: { content: [token("a")], refusal: null } }),
      choice({ content: "b" }, { logprobs: { content: [token("b")], refusal: null } }),
      end("stop")
    ])
    assert.deepStrictEqual(
      snapshot?.choices[0]?.logprobs?.content?.map(({ token }) => token),
      ["a", "b"]
    )
  })

  it("joins reasoning if a server sends it in a field of its own", () => {
    const { snapshot, steps } = follow(accumulator, [
      choice({ reasoning_content: "Hm" }),
      choice({ reasoning_content: "m." }),
      choice({ content: "Yes" }),
      end("stop")
    ])
    assert.include(JSON.stringify(snapshot), '"reasoning_content":"Hmm."')
    assert.deepStrictEqual(
      steps.map(({ _tag }) => _tag),
      ["ReasoningDelta", "ReasoningDelta", "ReasoningDone", "TextDelta", "TextDone"]
    )
  })

  it("takes its id and model from the first chunk that has them", () => {
    const { snapshot } = follow(accumulator, [
      chunk([], { id: "", model: "", prompt_filter_results: [] }),
      choice({ content: "a" })
    ])
    assert.strictEqual(snapshot?.id, "chatcmpl-1")
    assert.strictEqual(snapshot?.model, "gpt-5.4-mini")
  })
})

describe("tool calls", () => {
  it("are put together by index, and done as soon as the next begins", () => {
    const { snapshot, steps } = follow(accumulator, toolChunks)
    assert.deepStrictEqual(snapshot?.choices[0]?.message.tool_calls as unknown, [
      { id: "call_a", type: "function", function: { name: "add", arguments: '{"a":1}' } },
      { id: "call_b", type: "function", function: { name: "sub", arguments: "{}" } }
    ])
    assert.deepStrictEqual(
      steps.map((step) => `${step._tag} ${"id" in step ? step.id : ""}`),
      [
        "ToolCallStarted call_a",
        "ToolCallDelta call_a",
        "ToolCallDelta call_a",
        "ToolCallDone call_a",
        "ToolCallStarted call_b",
        "ToolCallDelta call_b",
        "ToolCallDone call_b"
      ]
    )
  })

  it("are told apart by id if a server repeats the index", () => {
    const { snapshot } = follow(accumulator, [
      call(0, { id: "a", function: { name: "add", arguments: "{}" } }),
      call(0, { id: "b", function: { name: "sub", arguments: "{}" } }),
      end("tool_calls")
    ])
    assert.deepStrictEqual(
      snapshot?.choices[0]?.message.tool_calls?.map((call) => "id" in call && call.id),
      ["a", "b"]
    )
  })

  it("that interleave are done only at the end", () => {
    const { steps } = follow(accumulator, [
      call(0, { id: "a", function: { name: "add", arguments: '{"x"' } }),
      call(1, { id: "b", function: { name: "sub", arguments: '{"y"' } }),
      call(0, { function: { arguments: ":1}" } }),
      call(1, { function: { arguments: ":2}" } }),
      end("tool_calls")
    ])
    assert.deepStrictEqual(
      steps.flatMap((step) => (step._tag === "ToolCallDone" ? [step.arguments] : [])),
      ['{"x":1}', '{"y":2}']
    )
  })

  it("may take free text", () => {
    const { snapshot } = follow(accumulator, [
      call(0, { id: "a", type: "custom", custom: { name: "sql", input: "select" } }),
      call(0, { custom: { input: " 1" } }),
      end("tool_calls")
    ])
    assert.deepStrictEqual(snapshot?.choices[0]?.message.tool_calls as unknown, [
      { id: "a", type: "custom", custom: { name: "sql", input: "select 1" } }
    ])
  })
})

describe("the laws of folds", () => accumulatorLaws(accumulator, toolChunks))

describe("a stream that something is wrong with", () => {
  it("is folded without an exception, wherever the fault is", () => {
    for (const events of [textChunks, toolChunks]) {
      for (const [fault, damagedEvents] of damaged(events)) {
        assert.doesNotThrow(() => follow(accumulator, damagedEvents), fault)
      }
    }
  })

  for (const index of [-1, 1.5, "0", 2 ** 60]) {
    it(`takes a choice whose index is ${JSON.stringify(index)} for the one at its place`, () => {
      const { snapshot } = follow(accumulator, [choice({ content: "x" }), withIndex(choice({ content: "y" }), index)])
      assert.deepStrictEqual(
        snapshot?.choices.map(({ message }) => message.content),
        ["xy"]
      )
    })
  }

  it("costs no memory for an index that is huge", () => {
    const { snapshot } = follow(accumulator, [withIndex(choice({ content: "x" }), 2 ** 40)])
    assert.strictEqual(snapshot?.choices.length, 1)
  })

  it("cannot reach a prototype through its keys", () => {
    const hostile: unknown = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"polluted": 1}}')
    follow(accumulator, [hostile, chunk([hostile]), choice({ audio: hostile }), choice({ audio: hostile })])
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })
})

describe.skipIf(!hasCorpus)("recorded streams", () => {
  const recorded = streams(/chat\/completions$/)

  it("add up to what the official client makes of them", { timeout: 60_000 }, async () => {
    let compared = 0
    for (const recording of recorded) {
      const events = eventsOf(recording)
      if (events.some((event) => typeof event === "object" && event !== null && "error" in event)) continue
      const official = await Official.fromReadableStream(asLines(events)).finalChatCompletion()
      const own = follow(accumulator, events).snapshot
      compared++
      assert.deepStrictEqual(essence(own), essence(official), recording.id)
    }
    assert.isAtLeast(compared, 50)
  })

  it("say as much text in steps as there is in the completion", () => {
    for (const recording of recorded) {
      const { snapshot, steps } = follow(accumulator, eventsOf(recording))
      const content = snapshot?.choices[0]?.message.content ?? ""
      assert.strictEqual(joined(steps, "TextDelta"), content, recording.id)
    }
  })
})

const asLines = (events: ReadonlyArray<unknown>): ReadableStream =>
  new ReadableStream({
    start(controller) {
      const encoder = new TextEncoder()
      for (const event of events) controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`))
      controller.close()
    }
  })

/** Keeps what both clients assemble. The official client loses fields that only some servers send. */
const essence = (completion: unknown): unknown => {
  const { choices, id, model, usage } = JSON.parse(JSON.stringify(completion)) as {
    id: string
    model: string
    usage?: unknown
    choices: ReadonlyArray<{
      finish_reason: unknown
      index: number
      logprobs?: unknown
      message: {
        content: unknown
        refusal: unknown
        role: unknown
        tool_calls?: ReadonlyArray<{ function: unknown; id: unknown }>
      }
    }>
  }
  return {
    id,
    model,
    usage,
    choices: choices.map(({ finish_reason, index, logprobs, message }) => ({
      finish_reason,
      index,
      logprobs,
      role: message.role,
      content: message.content,
      refusal: message.refusal,
      calls: message.tool_calls?.map(({ function: fn, id }) => {
        const { arguments: json, name } = fn as { arguments: string; name: string }
        return { id, name, json }
      })
    }))
  }
}

describe("streamed", () => {
  const input = { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "hi" }] }
  const whole = { parts: [...textChunks.map((event) => sse(event)), sse("[DONE]")] }

  it.effect("gives the text as it comes and then the whole completion, of one request", () => {
    const http = fakeHttp(whole)
    return Effect.gen(function* () {
      const answer = yield* ChatCompletionStream.streamed(input)
      const text = yield* Stream.runCollect(answer.text)
      const completion = yield* answer.final
      assert.deepStrictEqual(text, ["Hel", "lo"])
      assert.strictEqual(completion.choices[0]?.finish_reason, "stop")
      assert.strictEqual(completion.usage?.total_tokens, 5)
      assert.strictEqual(http.sent.length, 1)
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })

  it.effect("asks for the usage, unless the input says otherwise", () => {
    const http = fakeHttp(whole)
    return Effect.gen(function* () {
      yield* Stream.runDrain(ChatCompletionStream.chunks(input))
      yield* Stream.runDrain(ChatCompletionStream.chunks({ ...input, stream_options: { include_usage: false } }))
      assert.deepStrictEqual(
        http.sent.map(({ body }) => (body as { stream_options: unknown }).stream_options),
        [{ include_usage: true }, { include_usage: false }]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("goes on in the final value after a view has stopped", () => {
    const http = fakeHttp(whole)
    return Effect.gen(function* () {
      const answer = yield* ChatCompletionStream.streamed(input)
      yield* Stream.runDrain(Stream.take(answer.text, 1))
      const completion = yield* answer.final
      assert.strictEqual(completion.choices[0]?.message.content, "Hello")
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })

  it.effect("loses nothing with a view that is interrupted while it waits", () => {
    const http = fakeHttp({ parts: [sse(textChunks[0], textChunks[1]), 1000, sse(...textChunks.slice(2), "[DONE]")] })
    return Effect.gen(function* () {
      const answer = yield* ChatCompletionStream.streamed(input)
      const reader = yield* Effect.forkChild(Stream.runDrain(answer.text))
      yield* TestClock.adjust(500)
      yield* Fiber.interrupt(reader)
      const before = yield* answer.snapshot
      assert.strictEqual(before?.choices[0]?.message.content, "Hel")
      const final = yield* Effect.forkChild(answer.final)
      yield* TestClock.adjust(1000)
      const completion = yield* Fiber.join(final)
      assert.strictEqual(completion.choices[0]?.message.content, "Hello")
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })

  it.effect("keeps the text and usage of a stream that breaks off", () => {
    const http = fakeHttp({ parts: [sse({ ...choice({ content: "Hel" }), usage }), "<broken>"] })
    return Effect.gen(function* () {
      const answer = yield* ChatCompletionStream.streamed(input)
      const error = yield* Effect.flip(answer.final)
      reasonOf(error, "StreamTruncatedError")
      const snapshot = yield* answer.snapshot
      assert.strictEqual(snapshot?.choices[0]?.message.content, "Hel")
      assert.strictEqual(snapshot?.usage?.total_tokens, 5)
      const again = yield* Effect.exit(answer.final)
      assert.isTrue(Exit.isFailure(again))
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })

  it.effect("does not call a completion whole while a choice is not", () => {
    const http = fakeHttp({
      parts: [sse(chunk([{ index: 1, delta: { content: "b" }, finish_reason: null }]), end("stop"), "[DONE]")]
    })
    return Effect.gen(function* () {
      const answer = yield* ChatCompletionStream.streamed(input)
      const error = yield* Effect.flip(answer.final)
      reasonOf(error, "StreamTruncatedError")
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })

  it.effect("closes the connection with its scope", () => {
    const http = fakeHttp({ parts: [sse(textChunks[1]), 60_000, sse("[DONE]")] })
    return Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const answer = yield* ChatCompletionStream.streamed(input)
          yield* Stream.runDrain(Stream.take(answer.text, 1))
          const waiting = yield* Effect.forkChild(answer.final)
          yield* TestClock.adjust(10)
          yield* Fiber.interrupt(waiting)
        })
      )
      assert.strictEqual(http.aborted(), 1)
    }).pipe(Effect.provide(openAiOver(http)))
  })
})

describe("an accumulator", () => {
  it.effect("works as a sink", () =>
    Effect.gen(function* () {
      const snapshot = yield* Stream.run(Stream.fromIterable(recordedEvents), Accumulator.sink(accumulator))
      assert.strictEqual(snapshot?.choices[0]?.message.content, "Hello")
    })
  )

  it.effect("gives a snapshot after each read", () =>
    Effect.gen(function* () {
      const snapshots = yield* Stream.fromIterable(recordedEvents).pipe(
        Stream.rechunk(1),
        Accumulator.snapshots(accumulator),
        Stream.runCollect
      )
      assert.deepStrictEqual(
        snapshots.map(({ choices }) => choices[0]?.message.content),
        ["", "Hel", "Hello", "Hello", "Hello"]
      )
    })
  )

  it("folds recorded events", () => {
    const snapshot = Accumulator.fold(accumulator, recordedEvents)
    assert.strictEqual(snapshot?.choices[0]?.message.content, "Hello")
  })

  it("folds a hundred thousand chunks at once", () => {
    const folding = accumulator.start()
    const delta = choice({ content: "word " }, { logprobs: { content: [{ token: "word " }], refusal: null } })
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) folding.push(delta as never)
    assert.strictEqual(folding.snapshot()?.choices[0]?.message.content?.length, 500_000)
    assert.isBelow(performance.now() - start, 5000)
  })
})
