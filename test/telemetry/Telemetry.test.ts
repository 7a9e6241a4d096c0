import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import { Middleware, RetryPolicy, Telemetry } from "llmfx"
import { Messages } from "llmfx/anthropic"
import { ChatCompletions, Models, OpenAi, Responses } from "llmfx/openai"
import { Mock } from "llmfx/testing"
import { type FakeHttp, fakeHttp, sse } from "../support/FakeHttp.ts"
import { anthropicOver, key, openAiOver, probes } from "../support/probes.ts"

/** A tracer that keeps the spans that have ended. */
const keeping = (ended: Array<Tracer.Span>): Tracer.Tracer =>
  Tracer.make({
    span(options) {
      const span = new Tracer.NativeSpan(options)
      const end = span.end.bind(span)
      span.end = (time, exit) => {
        ended.push(span)
        end(time, exit)
      }
      return span
    }
  })

interface Shown {
  readonly name: string
  readonly attributes: { readonly [name: string]: unknown }
  readonly seconds: number
  readonly exit: Exit.Exit<unknown, unknown> | undefined
  readonly parent: string | undefined
}

const show = (span: Tracer.Span): Shown => {
  const { status } = span
  return {
    name: span.name,
    attributes: Object.fromEntries(span.attributes),
    seconds: status._tag === "Ended" ? Number(status.endTime - status.startTime) / 1e9 : Number.NaN,
    exit: status._tag === "Ended" ? status.exit : undefined,
    parent: span.parent._tag === "Some" && span.parent.value._tag === "Span" ? span.parent.value.name : undefined
  }
}

/** Runs a program with a fresh tracer and fresh metrics, while time passes. */
const traced = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const ended: Array<Tracer.Span> = []
    const metrics = new Map()
    const fiber = yield* Effect.forkChild(
      Effect.exit(program).pipe(
        Effect.provideService(Tracer.Tracer, keeping(ended)),
        Effect.provideService(Metric.MetricRegistry, metrics)
      )
    )
    yield* TestClock.adjust("1 hour")
    const exit = yield* Fiber.join(fiber)
    const spans = ended.map(show)
    return {
      exit,
      spans,
      logical: spans.filter(({ attributes }) => "llmfx.endpoint" in attributes),
      metrics: yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, metrics)
    }
  })

const over = (http: FakeHttp, options: Telemetry.Options = {}) =>
  openAiOver(http, { middleware: [Telemetry.make(options)] })

const messages = [{ role: "user" as const, content: "hi" }]

const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-5.4-mini-2026-03-05",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello!", refusal: null } }],
  usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12, prompt_tokens_details: { cached_tokens: 2 } }
}

const chunk = (delta: object, finish_reason: string | null = null, usage: object | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "gpt-5.4-mini-2026-03-05",
  choices: [{ index: 0, delta, finish_reason }],
  usage
})

const chat = ChatCompletions.create({ model: "gpt-5.4-mini", messages, temperature: 0.5, stop: "END", n: 1 })
const chatStream = ChatCompletions.stream({ model: "gpt-5.4-mini", messages })

describe("Telemetry", () => {
  it.effect("gives each call a span by the conventions, with its requests within it", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500, delay: 1000 }, { body: completion, delay: 2000 })
      const { spans } = yield* traced(chat.pipe(Effect.provide(over(http))))
      const [first, second, call] = spans
      assert.deepStrictEqual(
        [first, second].map((span) => [span?.name, span?.parent, span?.attributes["http.response.status_code"]]),
        [
          ["POST", "chat gpt-5.4-mini", 500],
          ["POST", "chat gpt-5.4-mini", 200]
        ]
      )
      assert.deepStrictEqual(call?.attributes, {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "llmfx.endpoint": "chat.completions.create",
        "gen_ai.request.model": "gpt-5.4-mini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.choice.count": 1,
        "http.request.resend_count": 1,
        "server.address": "api.test",
        "server.port": 80,
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-5.4-mini-2026-03-05",
        "gen_ai.response.finish_reasons": ["stop"]
      })
      assert.isAbove(call?.seconds ?? 0, 3)
    })
  )

  it.effect("spans a stream from its request to its end, with the time of its first event", () =>
    Effect.gen(function* () {
      const http = fakeHttp({
        parts: [
          2000,
          sse(chunk({ content: "Hel" })),
          3000,
          sse(chunk({ content: "lo" }, "stop"), chunk({}, null, { prompt_tokens: 5, completion_tokens: 7 }), "[DONE]")
        ]
      })
      const { logical } = yield* traced(Stream.runDrain(chatStream).pipe(Effect.provide(over(http))))
      assert.lengthOf(logical, 1)
      assert.strictEqual(logical[0]?.seconds, 5)
      const attributes = logical[0]?.attributes ?? {}
      assert.strictEqual(attributes["gen_ai.response.time_to_first_chunk"], 2)
      assert.strictEqual(attributes["gen_ai.usage.output_tokens"], 7)
      assert.deepStrictEqual(attributes["gen_ai.response.finish_reasons"], ["stop"])
    })
  )

  it.effect("ends it when nobody reads the stream any more, with the usage by then", () =>
    Effect.gen(function* () {
      const events = [
        {
          type: "message_start",
          message: { id: "msg_1", model: "claude", usage: { input_tokens: 9, output_tokens: 1 } }
        },
        { type: "ping" }
      ]
      const http = fakeHttp({
        parts: [...events.map((event) => `event: ${event.type}\n${sse(event)}`), 60_000]
      })
      const stream = Messages.stream({ model: "claude-sonnet-5", max_tokens: 9, messages })
      const layer = anthropicOver(http, { middleware: [Telemetry.make()], decoding: "raw" })
      const { exit, logical } = yield* traced(
        Stream.runDrain(stream).pipe(Effect.timeout("3 seconds"), Effect.provide(layer))
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(logical[0]?.seconds, 3)
      assert.strictEqual(logical[0]?.attributes["gen_ai.usage.input_tokens"], 9)
      assert.strictEqual(logical[0]?.attributes["gen_ai.response.id"], "msg_1")
      assert.isUndefined(logical[0]?.attributes["error.type"])
      const end = logical[0]?.exit
      assert.isTrue(end !== undefined && Exit.isFailure(end) && Cause.hasInterruptsOnly(end.cause))
    })
  )

  it.effect("ends it when the reader has had enough", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse(chunk({ content: "Hel" })), 60_000] })
      const { logical } = yield* traced(Stream.runHead(chatStream).pipe(Effect.provide(over(http))))
      assert.strictEqual(logical[0]?.seconds, 0)
      assert.isTrue(logical[0]?.exit !== undefined && Exit.isSuccess(logical[0].exit))
    })
  )

  it.effect("ends it if a stream is opened and never read", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse(chunk({ content: "Hel" })), 60_000] })
      const opened = ChatCompletions.stream.withResponse({ model: "gpt-5.4-mini", messages })
      const { logical } = yield* traced(Effect.scoped(opened).pipe(Effect.provide(over(http))))
      assert.lengthOf(logical, 1)
    })
  )

  it.effect("names the reason of a failure, without secrets", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 401, body: { error: { message: `wrong key ${key}` } } })
      const { exit, spans, logical } = yield* traced(chat.pipe(Effect.provide(over(http))))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(logical[0]?.attributes["error.type"], "AuthenticationError")
      assert.notInclude(JSON.stringify(spans), key)
    })
  )

  it.effect("names the reason if a stream breaks", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse(chunk({ content: "Hel" })), "<broken>"] })
      const { logical } = yield* traced(Stream.runDrain(chatStream).pipe(Effect.provide(over(http))))
      assert.strictEqual(logical[0]?.attributes["error.type"], "StreamTruncatedError")
    })
  )

  it.effect("holds as much content as it is asked to, by default none", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: completion })
      const silent = yield* traced(chat.pipe(Effect.provide(over(http))))
      assert.notInclude(JSON.stringify(silent.logical), "Hello")
      const full = yield* traced(chat.pipe(Effect.provide(over(http, { content: true }))))
      assert.strictEqual(
        full.logical[0]?.attributes["gen_ai.input.messages"],
        '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'
      )
      assert.strictEqual(
        full.logical[0]?.attributes["gen_ai.output.messages"],
        '[{"role":"assistant","parts":[{"type":"text","content":"Hello!"}],"finish_reason":"stop"}]'
      )
      const cut = yield* traced(chat.pipe(Effect.provide(over(http, { content: { maxLength: 10 } }))))
      assert.strictEqual(cut.logical[0]?.attributes["gen_ai.input.messages"], '[{"role":"…')
    })
  )

  it.effect("gathers the content of a stream", () =>
    Effect.gen(function* () {
      const http = fakeHttp({
        parts: [sse(chunk({ content: "Hel" }), chunk({ content: "lo" }, "stop"), "[DONE]")]
      })
      const { logical } = yield* traced(Stream.runDrain(chatStream).pipe(Effect.provide(over(http, { content: true }))))
      assert.include(logical[0]?.attributes["gen_ai.output.messages"], '"content":"Hello"')
    })
  )

  it.effect("measures time and tokens", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: completion, delay: 3000 })
      const { metrics } = yield* traced(chat.pipe(Effect.provide(over(http))))
      const shown = metrics.flatMap((metric) =>
        metric.type === "Histogram"
          ? [[metric.id, metric.attributes?.["gen_ai.token.type"], metric.state.count, metric.state.sum]]
          : []
      )
      assert.sameDeepMembers(shown, [
        ["gen_ai.client.operation.duration", undefined, 1, 3],
        ["gen_ai.client.token.usage", "input", 1, 5],
        ["gen_ai.client.token.usage", "output", 1, 7]
      ])
      assert.strictEqual(metrics[0]?.attributes?.["gen_ai.response.model"], "gpt-5.4-mini-2026-03-05")
      assert.strictEqual(metrics[0]?.attributes?.["server.address"], "api.test")
    })
  )

  for (const propagate of [true, false]) {
    it.effect(`${propagate ? "sends" : "does not send"} traceparent with propagate: ${propagate}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: completion })
        yield* traced(chat.pipe(Effect.provide(over(http, { propagate }))))
        assert.strictEqual("traceparent" in (http.sent[0]?.headers ?? {}), propagate)
      })
    )
  }

  it.effect("names other endpoints by their id", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { id: "m", object: "model", created: 1, owned_by: "x" } })
      const { logical } = yield* traced(Models.retrieve({ model: "m" }).pipe(Effect.provide(over(http))))
      assert.strictEqual(logical[0]?.name, "models.retrieve m")
    })
  )

  it.effect("names another back end as it is told", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: completion })
      const { logical } = yield* traced(chat.pipe(Effect.provide(over(http, { provider: "azure.ai.openai" }))))
      assert.strictEqual(logical[0]?.attributes["gen_ai.provider.name"], "azure.ai.openai")
    })
  )

  it.effect("works around a mock", () =>
    Effect.gen(function* () {
      const layer = Mock.layer(OpenAi, [Mock.on(Responses.create, () => Effect.succeed({ id: "resp_1" }))])
      const { logical } = yield* traced(
        Responses.create({ model: "gpt-5.4-mini", input: "hi" }).pipe(
          Middleware.use(Telemetry.make()),
          Effect.provide(layer)
        )
      )
      assert.strictEqual(logical[0]?.attributes["gen_ai.response.id"], "resp_1")
    })
  )

  it.effect("makes no span if it is not installed and nothing else traces", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true } })
      yield* probes.get({}).pipe(Effect.provide(openAiOver(http, { retry: RetryPolicy.none })))
      assert.notProperty(http.sent[0]?.headers, "traceparent")
    })
  )
})
