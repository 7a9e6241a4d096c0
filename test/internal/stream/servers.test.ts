/** Real servers write things between, instead of and after the events of a stream. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { RetryPolicy } from "llmfx"
import type { ApiError } from "../../../src/ApiError.ts"
import * as BetaMessages from "../../../src/anthropic/api/BetaMessages.ts"
import * as Messages from "../../../src/anthropic/api/Messages.ts"
import * as Chat from "../../../src/coze/api/Chat.ts"
import * as WorkflowsRuns from "../../../src/coze/api/WorkflowsRuns.ts"
import * as BetaThreadsRuns from "../../../src/openai/api/BetaThreadsRuns.ts"
import * as ChatCompletions from "../../../src/openai/api/ChatCompletions.ts"
import * as Completions from "../../../src/openai/api/Completions.ts"
import * as Images from "../../../src/openai/api/Images.ts"
import * as Responses from "../../../src/openai/api/Responses.ts"
import { apiError, streamFailure } from "../../support/errors.ts"
import { fakeHttp, type Part } from "../../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver } from "../../support/probes.ts"
import { completionChunk } from "../../support/providers.ts"

const once = { retry: RetryPolicy.none }
type Frame = readonly [event: string, data: unknown]

const text = ([event, data]: Frame): string =>
  `${event === "" ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
const chunk = (value: unknown): Frame => ["", value]
const typed = (type: string, rest: object = {}): Frame => [type, { type, ...rest }]

interface Subject {
  readonly name: string
  /** The frames of a whole answer. Without the last event, it is truncated. */
  readonly frames: ReadonlyArray<Frame>
  /** After how many frames nothing but the end of the stream is missing, so that a bare `[DONE]` is one. */
  readonly endsAfter?: number
  /** Frames that may follow the end. */
  readonly tail: ReadonlyArray<Frame>
  readonly run: (parts: ReadonlyArray<Part>, type?: string) => Stream.Stream<unknown, ApiError>
}

const http = (parts: ReadonlyArray<Part>, type = "text/event-stream") =>
  fakeHttp({ parts, headers: { "content-type": type } })

const message = { id: "m", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, usage: {} }
const messageFrames = [
  typed("message_start", { message }),
  typed("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  typed("content_block_delta", { index: 0, delta: { type: "text_delta", text: "hi" } }),
  typed("content_block_stop", { index: 0 }),
  typed("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } }),
  typed("message_stop")
]
const response = { id: "r", object: "response", status: "in_progress", output: [] }
const item = { type: "message", id: "i", role: "assistant", status: "completed", content: [] }
const done = chunk("[DONE]")
const params = { model: "m", max_tokens: 1, messages: [] }
const chat = { id: "1", conversation_id: "2", bot_id: "3" }
const said = { id: "m", conversation_id: "2", role: "assistant", type: "answer", content: "hi", content_type: "text" }

const textChunk = (words: string, reason: string | null) => ({
  ...completionChunk("", null),
  object: "text_completion",
  choices: [{ index: 0, text: words, finish_reason: reason, logprobs: null }]
})

const threadRun = { id: "r", object: "thread.run", thread_id: "t", assistant_id: "a", model: "m" }

const subjects: ReadonlyArray<Subject> = [
  {
    name: "chat completions",
    frames: [
      chunk(completionChunk("he", null)),
      chunk(completionChunk("llo", null)),
      chunk(completionChunk("", "stop"))
    ],
    tail: [done],
    run: (parts, type) =>
      Stream.provide(ChatCompletions.stream({ model: "m", messages: [] }), openAiOver(http(parts, type), once))
  },
  {
    name: "legacy completions",
    frames: [chunk(textChunk("he", null)), chunk(textChunk("llo", "stop"))],
    tail: [done],
    run: (parts, type) =>
      Stream.provide(Completions.stream({ model: "m", prompt: "hi" }), openAiOver(http(parts, type), once))
  },
  {
    name: "responses",
    frames: [
      typed("response.created", { sequence_number: 0, response }),
      typed("response.output_item.done", { sequence_number: 1, output_index: 0, item }),
      typed("response.completed", { sequence_number: 2, response: { ...response, status: "completed" } })
    ],
    tail: [done],
    run: (parts, type) =>
      Stream.provide(Responses.stream({ model: "m", input: "hi" }), openAiOver(http(parts, type), once))
  },
  {
    name: "runs",
    frames: [
      ["thread.run.created", { ...threadRun, status: "queued" }],
      ["thread.run.completed", { ...threadRun, status: "completed" }],
      ["done", "[DONE]"]
    ],
    endsAfter: 2,
    tail: [],
    run: (parts, type) =>
      Stream.provide(BetaThreadsRuns.stream({ thread_id: "t", assistant_id: "a" }), openAiOver(http(parts, type), once))
  },
  {
    name: "messages",
    frames: messageFrames,
    tail: [done],
    run: (parts, type) => Stream.provide(Messages.stream(params), anthropicOver(http(parts, type), once))
  },
  {
    name: "beta messages",
    frames: messageFrames,
    tail: [done],
    run: (parts, type) => Stream.provide(BetaMessages.stream(params), anthropicOver(http(parts, type), once))
  },
  {
    name: "Coze chats",
    frames: [
      ["conversation.chat.created", { ...chat, status: "created" }],
      ["conversation.message.delta", said],
      ["conversation.chat.completed", { ...chat, status: "completed" }],
      ["done", "[DONE]"]
    ],
    endsAfter: 3,
    tail: [],
    run: (parts, type) => Stream.provide(Chat.stream({ bot_id: "3", user_id: "u" }), cozeOver(http(parts, type), once))
  },
  {
    name: "Coze workflows",
    frames: [
      ["Message", { content: "hi", node_seq_id: "0" }],
      ["Done", {}]
    ],
    tail: [],
    run: (parts, type) => Stream.provide(WorkflowsRuns.stream({ workflow_id: "1" }), cozeOver(http(parts, type), once))
  }
]

const collected = (stream: Stream.Stream<unknown, ApiError>) => Effect.runPromise(Stream.runCollect(stream))
const failed = (stream: Stream.Stream<unknown, ApiError>) =>
  Effect.runPromise(Effect.map(streamFailure(stream), ({ error }) => apiError(error)))

const blank = fc.constantFrom("", " ", "{}", "[]", "null", " null ", "{ }")
const aliveName = fc.constantFrom("ping", "keepalive", "keep-alive", "heartbeat", "PING", "Keep-Alive")
/** Frames that say nothing. */
const nothing: fc.Arbitrary<string> = fc.oneof(
  blank.map((data) => `data:${data}\n\n`),
  fc.constantFrom(": OPENROUTER PROCESSING\n\n", ":\n\n", "event: x\n\n", "retry: 3\n\n", "id: 7\n\n"),
  fc
    .tuple(
      aliveName.filter((name) => name !== "PING"),
      fc.constantFrom("", "{}", "still here", "1718", '{"time":5}', '"alive"', "[DONE]", '{"type":"message"}', "{oops")
    )
    .map(([event, data]) => `event: ${event}\ndata: ${data}\n\n`),
  fc
    .tuple(fc.constantFrom("ping", "message"), aliveName)
    .map(([event, type]) => `event: ${event}\ndata: ${JSON.stringify({ type })}\n\n`),
  fc.constantFrom("event", "object").map((name) => `data: ${JSON.stringify({ [name]: "ping" })}\n\n`),
  aliveName.map((name) => `data: ${JSON.stringify({ [name]: 1718 })}\n\n`),
  fc
    .oneof(
      fc.constant(": OPENROUTER PROCESSING"),
      aliveName.filter((name) => name !== "PING")
    )
    .map((words) => `data: ${words}\n\n`)
)

/** Cuts a text anywhere. */
const cutAnywhere = (whole: string, cuts: ReadonlyArray<number>): ReadonlyArray<string> => {
  const places = [...new Set(cuts.map((cut) => cut % whole.length))].sort((a, b) => a - b)
  return [...places, whole.length].map((end, at) => whole.slice(places[at - 1] ?? 0, end))
}

describe.each(subjects)("a stream of $name", ({ endsAfter, frames, run, tail }) => {
  const whole = frames.map(text)

  it("is the same however it is cut, and whatever frames that say nothing are put in between", async () => {
    const expected = await collected(run(whole))
    await fc.assert(
      fc.asyncProperty(
        fc.array(nothing, { minLength: frames.length + 1, maxLength: frames.length + 1 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom("\n", "\r\n"),
        async (fillers, cuts, lineEnd) => {
          const body = fillers
            .map((filler, at) => filler + (whole[at] ?? ""))
            .join("")
            .replaceAll("\n", lineEnd)
          const withoutIds = (values: ReadonlyArray<unknown>) =>
            values.map((value) => JSON.stringify(value, (key, field: unknown) => (key === "id" ? undefined : field)))
          assert.deepStrictEqual(withoutIds(await collected(run(cutAnywhere(body, cuts)))), withoutIds(expected))
        }
      ),
      { numRuns: 60 }
    )
  })

  it("is never a success if its end is missing", async () => {
    for (let events = 1; events < frames.length; events++) {
      for (const end of [[], ["<broken>"], ["data: [DONE]\n\n"], [": bye\n\n"]] as const) {
        if (events === endsAfter && end[0]?.includes("[DONE]") === true) continue
        const error = await failed(run([...whole.slice(0, events), ...end]))
        assert.strictEqual(error.reason._tag, "StreamTruncatedError", `${events} events, then ${end[0] ?? "nothing"}`)
      }
    }
  })

  it("is never a success if it is cut at any byte", async () => {
    const body = whole.join("")
    const last = (whole.at(-1) ?? "").length
    const inEnd = Array.from({ length: last - 2 }, (_, at) => body.length - last + at)
    const before = fc.sample(fc.nat(body.length - last), { numRuns: 40, seed: 5 })
    for (const at of [...before, ...inEnd]) {
      for (const end of [[], ["<broken>"]] as const) {
        const { reason } = await failed(run([body.slice(0, at), ...end]))
        if (at > (whole[0] ?? "").length) assert.strictEqual(reason._tag, "StreamTruncatedError", body.slice(0, at))
      }
    }
  })

  it("is a success whatever follows its end", async () => {
    const ended = [...whole, ...tail.map(text)]
    const expected = await collected(run(ended))
    const after = [
      "data: [DONE] \n\n",
      "event: done\ndata: ok\n\n",
      ": bye\n\n",
      "data: oops\n\n",
      "<html>",
      "<broken>"
    ]
    for (const more of [...after, "data: {\n\n", 'event: error\ndata: {"error":"late"}\n\n'] as ReadonlyArray<Part>) {
      assert.deepStrictEqual(await collected(run([...ended, more])), expected, String(more))
    }
  })

  it("is known by its bytes, whatever its content type", async () => {
    const expected = await collected(run(whole))
    for (const type of ["application/json", "application/json; charset=utf-8", "text/plain", "text/html"]) {
      assert.deepStrictEqual(await collected(run(whole, type)), expected, type)
    }
  })

  const words = "the upstream is out of credit"
  const shapes: ReadonlyArray<readonly [shape: string, body: string, tag: string, isRetryable: boolean]> = [
    ["a text under error", JSON.stringify({ error: words, status: 402 }), "QuotaExceededError", false],
    ["an object under error", JSON.stringify({ error: { message: words, code: 429 } }), "RateLimitError", true],
    ["a code as text", JSON.stringify({ error: { message: words, code: "503" } }), "ServerError", true],
    [
      "a kind as type",
      JSON.stringify({ error: { message: words, type: "authentication_error" } }),
      "AuthenticationError",
      false
    ],
    [
      "a kind of error as type",
      JSON.stringify({ message: words, type: "BadRequestError", code: 400 }),
      "InvalidRequestError",
      false
    ],
    [
      "the words of the server behind a router",
      JSON.stringify({ error: { message: "Provider returned error", code: 429, metadata: { raw: words } } }),
      "RateLimitError",
      true
    ],
    [
      "a code that only a request to the API can have",
      JSON.stringify({ error: { message: words, code: "context_length_exceeded" } }),
      "InvalidRequestError",
      false
    ],
    [
      "a code with other separators",
      JSON.stringify({ error: { message: words, type: "Rate-Limit-Exceeded" } }),
      "RateLimitError",
      true
    ],
    ["a fault of a gateway", JSON.stringify({ fault: { faultstring: words, code: 429 } }), "RateLimitError", true],
    [
      "a choice that failed",
      JSON.stringify({ id: "x", choices: [{ index: 0, error: { message: words, code: 402 } }] }),
      "QuotaExceededError",
      false
    ],
    ["an object named error", JSON.stringify({ object: "error", message: words, code: 404 }), "NotFoundError", false],
    ["a list", JSON.stringify([{ error: { message: words, code: 403 } }]), "PermissionDeniedError", false],
    [
      "JSON within text",
      JSON.stringify({ error: JSON.stringify({ message: words, code: 529 }) }),
      "OverloadedError",
      true
    ]
  ]
  it("reports errors of any shape in place of its events", async () => {
    for (const [shape, body, tag, isRetryable] of shapes) {
      for (const type of ["text/event-stream", "application/json", "text/plain"]) {
        for (const part of [body, `${body}\n`, JSON.stringify(JSON.parse(body), null, 2), `error: ${body}\n\n`]) {
          const error = await failed(run([part], type))
          assert.deepStrictEqual(
            [error.reason._tag, error.isRetryable],
            [tag, isRetryable],
            `${shape}, ${type}, ${part}`
          )
          assert.include(error.message, words)
        }
      }
    }
  })

  it("reports errors of any shape between its events, with what had come", async () => {
    for (const [shape, body, tag] of shapes) {
      const frames = [`event: error\ndata: ${body}\n\n`, `data: ${body}\n\n`, `error: ${body}\n\n`, `${body}\n`]
      for (const part of frames) {
        const error = await failed(run([...whole.slice(0, 1), part, ...whole.slice(1)]))
        assert.strictEqual(error.reason._tag, tag, `${shape}: ${part}`)
        assert.include(error.message, words)
        assert.strictEqual(error.partial?.events, 1)
      }
    }
  })

  it("keeps the words of an error that is plain text", async () => {
    for (const data of ["upstream timed out", '"upstream timed out"']) {
      const error = await failed(run([...whole.slice(0, 1), `event: error\ndata: ${data}\n\n`]))
      assert.strictEqual(error.reason._tag, "StreamError")
      assert.include(error.message, "upstream timed out")
    }
    assert.include((await failed(run(["upstream timed out"]))).message, "upstream timed out")
    assert.include((await failed(run(["<title>Bad gateway</title>"]))).message, "Bad gateway")
    assert.include((await failed(run([...whole.slice(0, 1), "<title>Bad gateway</title>"]))).message, "Bad gateway")
  })
})

describe("the type in the data", () => {
  it("counts more than the name of the frame", async () => {
    for (const name of ["message", "ping", "error", "response.created"]) {
      const body = messageFrames.map(([, data]) => text([name, data]))
      const values = await collected(Stream.provide(Messages.stream(params), anthropicOver(http(body), once)))
      assert.strictEqual(values.length, messageFrames.length, name)
    }
  })

  it("is the name of the frame if the data has none", async () => {
    const body = messageFrames.map(([event, data]) => text([event, { ...(data as object), type: undefined }]))
    const values = await collected(Stream.provide(Messages.stream(params), anthropicOver(http(body), once)))
    assert.strictEqual(values.length, messageFrames.length)
  })
})

describe("a chat of Coze", () => {
  it("has ended as the name of its last event says", async () => {
    const frames = ["completed", "failed", "canceled"].map((end) =>
      text([`conversation.chat.${end}`, { ...chat, status: "in_progress" }])
    )
    for (const frame of frames) {
      const stream = Chat.stream({ bot_id: "3", user_id: "u" })
      const events = await collected(Stream.provide(stream, cozeOver(http([frame, text(["done", "[DONE]"])]), once)))
      const { data, event } = events[0] as { readonly event: string; readonly data: { readonly status: string } }
      assert.strictEqual(event, `conversation.chat.${data.status}`)
    }
  })
})

describe("a chat of Coze that the server is done with", () => {
  const answer = (...frames: ReadonlyArray<Frame>) =>
    Stream.provide(
      Chat.stream({ bot_id: "3", user_id: "u" }),
      cozeOver(http([...frames, ["done", "[DONE]"] as const].map(text)), once)
    )

  it("is cut if it goes on", async () => {
    for (const frames of [
      [["conversation.chat.created", { ...chat, status: "created" }]],
      [["conversation.message.delta", said]],
      [
        ["conversation.chat.in_progress", { ...chat, status: "in_progress" }],
        ["conversation.message.completed", said]
      ]
    ] as ReadonlyArray<ReadonlyArray<Frame>>) {
      assert.strictEqual((await failed(answer(...frames))).reason._tag, "StreamTruncatedError")
    }
  })

  it("is whole if its messages are and nothing else is said of it", async () => {
    assert.strictEqual((await collected(answer(["conversation.message.completed", said]))).length, 2)
  })
})

describe("a run that the server is done with", () => {
  const done = ["done", "[DONE]"] as const
  const events = (...frames: ReadonlyArray<Frame>) =>
    Stream.provide(
      BetaThreadsRuns.stream({ thread_id: "t", assistant_id: "a" }),
      openAiOver(http(frames.map(text)), once)
    )

  it("is cut if it goes on", async () => {
    for (const status of ["queued", "in_progress", "cancelling"]) {
      const cut = await failed(events([`thread.run.${status}`, { ...threadRun, status }], done))
      assert.strictEqual(cut.reason._tag, "StreamTruncatedError", status)
    }
  })

  it("is whole however it ended", async () => {
    for (const status of ["completed", "failed", "cancelled", "expired", "incomplete", "requires_action"]) {
      const whole = events(["thread.run.queued", threadRun], [`thread.run.${status}`, { ...threadRun, status }], done)
      assert.strictEqual((await collected(whole)).length, 2, status)
    }
  })
})

describe("the last event of an answer", () => {
  it("is not passed over if it cannot be read", async () => {
    const last = { ...completionChunk("llo", "stop"), model: {} }
    const chunks = [completionChunk("he", null), last, "[DONE]"].map((value) => text(chunk(value)))
    const completion = ChatCompletions.stream({ model: "m", messages: [] })
    const error = await failed(Stream.provide(completion, openAiOver(http(chunks), once)))
    assert.deepStrictEqual([error.reason._tag, error.partial?.text], ["DecodeError", "he"])
    const completed = text(typed("response.completed", { response: { ...response, status: "completed", output: 7 } }))
    const answer = Responses.stream({ model: "m", input: "hi" })
    const { reason } = await failed(Stream.provide(answer, openAiOver(http([completed]), once)))
    assert.strictEqual(reason._tag, "DecodeError")
  })
})

describe("a frame that says something of the server", () => {
  it("is no chunk of an answer", async () => {
    const chunks = [completionChunk("he", null), completionChunk("", "stop")].map(chunk).map(text)
    const [first = "", ...rest] = chunks
    for (const frame of ['data: {"type":"status","state":"thinking"}\n\n', 'event: queue\ndata: {"position":3}\n\n']) {
      const stream = ChatCompletions.stream({ model: "m", messages: [] })
      const events = await collected(Stream.provide(stream, openAiOver(http([first, frame, ...rest]), once)))
      assert.strictEqual(events.length, 2)
    }
  })
})

describe("the end of several answers in one stream", () => {
  const of = (index: number, content: string, reason: string | null) => ({
    ...completionChunk("", null),
    choices: [{ index, delta: { content }, finish_reason: reason, logprobs: null }]
  })
  const two = (...values: ReadonlyArray<unknown>) =>
    Stream.provide(
      ChatCompletions.stream({ model: "m", messages: [], n: 2 }),
      openAiOver(http(values.map((value) => text(chunk(value)))), once)
    )

  it("is that of the last choice", async () => {
    const begun = [of(0, "A", null), of(1, "B", null), of(0, "", "stop")]
    assert.strictEqual((await failed(two(...begun))).reason._tag, "StreamTruncatedError")
    assert.strictEqual((await collected(two(...begun, of(1, "", "length")))).length, 4)
    assert.strictEqual((await failed(two(of(0, "A", "stop")))).reason._tag, "StreamTruncatedError")
    assert.strictEqual((await collected(two(of(0, "A", "stop"), "[DONE]"))).length, 1)
  })

  it("is that of the answer if the reasoning before it ended too", async () => {
    const reasoning = of(0, "", "stop")
    assert.strictEqual((await failed(two(reasoning, of(0, "B", null)))).reason._tag, "StreamTruncatedError")
    assert.strictEqual((await collected(two(reasoning, of(0, "B", null), of(0, "", "stop"), "[DONE]"))).length, 3)
  })

  it("is not an empty finish reason", async () => {
    assert.strictEqual((await failed(two(of(0, "A", ""), of(1, "B", "")))).reason._tag, "StreamTruncatedError")
  })

  it("is that of the last image", async () => {
    const image = typed("image_generation.completed", { b64_json: "AA==" })
    const images = (n: number, ...frames: ReadonlyArray<Frame>) =>
      Stream.provide(Images.generateStream({ prompt: "p", n }), openAiOver(http(frames.map(text)), once))
    assert.strictEqual((await failed(images(2, image))).reason._tag, "StreamTruncatedError")
    assert.strictEqual((await collected(images(2, image, image))).length, 2)
    assert.strictEqual((await collected(images(1, image))).length, 1)
  })
})
