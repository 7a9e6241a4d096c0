/** Values that servers write in another form than the API: what is meant is read, unless decoding is strict. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { RetryPolicy } from "llmfx"
import * as Messages from "../../src/anthropic/api/Messages.ts"
import * as BetaMessageStream from "../../src/anthropic/BetaMessageStream.ts"
import * as MessageStream from "../../src/anthropic/MessageStream.ts"
import * as Chat from "../../src/coze/api/Chat.ts"
import * as ChatStream from "../../src/coze/ChatStream.ts"
import * as ChatCompletions from "../../src/openai/api/ChatCompletions.ts"
import * as Completions from "../../src/openai/api/Completions.ts"
import * as Responses from "../../src/openai/api/Responses.ts"
import * as ChatCompletionStream from "../../src/openai/ChatCompletionStream.ts"
import * as ResponseStream from "../../src/openai/ResponseStream.ts"
import { apiError } from "../support/errors.ts"
import { fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver } from "../support/probes.ts"
import { settleSlowly } from "../support/settle.ts"

type Decoding = { readonly decoding?: "strict" }
type Read = (reply: Reply, options?: Decoding) => Effect.Effect<string, unknown>

const json = (body: unknown): Reply => ({ body })
const named = (...events: ReadonlyArray<{ readonly type: string; readonly [name: string]: unknown }>): Reply => ({
  parts: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
})
const once = { retry: RetryPolicy.none }

const chatInput = { model: "m", messages: [] }
const saidBy = (completion: ChatCompletions.ChatCompletion): string => {
  const calls = completion.choices[0]?.message.tool_calls ?? []
  const called = calls.map((call) =>
    call.type === "function" ? `${call.id}:${call.function.name}(${call.function.arguments})` : call.type
  )
  return [ChatCompletions.text(completion), ...called].filter((words) => words !== "").join(" ")
}
const chat: Read = (reply, options) =>
  ChatCompletions.create(chatInput).pipe(
    Effect.map(saidBy),
    Effect.provide(openAiOver(fakeHttp(reply), { ...once, ...options }))
  )
const chatStream: Read = (reply, options) =>
  ChatCompletionStream.streamed(chatInput).pipe(
    Effect.flatMap(({ final }) => settleSlowly(final)),
    Effect.map(saidBy),
    Effect.scoped,
    Effect.provide(openAiOver(fakeHttp(reply), { ...once, ...options }))
  )
const response: Read = (reply, options) =>
  Responses.create({ model: "m", input: "" }).pipe(
    Effect.map(Responses.text),
    Effect.provide(openAiOver(fakeHttp(reply), { ...once, ...options }))
  )
const responseStream: Read = (reply, options) =>
  ResponseStream.streamed({ model: "m", input: "" }).pipe(
    Effect.flatMap(({ final }) => settleSlowly(final)),
    Effect.map(Responses.text),
    Effect.scoped,
    Effect.provide(openAiOver(fakeHttp(reply), { ...once, ...options }))
  )
const messageInput = { model: "m", max_tokens: 9, messages: [] }
const message: Read = (reply, options) =>
  Messages.create(messageInput).pipe(
    Effect.map(Messages.text),
    Effect.provide(anthropicOver(fakeHttp(reply), { ...once, ...options }))
  )
const messageStream: Read = (reply, options) =>
  MessageStream.streamed(messageInput).pipe(
    Effect.flatMap(({ final }) => settleSlowly(final)),
    Effect.map(Messages.text),
    Effect.scoped,
    Effect.provide(anthropicOver(fakeHttp(reply), { ...once, ...options }))
  )
const betaMessageStream: Read = (reply, options) =>
  BetaMessageStream.streamed(messageInput).pipe(
    Effect.flatMap(({ final }) => settleSlowly(final)),
    Effect.map(({ content }) => content.map((block) => (block.type === "text" ? block.text : "")).join("")),
    Effect.scoped,
    Effect.provide(anthropicOver(fakeHttp(reply), { ...once, ...options }))
  )
const bot = (...events: ReadonlyArray<string>) =>
  ChatStream.streamed({ bot_id: "3", user_id: "u" }).pipe(
    Effect.flatMap(({ final }) => settleSlowly(final)),
    Effect.map(Chat.text),
    Effect.scoped,
    Effect.provide(
      cozeOver(
        fakeHttp({
          parts: [...events, frame("conversation.chat.completed", botChat), frame("done", "[DONE]")]
        })
      )
    )
  )

const completion = (choice: object): Reply =>
  json({ id: "c", object: "chat.completion", created: 1, model: "m", choices: [{ finish_reason: "stop", ...choice }] })
const chunks = (...choices: ReadonlyArray<object>): Reply => ({
  parts: [
    sse(
      ...choices.map((choice) => ({
        id: "c",
        object: "chat.completion.chunk",
        created: 1,
        model: "m",
        choices: [choice]
      })),
      "[DONE]"
    )
  ]
})
const whole = (fields: object): object => ({ index: 0, message: { role: "assistant", content: null, ...fields } })
const piece = (delta: object, finish_reason: string | null = null): object => ({ index: 0, delta, finish_reason })
const fn = { name: "add", arguments: '{"a":1}' }
const add = 'c1:add({"a":1})'

const given = { id: "r", object: "response", created_at: 1, status: "completed", model: "m" }
const output = (item: object) => ({ ...given, output: [{ type: "message", id: "i", role: "assistant", ...item }] })
const answer = { id: "m", type: "message", role: "assistant", model: "m", stop_reason: "end_turn", usage: {} }
const blocks = (index: unknown): Reply =>
  named(
    { type: "message_start", message: { ...answer, content: [], stop_reason: null } },
    { type: "content_block_start", index, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index, delta: { type: "text_delta", text: "hi" } },
    { type: "content_block_stop", index },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
    { type: "message_stop" }
  )
const started: Reply = named(
  { type: "message_start", message: { ...answer, content: "hi" } },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
  { type: "message_stop" }
)

const cases: ReadonlyArray<readonly [what: string, said: string, read: Read, reply: Reply]> = [
  ["the text of a choice in place of its message", "hi", chat, completion({ index: 0, text: "hi" })],
  ["one part in place of a content", "hi", chat, completion(whole({ content: { type: "text", text: "hi" } }))],
  [
    "a call without an object around it",
    add,
    chat,
    completion(whole({ tool_calls: [{ id: "c1", type: "function", ...fn }] }))
  ],
  [
    "a call in place of a list",
    add,
    chat,
    completion(whole({ tool_calls: { id: "c1", type: "function", function: fn } }))
  ],
  [
    "a number as the id of a call",
    '7:add({"a":1})',
    chat,
    completion(whole({ tool_calls: [{ id: 7, type: "function", function: fn }] }))
  ],
  ["the index of a choice as text", "hi", chat, completion({ ...whole({ content: "hi" }), index: "0" })],
  [
    "the text of a chunk in place of its delta",
    "hi",
    chatStream,
    chunks({ index: 0, text: "h" }, { index: 0, text: "i", finish_reason: "stop" })
  ],
  [
    "messages as pieces",
    "hi",
    chatStream,
    chunks({ index: 0, message: { content: "h" } }, { index: 0, message: { content: "i" }, finish_reason: "stop" })
  ],
  [
    "messages that grow",
    "hi",
    chatStream,
    chunks({ index: 0, message: { content: "h" } }, { index: 0, message: { content: "hi" }, finish_reason: "stop" })
  ],
  [
    "a message after its pieces",
    "hi",
    chatStream,
    chunks(piece({ content: "h" }), piece({ content: "i" }), {
      index: 0,
      message: { content: "hi" },
      finish_reason: "stop"
    })
  ],
  [
    "a part in place of the content of a delta",
    "hi",
    chatStream,
    chunks(piece({ content: { type: "text", text: "hi" } }, "stop"))
  ],
  [
    "indices of choices and calls as text",
    add,
    chatStream,
    chunks(
      {
        ...piece({
          tool_calls: [{ index: "0", id: "c1", type: "function", function: { name: "add", arguments: '{"a"' } }]
        }),
        index: "0"
      },
      { ...piece({ tool_calls: [{ index: "0", function: { arguments: ":1}" } }] }, "tool_calls"), index: "0" }
    )
  ],
  [
    "a streamed call without an object around it",
    add,
    chatStream,
    chunks(piece({ tool_calls: [{ index: 0, id: "c1", ...fn }] }, "tool_calls"))
  ],
  [
    "a streamed call in place of a list",
    add,
    chatStream,
    chunks(piece({ tool_calls: { index: 0, id: "c1", function: fn } }, "tool_calls"))
  ],
  ["the content of a message as text", "hi", response, json(output({ content: "hi" }))],
  ["a part named text", "hi", response, json(output({ content: [{ type: "text", text: "hi" }] }))],
  [
    "a message without a role",
    "hi",
    response,
    json(output({ role: undefined, content: [{ type: "output_text", text: "hi" }] }))
  ],
  [
    "the content of the last event as text",
    "hi",
    responseStream,
    named({ type: "response.completed", response: output({ content: "hi" }) })
  ],
  ["a content as text", "hi", message, json({ ...answer, content: "hi" })],
  ["a content as text at the start", "hi", messageStream, started],
  ["a content as text at the start, beta", "hi", betaMessageStream, started],
  ["indices of blocks as text", "hi", messageStream, blocks("0")],
  ["indices of blocks as text, beta", "hi", betaMessageStream, blocks("0")]
]

describe("a server that writes", () => {
  it.effect.each(cases.map(([what, said, read, reply]) => ({ what, said, read, reply })))(
    "$what is understood",
    ({ read, reply, said }) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* read(reply), said)
      })
  )

  // A call of an unknown form is an unknown variant, which strict decoding refuses too.
  it.effect.each(cases.map(([what, , read, reply]) => ({ what, read, reply })))(
    "$what is refused if decoding is strict",
    ({ read, reply }) =>
      Effect.gen(function* () {
        const { reason } = apiError(yield* Effect.flip(read(reply, { decoding: "strict" })))
        assert.strictEqual(reason._tag, "DecodeError")
      })
  )
})

describe("the text of a legacy completion", () => {
  it.effect("stays where it is", () =>
    Effect.gen(function* () {
      const { choices } = yield* Completions.create({ model: "m", prompt: "" })
      assert.deepStrictEqual(choices[0], { index: 0, text: "hi", finish_reason: "stop", logprobs: null })
    }).pipe(
      Effect.provide(
        openAiOver(
          fakeHttp({
            body: {
              id: "c",
              object: "text_completion",
              created: 1,
              model: "m",
              choices: [{ index: 0, text: "hi", finish_reason: "stop", logprobs: null }]
            }
          })
        )
      )
    )
  )
})

const botChat = { id: "1", conversation_id: "2", bot_id: "3", status: "completed" }
const botSays = { conversation_id: "2", role: "assistant", type: "answer", content: "hi", content_type: "text" }
const frame = (event: string, data: unknown): string =>
  `event:${event}\ndata:${typeof data === "string" ? data : JSON.stringify(data)}\n\n`

describe("a chat of Coze", () => {
  it.effect("says an answer once that ends under another id", () =>
    Effect.gen(function* () {
      const said = bot(
        frame("conversation.message.delta", { ...botSays, id: "a", content: "h" }),
        frame("conversation.message.delta", { ...botSays, id: "a", content: "i" }),
        frame("conversation.message.completed", { ...botSays, id: "b" })
      )
      assert.strictEqual(yield* said, "hi")
    })
  )

  it.effect("says an answer whose type is left out", () =>
    Effect.gen(function* () {
      for (const type of [undefined, null, ""]) {
        assert.strictEqual(yield* bot(frame("conversation.message.completed", { ...botSays, id: "a", type })), "hi")
      }
    })
  )

  it.effect("says an answer whose event is within the data, as JSON or as its text", () =>
    Effect.gen(function* () {
      const event = "conversation.message.completed"
      const data = { ...botSays, id: "a" }
      for (const given of [data, JSON.stringify(data)]) {
        assert.strictEqual(yield* bot(`data:${JSON.stringify({ event, data: given })}\n\n`), "hi")
      }
    })
  )
})
