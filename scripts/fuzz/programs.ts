/** Programs as they use the three APIs: calls, lists, streams, accumulators, structured answers, tool loops. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Accumulator, ToolLoop, Tools } from "llmfx"
import {
  type Anthropic,
  BetaMessageStream,
  BetaMessages,
  Models as ClaudeModels,
  MessageStream,
  Messages
} from "llmfx/anthropic"
import * as BetaMessageToolLoop from "llmfx/anthropic/BetaMessageToolLoop"
import * as MessageToolLoop from "llmfx/anthropic/MessageToolLoop"
import * as MessageParse from "llmfx/anthropic/Parse"
import { Chat, ChatStream, type Coze, Workspaces } from "llmfx/coze"
import * as BotToolLoop from "llmfx/coze/ChatToolLoop"
import {
  ChatCompletionStream,
  ChatCompletions,
  Embeddings,
  Models,
  type OpenAi,
  ResponseStream,
  Responses
} from "llmfx/openai"
import * as ChatToolLoop from "llmfx/openai/ChatToolLoop"
import * as Parse from "llmfx/openai/Parse"
import * as ResponseToolLoop from "llmfx/openai/ResponseToolLoop"

const user = { role: "user" as const, content: "How warm is it in Rome?" }
const chat = { model: "m", messages: [user] }
const response = { model: "m", input: user.content }
const message = { ...chat, max_tokens: 99 }
const bot = { bot_id: "1", user_id: "u", additional_messages: [{ ...user, content_type: "text" as const }] }

const weather = Tools.make({
  name: "weather",
  parameters: Schema.Struct({ city: Schema.String }),
  run: ({ city }) => Effect.succeed(`Sunny in ${city}`)
})
const answer = Schema.Struct({ city: Schema.String, degrees: Schema.Array(Schema.Number) })
const rounds = { maxSteps: 3 }

const folded = <Event, Snapshot, E, R>(
  events: Stream.Stream<Event, E, R>,
  accumulator: Accumulator.Accumulator<Event, Snapshot, unknown>
): Effect.Effect<unknown, E, R> => Stream.run(events, Accumulator.sink(accumulator))

const some = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<void, E, R> =>
  Stream.runDrain(Stream.take(stream, 200))

export const programs: { readonly [name: string]: Effect.Effect<unknown, unknown, OpenAi | Anthropic | Coze> } = {
  "a model of OpenAI": Models.retrieve({ model: "m" }),
  "the models of OpenAI": some(Models.list()),
  embeddings: Embeddings.create({ model: "m", input: ["a", "b"] }),
  "a chat completion": ChatCompletions.create(chat),
  "the chunks of a chat completion": folded(ChatCompletions.stream(chat), ChatCompletionStream.accumulator),
  "the snapshots of a chat completion": some(
    Accumulator.snapshots(ChatCompletionStream.accumulator)(ChatCompletions.stream(chat))
  ),
  "a chat completion as a value": Parse.chatCompletion(chat, answer, { maxReasks: 1 }),
  "a chat completion as a value that arrives": some(Parse.chatCompletionStream(chat, answer)),
  "a loop of chat completions": ToolLoop.finished(ChatToolLoop.run(chat, [weather], rounds)),
  "a response": Responses.create(response),
  "the events of a response": folded(Responses.stream(response), ResponseStream.accumulator),
  "the steps of a response": some(ResponseStream.steps(response)),
  "a response as a value": Parse.response(response, answer, { maxReasks: 1 }),
  "a response as a value that arrives": some(Parse.responseStream(response, answer)),
  "a loop of responses": ToolLoop.finished(ResponseToolLoop.run(response, [weather], rounds)),
  "the models of Anthropic": some(ClaudeModels.list()),
  "a message": Messages.create(message),
  "a beta message": BetaMessages.create(message),
  "the count of tokens": Messages.countTokens(chat),
  "the events of a message": folded(Messages.stream(message), MessageStream.accumulator),
  "the steps of a beta message": some(BetaMessageStream.steps(message)),
  "a message as a value": MessageParse.message(message, answer, { maxReasks: 1 }),
  "a message as a value that arrives": some(MessageParse.messageStream(message, answer)),
  "a loop of messages": ToolLoop.finished(MessageToolLoop.run(message, [weather], rounds)),
  "a loop of beta messages": ToolLoop.finished(BetaMessageToolLoop.run(message, [weather], rounds)),
  "the workspaces of Coze": some(Workspaces.list()),
  "a chat with a bot": Chat.create(bot),
  "the events of a chat with a bot": folded(Chat.stream(bot), ChatStream.accumulator),
  "the steps of a chat with a bot": some(ChatStream.steps(bot)),
  "a loop of chats with a bot": ToolLoop.finished(BotToolLoop.run(bot, [weather], rounds))
}
