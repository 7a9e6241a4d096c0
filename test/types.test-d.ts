/** Tests the promises of the types. `tsc` checks this file; nothing runs it. */
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type OpenSchema as Open, type Page, RequestOptions, RetryPolicy } from "llmfx"
import { expectTypeOf } from "vitest"
import type * as ApiError from "../src/ApiError.ts"
import { Anthropic } from "../src/anthropic/Anthropic.ts"
import * as BetaMessages from "../src/anthropic/api/BetaMessages.ts"
import * as Messages from "../src/anthropic/api/Messages.ts"
import * as MessagesBatches from "../src/anthropic/api/MessagesBatches.ts"
import type { ConfigurationError } from "../src/ConfigurationError.ts"
import * as Chat from "../src/coze/api/Chat.ts"
import { Coze } from "../src/coze/Coze.ts"
import type * as Endpoint from "../src/Endpoint.ts"
import * as BetaResponses from "../src/openai/api/BetaResponses.ts"
import * as ChatCompletions from "../src/openai/api/ChatCompletions.ts"
import * as Files from "../src/openai/api/Files.ts"
import * as Models from "../src/openai/api/Models.ts"
import * as Responses from "../src/openai/api/Responses.ts"
import { OpenAi } from "../src/openai/OpenAi.ts"

const chat: ChatCompletions.ChatCompletionCreateParams = {
  model: "gpt-5.4-mini",
  messages: [{ role: "user", content: "hi" }]
}

// A call returns its value, one error, and the provider's service.
expectTypeOf(ChatCompletions.create(chat)).toEqualTypeOf<
  Effect.Effect<ChatCompletions.ChatCompletion, ApiError.ApiError, OpenAi>
>()
expectTypeOf(ChatCompletions.stream(chat)).toEqualTypeOf<
  Stream.Stream<ChatCompletions.ChatCompletionChunk, ApiError.ApiError, OpenAi>
>()
expectTypeOf(Messages.create({ model: "m", max_tokens: 1, messages: [] })).toEqualTypeOf<
  Effect.Effect<Messages.Message, ApiError.CodedApiError<Messages.MessageCreateErrorCode>, Anthropic>
>()
expectTypeOf(Chat.create({ bot_id: "b", user_id: "u" })).toEqualTypeOf<
  Effect.Effect<Chat.ChatObject, ApiError.ApiError, Coze>
>()
expectTypeOf(Responses.delete({ response_id: "r" })).toEqualTypeOf<Effect.Effect<void, ApiError.ApiError, OpenAi>>()
expectTypeOf(Files.content({ file_id: "f" })).toEqualTypeOf<Stream.Stream<Uint8Array, ApiError.ApiError, OpenAi>>()
expectTypeOf(MessagesBatches.results({ message_batch_id: "b" })).toEqualTypeOf<
  Stream.Stream<
    MessagesBatches.MessageBatchIndividualResponse,
    ApiError.CodedApiError<MessagesBatches.BatchResultsErrorCode>,
    Anthropic
  >
>()
expectTypeOf(Files.list()).toEqualTypeOf<Stream.Stream<Files.FileObject, ApiError.ApiError, OpenAi>>()
expectTypeOf(Files.list.page({ purpose: "batch" })).toEqualTypeOf<
  Effect.Effect<Page.Page<Files.FileObject>, ApiError.ApiError, OpenAi>
>()
expectTypeOf(Files.list.pages()).toEqualTypeOf<Stream.Stream<Page.Page<Files.FileObject>, ApiError.ApiError, OpenAi>>()

// The variants of a call.
expectTypeOf(ChatCompletions.create.withResponse(chat)).toEqualTypeOf<
  Effect.Effect<Endpoint.Response<ChatCompletions.ChatCompletion>, ApiError.ApiError, OpenAi>
>()
expectTypeOf(ChatCompletions.create.raw(chat)).toEqualTypeOf<
  Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError, OpenAi>
>()
expectTypeOf(ChatCompletions.stream.withResponse(chat)).toEqualTypeOf<
  Effect.Effect<
    Endpoint.Response<Stream.Stream<ChatCompletions.ChatCompletionChunk, ApiError.ApiError>>,
    ApiError.ApiError,
    OpenAi | Scope.Scope
  >
>()
// @ts-expect-error only lists have pages
ChatCompletions.create.pages

// Inputs.
// @ts-expect-error a required field is missing
ChatCompletions.create({ model: "m" })
// @ts-expect-error the input is required
ChatCompletions.create()
// @ts-expect-error an unknown field
ChatCompletions.create({ ...chat, modle: "m" })
// @ts-expect-error a field of the wrong type
ChatCompletions.create({ ...chat, temperature: "hot" })
// @ts-expect-error an unknown role
ChatCompletions.create({ ...chat, messages: [{ role: "wizard", content: "hi" }] })
// @ts-expect-error `stream` is not an input: the streaming twin sends it
ChatCompletions.create({ ...chat, stream: true })
// @ts-expect-error an unknown field of a message
Messages.create({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "a", contents: "b" }] })
// @ts-expect-error an unknown field
Chat.create({ bot_id: "b", user_id: "u", userId: "u" })
// @ts-expect-error a path parameter is missing
Models.retrieve({})
// @ts-expect-error an unknown field of a list
Files.list({ purposes: "batch" })
Models.list()
Models.list({}, { headers: { "x-trace": "1" } })
// @ts-expect-error an unknown option
Models.list({}, { header: {} })

// Answers: open literals still complete and narrow, unknown variants have to be met.
const finish = (choice: ChatCompletions.ChatCompletionChoice) => choice.finish_reason
expectTypeOf<string>().toExtend<Exclude<ReturnType<typeof finish>, null | undefined>>()
expectTypeOf<Open.UnknownVariant>().toExtend<Messages.ContentBlock>()
const textOf = (block: Messages.ContentBlock): string => {
  switch (block.type) {
    case "text":
      expectTypeOf(block.text).toEqualTypeOf<string>()
      return block.text
    case "~unknown":
      expectTypeOf(block.raw).toEqualTypeOf<{ readonly [key: string]: unknown }>()
      return block.tag
    default:
      return ""
  }
}
expectTypeOf(textOf).returns.toEqualTypeOf<string>()

// A reason is caught by its tag and narrowed. The error stays if other reasons may be left.
const notFound = Models.retrieve({ model: "m" }).pipe(
  Effect.catchReason("ApiError", "NotFoundError", (reason) => {
    expectTypeOf(reason).toEqualTypeOf<ApiError.NotFoundError>()
    return Effect.succeed(undefined)
  })
)
expectTypeOf(notFound).toEqualTypeOf<Effect.Effect<Models.Model | undefined, ApiError.ApiError, OpenAi>>()
Models.retrieve({ model: "m" }).pipe(
  Effect.catchReason("ApiError", "RateLimitError", (reason, error) => {
    expectTypeOf(reason).toEqualTypeOf<ApiError.RateLimitError>()
    expectTypeOf(error.requestId).toEqualTypeOf<string | undefined>()
    return Effect.succeed(reason.retryAfter)
  })
)
// @ts-expect-error no such reason
Models.retrieve({ model: "m" }).pipe(Effect.catchReason("ApiError", "TeapotError", () => Effect.succeed(1)))
expectTypeOf(Effect.unwrapReason(Models.retrieve({ model: "m" }), "ApiError")).toEqualTypeOf<
  Effect.Effect<Models.Model, ApiError.Reason, OpenAi>
>()
expectTypeOf(
  Models.retrieve({ model: "m" }).pipe(Effect.catchTag("ApiError", ({ reason }) => Effect.succeed(reason._tag)))
).toEqualTypeOf<Effect.Effect<Models.Model | ApiError.Reason["_tag"], never, OpenAi>>()

// If error codes are documented, handlers can switch on them. Other codes still arrive.
Messages.create({ model: "m", max_tokens: 1, messages: [] }).pipe(
  Effect.catchReason("ApiError", "InvalidRequestError", (reason) => {
    expectTypeOf(reason).toEqualTypeOf<ApiError.InvalidRequestError<Messages.MessageCreateErrorCode>>()
    expectTypeOf(reason.code).toEqualTypeOf<Messages.MessageCreateErrorCode | undefined>()
    switch (reason.code) {
      case "tool_name_conflict":
      case "compaction_unavailable":
        return Effect.succeed("documented" as const)
      case "not_documented":
        return Effect.succeed("new" as const)
      default:
        return Effect.fail(reason)
    }
  })
)
const anyError = (error: ApiError.ApiError): string | undefined => error.requestId
expectTypeOf(
  Messages.create({ model: "m", max_tokens: 1, messages: [] }).pipe(Effect.mapError(anyError))
).toEqualTypeOf<Effect.Effect<Messages.Message, string | undefined, Anthropic>>()
expectTypeOf(Messages.create).toExtend<Endpoint.Json<Messages.MessageCreateParams, Messages.Message, Anthropic>>()

// Options keep the type of what they are applied to, either way round.
expectTypeOf(Models.retrieve({ model: "m" }).pipe(RequestOptions.withHeaders({ a: "b" }))).toEqualTypeOf<
  Effect.Effect<Models.Model, ApiError.ApiError, OpenAi>
>()
expectTypeOf(RequestOptions.withRetry(Models.retrieve({ model: "m" }), RetryPolicy.none)).toEqualTypeOf<
  Effect.Effect<Models.Model, ApiError.ApiError, OpenAi>
>()
expectTypeOf(
  Files.list().pipe(RequestOptions.withTimeouts({ idle: "1 second" }), RequestOptions.withDeadline("1 minute"))
).toEqualTypeOf<Stream.Stream<Files.FileObject, ApiError.ApiError, OpenAi>>()
expectTypeOf(Files.list().pipe(RequestOptions.withQuery({ a: 1 }), Stream.take(1), Stream.runCollect)).toEqualTypeOf<
  Effect.Effect<Array<Files.FileObject>, ApiError.ApiError, OpenAi>
>()
// @ts-expect-error what is no program
RequestOptions.withHeaders(1, {})

// Layers need only a client, and fail with one readable error.
expectTypeOf(OpenAi.layerConfig()).toEqualTypeOf<Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient>>()
expectTypeOf(Anthropic.layerConfig()).toEqualTypeOf<Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient>>()
expectTypeOf(Coze.layer({ platform: "com" })).toEqualTypeOf<
  Layer.Layer<Coze, ConfigurationError, HttpClient.HttpClient>
>()
// @ts-expect-error a secret has to be redacted
OpenAi.layer({ apiKey: "sk-plain" })
// @ts-expect-error no such platform
Coze.layer({ platform: "eu" })

// Endpoints as values.
expectTypeOf<Endpoint.Input<typeof Models.retrieve>>().toEqualTypeOf<Models.ModelRetrieveParams>()
expectTypeOf<Endpoint.Success<typeof Models.retrieve>>().toEqualTypeOf<Models.Model>()
expectTypeOf<Endpoint.Success<typeof ChatCompletions.stream>>().toEqualTypeOf<ChatCompletions.ChatCompletionChunk>()
expectTypeOf<Endpoint.Success<typeof Files.list>>().toEqualTypeOf<Files.FileObject>()
expectTypeOf<Endpoint.Success<typeof Responses.delete>>().toEqualTypeOf<void>()
expectTypeOf(Models.retrieve).toExtend<Endpoint.Any>()
expectTypeOf(Files.list).toExtend<Endpoint.Any>()
expectTypeOf(ChatCompletions.create.kind).toEqualTypeOf<"json">()
expectTypeOf(ChatCompletions.stream.kind).toEqualTypeOf<"stream">()

// An answer goes into the next request.
declare const message: Messages.Message
const asked: ReadonlyArray<Messages.MessageParam> = [{ role: "user", content: "hi" }, Messages.toParam(message)]
Messages.create({ model: "m", max_tokens: 1, messages: asked })

declare const completion: ChatCompletions.ChatCompletion
const said: ReadonlyArray<ChatCompletions.ChatCompletionMessageParam> = [
  { role: "user", content: "hi" },
  ChatCompletions.toParam(completion)
]
ChatCompletions.create({ model: "m", messages: said })

declare const response: Responses.Response
Responses.create({ model: "m", input: [...Responses.toInput(response), { role: "user", content: "more" }] })

// An answer goes into the next request as it is, as it does with the official clients.
const turns: Array<Messages.MessageParam> = [{ role: "user", content: "hi" }]
turns.push({ role: "assistant", content: message.content })
turns.push({ role: message.role, content: message.content })
turns.push({ role: "assistant", content: [...message.content, { type: "text", text: "and" }] })
Messages.create({ model: "m", max_tokens: 1, messages: turns })
declare const betaMessage: BetaMessages.BetaMessage
const betaTurns: Array<BetaMessages.BetaMessageParam> = [{ role: "user", content: "hi" }]
betaTurns.push({ role: "assistant", content: betaMessage.content })
betaTurns.push({ role: betaMessage.role, content: betaMessage.content })
BetaMessages.create({ model: "m", max_tokens: 1, messages: betaTurns })

const chatTurns: Array<ChatCompletions.ChatCompletionMessageParam> = [{ role: "user", content: "hi" }]
for (const choice of completion.choices) chatTurns.push(choice.message)
chatTurns.push({ role: "assistant", content: ChatCompletions.text(completion) })
// @ts-expect-error some servers answer with a list of parts
export const answeredText: string = completion.choices[0]?.message.content ?? ""
ChatCompletions.create({ model: "m", messages: chatTurns })

const items: Array<Responses.ResponseInputItem> = [{ role: "user", content: "hi" }]
items.push(...response.output)
Responses.create({ model: "m", input: items })
Responses.create({ model: "m", input: [...items, ...response.output, { role: "user", content: "more" }] })
declare const betaResponse: BetaResponses.BetaResponse
const betaItems: Array<BetaResponses.BetaResponseInputItem> = [{ role: "user", content: "hi" }]
betaItems.push(...betaResponse.output)
BetaResponses.create({ model: "m", input: [...betaItems, ...betaResponse.output] })

// That lets nothing through that is written by hand and wrong.
// @ts-expect-error an unknown role
chatTurns.push({ role: "usr", content: "x" })
// @ts-expect-error an unknown role of a text, although an answer may have any content
chatTurns.push({ role: String("assistant"), content: "x" })
// @ts-expect-error an unknown field of an answer
chatTurns.push({ role: "assistant", content: "x", contents: "y" })
// @ts-expect-error an unknown role
turns.push({ role: "usr", content: "x" })
// @ts-expect-error an unknown block
turns.push({ role: "assistant", content: [{ type: "txt", text: "x" }] })
// @ts-expect-error a block that lacks its text
turns.push({ role: "assistant", content: [{ type: "text" }] })
// @ts-expect-error an unknown block of a user's message, which holds no answer
turns.push({ role: "user", content: [{ type: "server_tool_use", id: "i", name: "wrong", input: {} }] })
// @ts-expect-error an unknown item
items.push({ type: "massage", role: "user", content: "x" })
// @ts-expect-error an item that lacks its name
items.push({ type: "function_call", call_id: "c", arguments: "{}" })
expectTypeOf(Messages.text(message)).toEqualTypeOf<string>()
expectTypeOf(ChatCompletions.text(completion)).toEqualTypeOf<string>()
expectTypeOf(Responses.text(response)).toEqualTypeOf<string>()
