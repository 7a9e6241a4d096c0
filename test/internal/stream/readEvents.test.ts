import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import { Anthropic } from "../../../src/anthropic/Anthropic.ts"
import * as Messages from "../../../src/anthropic/api/Messages.ts"
import * as Chat from "../../../src/coze/api/Chat.ts"
import * as Endpoint from "../../../src/Endpoint.ts"
import * as AudioTranscriptions from "../../../src/openai/api/AudioTranscriptions.ts"
import * as BetaThreadsRuns from "../../../src/openai/api/BetaThreadsRuns.ts"
import * as ChatCompletions from "../../../src/openai/api/ChatCompletions.ts"
import { OpenAi, type Options } from "../../../src/openai/OpenAi.ts"
import { apiError, reasonOf, streamFailure } from "../../support/errors.ts"
import { fakeHttp, type Part, type Reply, sse } from "../../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver, probes, Tick } from "../../support/probes.ts"
import { completionChunk } from "../../support/providers.ts"

const once = { retry: RetryPolicy.none }
const tick = { type: "tick" }
const end = { type: "end" }

/** A stream of the OpenAI service over the given body. */
const over = <A, E>(stream: Stream.Stream<A, E, OpenAi>, ...parts: ReadonlyArray<Part>) =>
  Stream.provide(stream, openAiOver(fakeHttp({ parts }), once))

const failing = <A, E>(stream: Stream.Stream<A, E, OpenAi>, ...parts: ReadonlyArray<Part>) =>
  Effect.map(streamFailure(over(stream, ...parts)), ({ error, values }) => ({ error: apiError(error), values }))

const collect = <A, E>(stream: Stream.Stream<A, E, OpenAi>, ...parts: ReadonlyArray<Part>) =>
  Stream.runCollect(over(stream, ...parts))

const chat = ChatCompletions.stream({ model: "m", messages: [] })

/** A stream that may end at any time. */
const openEnded = Endpoint.eventStream<{}, Tick, OpenAi>(OpenAi, {
  id: "open",
  method: "GET",
  path: "/events",
  success: Tick
})

describe("the end of a stream", () => {
  it.effect("is its terminal event, whatever else is missing", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* collect(probes.stream({}), sse(tick, end))).length, 2)
      assert.strictEqual((yield* collect(probes.stream({}), sse(tick, end), "<broken>")).length, 2)
    })
  )

  it.effect("is [DONE], after which nothing counts", () =>
    Effect.gen(function* () {
      const parts = [sse(completionChunk("a", "stop"), "[DONE]", "nonsense", { error: { message: "late" } })]
      assert.strictEqual((yield* collect(chat, ...parts)).length, 1)
    })
  )

  it.effect("is a finish reason for a server that leaves [DONE] out", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* collect(chat, sse(completionChunk("a", null), completionChunk("", "stop")))).length, 2)
    })
  )

  it.effect("may be followed by events, such as the usage", () =>
    Effect.gen(function* () {
      const usage = { ...completionChunk("", null), choices: [], usage: { total_tokens: 3 } }
      const values = yield* collect(chat, sse(completionChunk("a", "stop"), usage, "[DONE]"))
      assert.strictEqual(values.length, 2)
    })
  )

  it.effect("is [DONE] with blanks around it too", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* collect(chat, sse(completionChunk("a", "stop"), " [DONE] ", "nonsense"))).length, 1)
    })
  )

  it.effect("is not [DONE] alone: an answer that never ended is cut", () =>
    Effect.gen(function* () {
      const { error } = yield* failing(chat, sse(completionChunk("Hel", null), "[DONE]"))
      assert.strictEqual(reasonOf(error, "StreamTruncatedError").partial.text, "Hel")
      reasonOf((yield* failing(chat, sse("[DONE]"))).error, "StreamTruncatedError")
    })
  )

  it.effect("without it is a StreamTruncatedError with text, usage and count", () =>
    Effect.gen(function* () {
      const first = { ...completionChunk("Hel", null), usage: { prompt_tokens: 7 } }
      const { error, values } = yield* failing(chat, sse(first, completionChunk("lo", null)))
      assert.strictEqual(values.length, 2)
      assert.deepStrictEqual(reasonOf(error, "StreamTruncatedError").partial, {
        text: "Hello",
        usage: { prompt_tokens: 7 },
        events: 2
      })
      assert.include(error.message, "after 2 events")
    })
  )

  it.effect("by a break is a StreamTruncatedError that says why", () =>
    Effect.gen(function* () {
      const { error } = yield* failing(chat, sse(completionChunk("Hel", null)), "<broken>")
      assert.include(reasonOf(error, "StreamTruncatedError").message, "the connection broke")
    })
  )

  it.effect("within an event is a StreamTruncatedError", () =>
    Effect.gen(function* () {
      const { error, values } = yield* failing(chat, sse(completionChunk("Hel", null)), 'data: {"id": "chatc')
      reasonOf(error, "StreamTruncatedError")
      assert.strictEqual(values.length, 1)
    })
  )

  it.effect("may come at any time if the endpoint says so", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* collect(openEnded(), sse(tick))).length, 1)
      assert.strictEqual((yield* collect(openEnded(), "")).length, 0)
    })
  )
})

describe("what is not an event", () => {
  it.effect("comments and empty events are not delivered", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* collect(probes.stream({}), ": hi\n\nevent: x\n\n", sse(end))).length, 1)
    })
  )

  it.effect("Anthropic's pings are not delivered", () =>
    Effect.gen(function* () {
      const ping = 'event: ping\ndata: {"type": "ping"}\n\n'
      const http = fakeHttp({ parts: [ping, sse({ type: "message_stop" })] })
      const values = yield* Messages.stream({ model: "m", max_tokens: 1, messages: [] }).pipe(
        Stream.runCollect,
        Effect.provide(anthropicOver(http))
      )
      assert.deepStrictEqual(values, [{ type: "message_stop" }])
    })
  )
})

describe("errors within a stream", () => {
  const errors: ReadonlyArray<readonly [name: string, type: string, tag: string]> = [
    ["rate limits", "rate_limit_error", "RateLimitError"],
    ["overload", "overloaded_error", "OverloadedError"],
    ["a failing server", "api_error", "ServerError"],
    ["a bad key", "authentication_error", "AuthenticationError"],
    ["a missing permission", "permission_error", "PermissionDeniedError"],
    ["what is not found", "not_found_error", "NotFoundError"],
    ["a bad request", "invalid_request_error", "InvalidRequestError"],
    ["what nobody knows", "teapot_error", "StreamError"]
  ]
  for (const [name, type, tag] of errors) {
    it.effect(`have the reason of ${name}, after the events before`, () =>
      Effect.gen(function* () {
        const event = `event: error\n${sse({ type: "error", error: { type, message: "no" }, request_id: "req-9" })}`
        const http = fakeHttp({ parts: [sse({ type: "content_block_stop", index: 0 }), event] })
        const { error, values } = yield* streamFailure(
          Stream.provide(Messages.stream({ model: "m", max_tokens: 1, messages: [] }), anthropicOver(http, once))
        )
        assert.strictEqual(values.length, 1)
        assert.strictEqual(apiError(error).reason._tag, tag)
        assert.strictEqual(apiError(error).requestId, "req-9")
      })
    )
  }

  it.effect("an error that maps to no other reason keeps what the server sent", () =>
    Effect.gen(function* () {
      const sent = { error: { message: "no", type: "teapot", code: "short_and_stout" } }
      const { error } = yield* failing(probes.stream({}), sse(tick, sent))
      const reason = reasonOf(error, "StreamError")
      assert.deepStrictEqual(reason.raw, sent)
      assert.strictEqual(reason.code, "short_and_stout")
    })
  )

  it.effect("Coze's error event is typed by its code", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: ['event: error\ndata: {"code":4013,"msg":"too many requests"}\n\n'] })
      const { error } = yield* streamFailure(Stream.provide(Chat.stream({ bot_id: "b", user_id: "u" }), cozeOver(http)))
      reasonOf(apiError(error), "RateLimitError")
    })
  )

  it.effect("an event of the wrong shape is a DecodeError with the event", () =>
    Effect.gen(function* () {
      const { error, values } = yield* failing(probes.stream({}), sse(tick, { type: ["x"] }, end))
      const reason = reasonOf(error, "DecodeError")
      assert.deepStrictEqual(reason.path, ["type"])
      assert.deepStrictEqual(reason.raw, { type: ["x"] })
      assert.strictEqual(values.length, 1)
    })
  )

  it.effect("an event longer than the layer's limit is an UnexpectedResponseError", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse(tick), sse({ type: "x".repeat(500) })] })
      const { error, values } = yield* streamFailure(
        Stream.provide(probes.stream({}), openAiOver(http, { ...once, maxEventLength: 100 }))
      )
      assert.include(reasonOf(apiError(error), "UnexpectedResponseError").message, "100")
      assert.strictEqual(values.length, 1)
    })
  )
})

describe("text in answer to a request for a stream", () => {
  const answered = (text: string, headers: { readonly [name: string]: string }, options: Partial<Options> = {}) =>
    Effect.map(
      streamFailure(
        Stream.provide(probes.stream({}), openAiOver(fakeHttp({ parts: [text], headers }), { ...once, ...options }))
      ),
      ({ error }) => apiError(error)
    )

  it.effect("is an UnexpectedResponseError with content type, status and snippet", () =>
    Effect.gen(function* () {
      const error = yield* answered("upstream connect error", { "content-type": "text/plain; charset=utf-8" })
      const reason = reasonOf(error, "UnexpectedResponseError")
      assert.strictEqual(reason.contentType, "text/plain; charset=utf-8")
      assert.include(reason.message, "text/plain; charset=utf-8 instead of a stream: upstream connect error")
      assert.include(error.message, "HTTP 200")
      assert.strictEqual(error.response?.body, "upstream connect error")
    })
  )

  it.effect("that is a page is told by its title", () =>
    Effect.gen(function* () {
      const error = yield* answered("<html>\n<title>Sign in</title>\n<p>data", { "content-type": "text/html" })
      assert.include(
        reasonOf(error, "UnexpectedResponseError").message,
        'text/html instead of a stream: a page titled "Sign in"'
      )
    })
  )

  it.effect("that is an error in JSON has its reason", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ error: { message: "no", type: "invalid_request_error" } })
      assert.strictEqual(
        reasonOf(yield* answered(body, { "content-type": "text/plain" }), "InvalidRequestError").message,
        "no"
      )
    })
  )

  it.effect("is shown up to 2,000 characters", () =>
    Effect.gen(function* () {
      const error = yield* answered("no way ".repeat(5000), { "content-type": "text/plain" })
      assert.strictEqual(error.response?.body?.length, 2000)
      assert.isBelow(error.message.length, 500)
    })
  )

  it.effect("shows no part of a secret", () =>
    Effect.gen(function* () {
      const secret = "0a1b2c3d".repeat(60)
      const error = yield* answered(
        `${secret} `.repeat(40),
        { "content-type": "text/plain" },
        { apiKey: Redacted.make(secret) }
      )
      assert.include(error.response?.body, "<redacted>")
      assert.notInclude(JSON.stringify(error), "0a1b2c3d")
    })
  )

  for (const type of ["text/plain", "text/html", "application/octet-stream", "application/x-ndjson"]) {
    it.effect(`is read as events if it is some, as ${type} too`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ parts: [": hi\n\n", sse(tick), sse(end)], headers: { "content-type": type } })
        const values = yield* Stream.runCollect(Stream.provide(probes.stream({}), openAiOver(http, once)))
        assert.strictEqual(values.length, 2)
      })
    )
  }

  it.effect("that breaks off before its first event is a StreamTruncatedError, under any content type", () =>
    Effect.gen(function* () {
      for (const type of ["text/plain", "text/event-stream"]) {
        const error = yield* answered(": wait\n\n: wait\n\n", { "content-type": type })
        assert.strictEqual(reasonOf(error, "StreamTruncatedError").partial.events, 0)
        assert.strictEqual(error.response?.body, ": wait\n\n: wait\n\n")
        assert.isTrue(error.isRetryable)
      }
    })
  )

  it.effect("is an error if the stream may end at any time, too", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: ["no such page"], headers: { "content-type": "text/plain" } })
      const { error } = yield* streamFailure(Stream.provide(openEnded(), openAiOver(http, once)))
      reasonOf(apiError(error), "UnexpectedResponseError")
    })
  )
})

describe("what had come of a stream that fails", () => {
  const hello = sse(completionChunk("Hel", null), completionChunk("lo", null))
  const failed = (...parts: ReadonlyArray<Part>) => Effect.map(failing(chat, ...parts), ({ error }) => error)

  it.effect("is with an error event", () =>
    Effect.gen(function* () {
      const error = yield* failed(hello, sse({ error: { message: "busy", type: "overloaded_error" } }))
      reasonOf(error, "OverloadedError")
      assert.deepStrictEqual(error.partial, { text: "Hello", usage: undefined, events: 2 })
      assert.include(error.message, "busy. What had arrived, 2 events, is in partial.")
    })
  )

  it.effect("is with an event that does not fit", () =>
    Effect.gen(function* () {
      const wrong = yield* failed(hello, sse({ choices: 5 }), sse("[DONE]"))
      assert.strictEqual(wrong.reason._tag, "DecodeError")
      assert.strictEqual(wrong.partial?.text, "Hello")
    })
  )

  it.effect("is with an event that is too long", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [hello, sse({ id: "x".repeat(500) })] })
      const { error } = yield* streamFailure(Stream.provide(chat, openAiOver(http, { ...once, maxEventLength: 300 })))
      assert.strictEqual(apiError(error).partial?.events, 2)
    })
  )

  it.effect("is with a stream that is cut, once in its JSON", () =>
    Effect.gen(function* () {
      const error = yield* failed(hello)
      assert.deepStrictEqual(error.partial, reasonOf(error, "StreamTruncatedError").partial)
      assert.strictEqual(JSON.stringify(error).split('"text":"Hello"').length, 2)
    })
  )

  it.effect("is with the break of a stream that may end at any time, and of lines", () =>
    Effect.gen(function* () {
      for (const [stream, text] of [
        [openEnded(), sse(tick)],
        [probes.lines({}), '{"id":"a"}\n']
      ] as const) {
        const { error } = yield* failing<unknown, unknown>(stream, text, "<broken>")
        reasonOf(error, "NetworkError")
        assert.deepStrictEqual(error.partial, { text: "", usage: undefined, events: 1 })
        assert.include(error.message, "What had arrived, 1 event, is in partial.")
      }
    })
  )

  it.effect("has the text of transcriptions and threads, too", () =>
    Effect.gen(function* () {
      const transcript = yield* failing(
        AudioTranscriptions.stream({ file: new File(["a"], "a.wav"), model: "m" }),
        sse({ type: "transcript.text.delta", delta: "Hel" }, { type: "transcript.text.delta", delta: "lo" })
      )
      assert.strictEqual(transcript.error.partial?.text, "Hello")
      const said = (value: string) =>
        `event: thread.message.delta\n${sse({
          id: "msg",
          object: "thread.message.delta",
          delta: { content: [{ index: 0, type: "text", text: { value } }] }
        })}`
      const thread = yield* failing(
        BetaThreadsRuns.stream({ thread_id: "t", assistant_id: "a" }),
        said("Hel"),
        said("lo")
      )
      assert.strictEqual(thread.error.partial?.text, "Hello")
    })
  )

  it.effect("is absent before the first event", () =>
    Effect.gen(function* () {
      const error = yield* failed(sse({ error: { message: "busy", type: "overloaded_error" } }))
      assert.isUndefined(error.partial)
      assert.notInclude(error.message, "partial")
    })
  )

  it.effect("holds no secret", () =>
    Effect.gen(function* () {
      const apiKey = Redacted.make("zq9-s3cr3t-value-a7")
      const http = fakeHttp({
        parts: [
          sse({
            ...completionChunk("it is zq9-s3cr3t-value-a7", null),
            usage: { prompt_tokens: 1, said: "zq9-s3cr3t-value-a7" }
          }),
          sse({ error: { message: "busy", type: "overloaded_error" } })
        ]
      })
      const { error } = yield* streamFailure(Stream.provide(chat, openAiOver(http, { ...once, apiKey })))
      assert.deepStrictEqual(apiError(error).partial, {
        text: "it is <redacted>",
        usage: { prompt_tokens: 1, said: "<redacted>" },
        events: 1
      })
    })
  )
})

describe("JSON in answer to a request for a stream", () => {
  const answered = (reply: Reply) =>
    Effect.map(streamFailure(Stream.provide(probes.stream({}), openAiOver(fakeHttp(reply), once))), ({ error }) =>
      apiError(error)
    )

  it.effect("that is an error has its reason", () =>
    Effect.gen(function* () {
      const error = yield* answered({ body: { error: { message: "no", type: "invalid_request_error" } } })
      assert.strictEqual(reasonOf(error, "InvalidRequestError").message, "no")
    })
  )

  it.effect("that is none is an UnexpectedResponseError with its snippet", () =>
    Effect.gen(function* () {
      const error = yield* answered({ body: { id: "x" } })
      assert.include(reasonOf(error, "UnexpectedResponseError").message, "JSON instead of a stream")
      assert.strictEqual(error.response?.body, '{"id":"x"}')
    })
  )

  it.effect("of Coze has the reason of its code", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { code: 4100, msg: "no", detail: { logid: "log-1" } } })
      const { error } = yield* streamFailure(Stream.provide(Chat.stream({ bot_id: "b", user_id: "u" }), cozeOver(http)))
      reasonOf(apiError(error), "AuthenticationError")
      assert.strictEqual(apiError(error).requestId, "log-1")
    })
  )
})

describe("withResponse of a stream", () => {
  it.effect("gives the headers before the values", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse(tick), sse(end)], headers: { "x-request-id": "r1" } })
      const { response, values } = yield* Effect.scoped(
        Effect.gen(function* () {
          const response = yield* probes.stream.withResponse({})
          return { response, values: yield* Stream.runCollect(response.value) }
        })
      ).pipe(Effect.provide(openAiOver(http)))
      assert.strictEqual(response.requestId, "r1")
      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.raw, undefined)
      assert.strictEqual(values.length, 2)
    })
  )

  it.effect("says so if it is read after its scope has ended", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse(tick), sse(end)] })
      const { value } = yield* Effect.scoped(probes.stream.withResponse({})).pipe(Effect.provide(openAiOver(http)))
      const exit = yield* Effect.exit(Stream.runCollect(value))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isFailure(exit)) assert.match(String(Cause.squash(exit.cause)), /read after its scope had ended/)
    })
  )
})

describe("lines of JSON", () => {
  it.effect("are decoded, the last one without its line ending too", () =>
    Effect.gen(function* () {
      const values = yield* collect(probes.lines({}), '{"id":"a"}\n\n{"id":', '"b","more":1}')
      assert.deepStrictEqual<unknown>(values, [{ id: "a" }, { id: "b", more: 1 }])
    })
  )

  it.effect("a line that is not JSON is a DecodeError with the line, after the lines before", () =>
    Effect.gen(function* () {
      const { error, values } = yield* failing(probes.lines({}), '{"id":"a"}\nnonsense\n{"id":"b"}\n')
      assert.strictEqual(reasonOf(error, "DecodeError").raw, "nonsense")
      assert.strictEqual(values.length, 1)
    })
  )

  it.effect("a line of the wrong shape is a DecodeError with its path", () =>
    Effect.gen(function* () {
      const { error } = yield* failing(probes.lines({}), '{"id":5}\n')
      assert.deepStrictEqual(reasonOf(error, "DecodeError").path, ["id"])
    })
  )

  it.effect("a break is a NetworkError of the phase body", () =>
    Effect.gen(function* () {
      const { error, values } = yield* failing(probes.lines({}), '{"id":"a"}\n', "<broken>")
      assert.strictEqual(reasonOf(error, "NetworkError").phase, "body")
      assert.strictEqual(values.length, 1)
    })
  )
})

describe("bytes", () => {
  it.effect("are given as they come", () =>
    Effect.gen(function* () {
      const values = yield* collect(probes.bytes({ id: "f" }), "abc", "", "def")
      assert.strictEqual(values.map((bytes) => new TextDecoder().decode(bytes)).join(""), "abcdef")
    })
  )
})

describe("other answers", () => {
  it.effect("text is given as it is", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: "plain", headers: { "content-type": "text/plain" } })
      assert.strictEqual(yield* probes.describe({ id: "x" }).pipe(Effect.provide(openAiOver(http))), "plain")
    })
  )

  it.effect("a body is ignored if none is expected", () =>
    Effect.gen(function* () {
      for (const reply of [
        { status: 204 },
        { body: "" },
        { body: { deleted: true } },
        { body: "<p>ok", headers: { "content-type": "text/html" } }
      ]) {
        assert.isUndefined(yield* probes.remove({ id: "x" }).pipe(Effect.provide(openAiOver(fakeHttp(reply)))))
      }
    })
  )

  it.effect("an answer may be text if the endpoint says so", () =>
    Effect.gen(function* () {
      const textual = Endpoint.json<{}, unknown, OpenAi>(OpenAi, {
        id: "textual",
        method: "GET",
        path: "/t",
        mayBeText: true,
        success: Schema.Unknown
      })
      const http = fakeHttp({ body: "1\n00:00 --> 00:01\nhi", headers: { "content-type": "text/plain" } })
      assert.strictEqual(yield* textual().pipe(Effect.provide(openAiOver(http))), "1\n00:00 --> 00:01\nhi")
    })
  )

  it.effect("an error within a successful answer has its reason", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { type: "error", error: { type: "overloaded_error", message: "busy" } } })
      const endpoint = Endpoint.json<{}, unknown, Anthropic>(Anthropic, {
        id: "e",
        method: "GET",
        path: "/e",
        success: Schema.Unknown
      })
      const error = yield* Effect.flip(endpoint()).pipe(Effect.provide(anthropicOver(http, once)))
      assert.strictEqual(reasonOf(error, "OverloadedError").message, "busy")
    })
  )
})

describe("a line of JSON", () => {
  const lines = { "content-type": "application/x-jsonl" }
  const collected = (parts: ReadonlyArray<string>, options: Options = {}) =>
    streamFailure(
      Stream.provide(probes.lines({}), openAiOver(fakeHttp({ headers: lines, parts }), { ...once, ...options }))
    )

  for (const [name, parts] of Object.entries({
    "that never ends": Array.from({ length: 1000 }, () => "x".repeat(1000)),
    "that is whole": [`{"id":"${"x".repeat(10_000)}"}\n`]
  })) {
    it.effect(`${name} is given up at the limit of its length, after the lines before it`, () =>
      Effect.gen(function* () {
        const { error, values } = yield* collected(['{"id":"a"}\n', ...parts], { maxEventLength: 5000 })
        const { reason } = apiError(error)
        assert.strictEqual(reason._tag, "UnexpectedResponseError")
        assert.include(reason.message, "5000")
        assert.deepStrictEqual(values, [{ id: "a" }])
      })
    )
  }

  it.effect("that is nested 100,000 deep fails with DecodeError", () =>
    Effect.gen(function* () {
      const { error } = yield* collected([`{"id":${"[".repeat(100_000)}${"]".repeat(100_000)}}\n`])
      assert.strictEqual(apiError(error).reason._tag, "DecodeError")
    })
  )
})
