/** A network cuts the bytes of a stream anywhere, also within a character or a line ending. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { ApiError } from "../../../src/ApiError.ts"
import * as BetaMessageStream from "../../../src/anthropic/BetaMessageStream.ts"
import * as MessageStream from "../../../src/anthropic/MessageStream.ts"
import * as SessionStream from "../../../src/anthropic/SessionStream.ts"
import * as ChatStream from "../../../src/coze/ChatStream.ts"
import * as BetaResponseStream from "../../../src/openai/BetaResponseStream.ts"
import * as ChatCompletionStream from "../../../src/openai/ChatCompletionStream.ts"
import * as ResponseStream from "../../../src/openai/ResponseStream.ts"
import * as RunStream from "../../../src/openai/RunStream.ts"
import { type FakeHttp, fakeHttp } from "../../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver } from "../../support/probes.ts"
import { completionChunk } from "../../support/providers.ts"

type Frame = readonly [event: string, data: object]
type Final = (http: FakeHttp) => Effect.Effect<unknown, ApiError>

const words = "Grüße, 世界 👋🏽"
const typed = (type: string, rest: object = {}): Frame => [type, { type, ...rest }]
const usage = { input_tokens: 1, output_tokens: 1 }
const message = { id: "m", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, usage }
const response = { id: "r", object: "response", status: "in_progress", output: [] }
const text = { item_id: "i", output_index: 0, content_index: 0 }
const said = { id: "m", conversation_id: "2", role: "assistant", type: "answer", content_type: "text" }
const chat = { id: "1", conversation_id: "2", bot_id: "3" }
const input = { model: "m", messages: [] }

const messageFrames: ReadonlyArray<Frame> = [
  typed("message_start", { message }),
  typed("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  typed("content_block_delta", { index: 0, delta: { type: "text_delta", text: words } }),
  typed("content_block_delta", { index: 0, delta: { type: "text_delta", text: words } }),
  typed("content_block_stop", { index: 0 }),
  typed("message_delta", { delta: { stop_reason: "end_turn" }, usage }),
  typed("message_stop")
]
const run = (status: string) => ({
  id: "r",
  object: "thread.run",
  thread_id: "t",
  assistant_id: "a",
  model: "m",
  status
})
const threadMessage = { id: "m", object: "thread.message", thread_id: "t", role: "assistant", content: [] }
const threadDelta = {
  id: "m",
  object: "thread.message.delta",
  delta: { content: [{ index: 0, type: "text", text: { value: words, annotations: [] } }] }
}
const processed_at = "2026-01-01T00:00:00Z"

const subjects: ReadonlyArray<readonly [name: string, frames: ReadonlyArray<Frame>, final: Final]> = [
  [
    "a chat completion",
    [
      ["", completionChunk(words, null)],
      ["", completionChunk(words, "stop")]
    ],
    (http) =>
      ChatCompletionStream.streamed(input).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(openAiOver(http))
      )
  ],
  [
    "a response",
    [
      typed("response.created", { response }),
      typed("response.output_item.added", { output_index: 0, item: { ...message, type: "message", id: "i" } }),
      typed("response.output_text.delta", { ...text, delta: words }),
      typed("response.output_text.delta", { ...text, delta: words }),
      typed("response.completed", { response: { ...response, status: "completed" } })
    ],
    (http) =>
      ResponseStream.streamed({ model: "m", input: "" }).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(openAiOver(http))
      )
  ],
  [
    "a message",
    messageFrames,
    (http) =>
      MessageStream.streamed({ ...input, max_tokens: 1 }).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(anthropicOver(http))
      )
  ],
  [
    "a beta response",
    [
      typed("response.created", { response }),
      typed("response.output_item.added", { output_index: 0, item: { ...message, type: "message", id: "i" } }),
      typed("response.output_text.delta", { ...text, delta: words }),
      typed("response.output_text.delta", { ...text, delta: words }),
      typed("response.completed", { response: { ...response, status: "completed" } })
    ],
    (http) =>
      BetaResponseStream.streamed({ model: "m", input: "" }).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(openAiOver(http))
      )
  ],
  [
    "a beta message",
    messageFrames,
    (http) =>
      BetaMessageStream.streamed({ ...input, max_tokens: 1 }).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(anthropicOver(http))
      )
  ],
  [
    "a run",
    [
      ["thread.run.created", run("queued")],
      ["thread.message.created", threadMessage],
      ["thread.message.delta", threadDelta],
      ["thread.message.delta", threadDelta],
      ["thread.run.completed", run("completed")],
      ["done", {}]
    ],
    (http) =>
      RunStream.streamed({ thread_id: "t", assistant_id: "a" }).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(openAiOver(http))
      )
  ],
  [
    "a session",
    [
      typed("session.status_running", { id: "1", processed_at }),
      typed("event_start", { event: { type: "agent.message", id: "2" } }),
      typed("agent.message", { id: "2", processed_at, content: [{ type: "text", text: words + words }] }),
      typed("session.status_idle", { id: "3", processed_at, stop_reason: { type: "end_turn" } })
    ],
    (http) =>
      SessionStream.streamedTurn({ session_id: "s", events: [] }).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(anthropicOver(http))
      )
  ],
  [
    "a chat of Coze",
    [
      ["conversation.chat.created", { ...chat, status: "created" }],
      ["conversation.message.delta", { ...said, content: words }],
      ["conversation.message.delta", { ...said, content: words }],
      ["conversation.message.completed", { ...said, content: words + words }],
      ["conversation.chat.completed", { ...chat, status: "completed" }],
      ["done", {}]
    ],
    (http) =>
      ChatStream.streamed({ bot_id: "3", user_id: "u" }).pipe(
        Effect.flatMap(({ final }) => final),
        Effect.scoped,
        Effect.provide(cozeOver(http))
      )
  ]
]

/** Frames that say nothing. */
const alive = ["", ": alive\n\n", "data:\n\n", "data: {}\n\n", "event: heartbeat\ndata: x\n\n"]

const bytesOf = (frames: ReadonlyArray<Frame>, newline: string, fillers: ReadonlyArray<string> = []): Uint8Array =>
  new TextEncoder().encode(
    frames
      .map(([event, data]) => `${event === "" ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`)
      .map((frame, at) => (fillers[at % Math.max(1, fillers.length)] ?? "") + frame)
      .join("")
      .replaceAll("\n", newline)
  )

const cutAt = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b)
  return [0, ...ends].map((start, at) => bytes.subarray(start, ends[at] ?? bytes.length))
}

/** The second reply is for what a turn of a session sends. */
const finalOf = (final: Final, parts: ReadonlyArray<Uint8Array>) =>
  Effect.runPromise(
    final(fakeHttp({ parts }, { body: { data: [] } })).pipe(
      Effect.map((value): unknown => JSON.parse(JSON.stringify(value)))
    )
  )

describe("the final value is the same, wherever the bytes are cut, and whatever keeps the stream alive", () => {
  for (const [name, frames, final] of subjects) {
    it(`of ${name}`, async () => {
      const whole = await finalOf(final, [bytesOf(frames, "\n")])
      assert.include(JSON.stringify(whole), words + words)
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom("\n", "\r\n", "\r"),
          fc.array(fc.nat(), { maxLength: 40 }),
          fc.array(fc.constantFrom(...alive), { maxLength: 5 }),
          async (newline, places, fillers) => {
            assert.deepStrictEqual(await finalOf(final, cutAt(bytesOf(frames, newline, fillers), places)), whole)
          }
        ),
        { numRuns: 60 }
      )
    })
  }
})
