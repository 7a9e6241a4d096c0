/** One call and one stream of each provider, for behaviour that all providers share. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../src/ApiError.ts"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import * as Messages from "../../src/anthropic/api/Messages.ts"
import type { ClientOptions } from "../../src/ClientOptions.ts"
import * as Chat from "../../src/coze/api/Chat.ts"
import { Coze } from "../../src/coze/Coze.ts"
import type { Response } from "../../src/Endpoint.ts"
import * as ChatCompletions from "../../src/openai/api/ChatCompletions.ts"
import { OpenAi } from "../../src/openai/OpenAi.ts"

export const secret = "test-key-3f9a1c77d2"

export interface Subject {
  readonly provider: string
  readonly requestIdHeader: string
  /** A JSON body that the call decodes. */
  readonly answer: unknown
  /** Events, with their names, of a whole stream. */
  readonly events: ReadonlyArray<readonly [event: string, data: unknown]>
  /** Events that begin a stream and do not complete it: their text is `hel`. */
  readonly opening: ReadonlyArray<readonly [event: string, data: unknown]>
  readonly call: (baseUrl: string, options?: ClientOptions) => Effect.Effect<unknown, ApiError>
  readonly callWithResponse: (baseUrl: string, options?: ClientOptions) => Effect.Effect<Response<unknown>, ApiError>
  readonly stream: (baseUrl: string, options?: ClientOptions) => Stream.Stream<unknown, ApiError>
}

/** Runs a call through a service over `fetch`, or over another client. */
const running =
  <R, E>(
    layer: (baseUrl: string, options: ClientOptions) => Layer.Layer<R, E, HttpClient.HttpClient>,
    http: Layer.Layer<HttpClient.HttpClient>
  ) =>
  (baseUrl: string, options: ClientOptions | undefined): Layer.Layer<R> =>
    Layer.orDie(layer(baseUrl, options ?? {})).pipe(Layer.provide(http))

const chat = { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "hi" }] }
const message = { model: "claude-sonnet-5", max_tokens: 16, messages: [{ role: "user" as const, content: "hi" }] }
const bot = { bot_id: "b1", user_id: "u1", additional_messages: [] }

export const subjects = (http: Layer.Layer<HttpClient.HttpClient> = FetchHttpClient.layer): ReadonlyArray<Subject> => {
  const openAi = running(
    (baseUrl, options) => OpenAi.layer({ apiKey: Redacted.make(secret), baseUrl, ...options }),
    http
  )
  const anthropic = running(
    (baseUrl, options) => Anthropic.layer({ apiKey: Redacted.make(secret), baseUrl, ...options }),
    http
  )
  const coze = running((baseUrl, options) => Coze.layer({ token: Redacted.make(secret), baseUrl, ...options }), http)
  return [
    {
      provider: "openai",
      requestIdHeader: "x-request-id",
      answer: completion("hello"),
      events: [
        ["", completionChunk("hel", null)],
        ["", completionChunk("lo", "stop")],
        ["", "[DONE]"]
      ],
      opening: [["", completionChunk("hel", null)]],
      call: (baseUrl, options) => Effect.provide(ChatCompletions.create(chat), openAi(baseUrl, options)),
      callWithResponse: (baseUrl, options) =>
        Effect.provide(ChatCompletions.create.withResponse(chat), openAi(baseUrl, options)),
      stream: (baseUrl, options) => Stream.provide(ChatCompletions.stream(chat), openAi(baseUrl, options))
    },
    {
      provider: "anthropic",
      requestIdHeader: "request-id",
      answer: assistantMessage([{ type: "text", text: "hello" }]),
      events: [
        ["message_start", { type: "message_start", message: assistantMessage([]) }],
        ["content_block_delta", textDelta("hel")],
        ["content_block_delta", textDelta("lo")],
        ["message_stop", { type: "message_stop" }]
      ],
      opening: [
        ["message_start", { type: "message_start", message: assistantMessage([]) }],
        ["content_block_delta", textDelta("hel")]
      ],
      call: (baseUrl, options) => Effect.provide(Messages.create(message), anthropic(baseUrl, options)),
      callWithResponse: (baseUrl, options) =>
        Effect.provide(Messages.create.withResponse(message), anthropic(baseUrl, options)),
      stream: (baseUrl, options) => Stream.provide(Messages.stream(message), anthropic(baseUrl, options))
    },
    {
      provider: "coze",
      requestIdHeader: "x-tt-logid",
      answer: { code: 0, msg: "", data: { id: "c1", conversation_id: "v1", status: "in_progress" } },
      events: [
        ["conversation.chat.created", { id: "c1", conversation_id: "v1", status: "created" }],
        ["conversation.message.delta", answerDelta("hel")],
        ["conversation.message.delta", answerDelta("lo")],
        ["conversation.chat.completed", { id: "c1", conversation_id: "v1", status: "completed" }],
        ["done", "[DONE]"]
      ],
      opening: [
        ["conversation.chat.created", { id: "c1", conversation_id: "v1", status: "created" }],
        ["conversation.message.delta", answerDelta("hel")]
      ],
      call: (baseUrl, options) => Effect.provide(Chat.create(bot), coze(baseUrl, options)),
      callWithResponse: (baseUrl, options) => Effect.provide(Chat.create.withResponse(bot), coze(baseUrl, options)),
      stream: (baseUrl, options) => Stream.provide(Chat.stream(bot), coze(baseUrl, options))
    }
  ]
}

export const completion = (content: string) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-5.4-mini",
  choices: [{ index: 0, message: { role: "assistant", content, refusal: null }, finish_reason: "stop", logprobs: null }]
})

export const completionChunk = (content: string, finishReason: string | null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "gpt-5.4-mini",
  choices: [{ index: 0, delta: { content }, finish_reason: finishReason, logprobs: null }]
})

const assistantMessage = (content: ReadonlyArray<unknown>) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content,
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 1 }
})

const textDelta = (text: string) => ({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text }
})

const answerDelta = (content: string) => ({
  id: "m1",
  conversation_id: "v1",
  chat_id: "c1",
  role: "assistant",
  type: "answer",
  content_type: "text",
  content
})
