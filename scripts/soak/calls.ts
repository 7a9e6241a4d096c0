/** The calls of the soak. Each knows its right answer. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ApiError, FileSource, RequestOptions, type StructuredOutput, ToolLoop, Tools } from "llmfx"
import { type Anthropic, Messages, MessagesBatches } from "llmfx/anthropic"
import * as MessageToolLoop from "llmfx/anthropic/MessageToolLoop"
import { Chat, Conversations, type Coze, Datasets, Workspaces } from "llmfx/coze"
import { ChatCompletions, Embeddings, Files, type OpenAi, Responses } from "llmfx/openai"
import * as ChatToolLoop from "llmfx/openai/ChatToolLoop"
import * as ResponseToolLoop from "llmfx/openai/ResponseToolLoop"

/** An answer that is not the right one. */
export class WrongAnswer extends Error {}

/** A call, given a unique word and a function that reports each event of a stream. */
export type Call = (
  word: string,
  onEvent: () => void
) => Effect.Effect<void, ApiError.ApiError, OpenAi | Anthropic | Coze>

const user = (content: string) => ({ role: "user" as const, content })

/** A row of words, so a lost, doubled or misplaced event shows. */
const sentence = (word: string): ReadonlyArray<string> =>
  Array.from({ length: 12 }, (_, index) => `${index === 0 ? "" : " "}${word}-${index}`)

const same = (actual: unknown, expected: unknown): void => {
  if (actual !== expected) throw new WrongAnswer(`expected ${String(expected)}, got ${String(actual)}`)
}

/** Checks the chunks of a text as they arrive. At the end, the text must be complete. */
const checked = <A, E, R>(
  word: string,
  onEvent: () => void,
  stream: Stream.Stream<A, E, R>,
  pieceOf: (event: A) => string | null | undefined
): Effect.Effect<void, E, R> =>
  Effect.suspend(() => {
    const expected = sentence(word)
    let next = 0
    return Effect.map(
      Stream.runForEach(stream, (event) =>
        Effect.sync(() => {
          onEvent()
          const piece = pieceOf(event)
          if (piece === "" || piece === null || piece === undefined) return
          same(piece, expected[next++])
        })
      ),
      () => same(next, expected.length)
    )
  })

const chatBody = (word: string) => ({ model: "gpt-5.4-mini", messages: [user(sentence(word).join(""))] })
const messageBody = (word: string) => ({
  model: "claude-sonnet-5",
  max_tokens: 256,
  messages: [user(sentence(word).join(""))]
})
const botBody = (word: string) => ({
  bot_id: "bot",
  user_id: "user",
  additional_messages: [{ role: "user" as const, content: sentence(word).join(""), content_type: "text" as const }]
})

/**
 * Runs a loop whose tool takes this one word. A call that was cut must not run, whatever becomes of the loop; one that
 * arrived whole runs once.
 */
const looped = <Input, Answer, R>(
  word: string,
  run: (
    tool: Tools.Tool
  ) => Stream.Stream<ToolLoop.Event<Input, Answer>, ApiError.ApiError | StructuredOutput.UnsupportedSchemaError, R>
): Effect.Effect<void, ApiError.ApiError, R> =>
  Effect.suspend(() => {
    let ran = 0
    const tool = Tools.make({
      name: "note",
      parameters: Schema.Struct({ word: Schema.Literal(word), again: Schema.Literal(`${word} again`) }),
      run: () => Effect.sync(() => `${++ran}`)
    })
    const finished = ToolLoop.finished(run(tool)).pipe(
      Effect.catchTag("UnsupportedSchemaError", (error) => Effect.die(error))
    )
    return Effect.map(finished, ({ reason }) => {
      same(reason, "done")
      same(ran, 1)
    })
  })

export const calls: { readonly [name: string]: Call } = {
  "openai chat": (word) =>
    Effect.map(ChatCompletions.create(chatBody(word)), ({ choices }) =>
      same(choices[0]?.message.content, sentence(word).join(""))
    ),
  "openai chat stream": (word, onEvent) =>
    checked(word, onEvent, ChatCompletions.stream(chatBody(word)), ({ choices }) => choices[0]?.delta.content),
  "openai response stream": (word, onEvent) =>
    checked(
      word,
      onEvent,
      Responses.stream({ model: "gpt-5.4", input: sentence(word).join(""), store: false }),
      (event) => (event.type === "response.output_text.delta" ? event.delta : undefined)
    ),
  "openai chat loop": (word) => looped(word, (tool) => ChatToolLoop.run(chatBody(word), [tool])),
  "openai response loop": (word) =>
    looped(word, (tool) => ResponseToolLoop.run({ model: "gpt-5.4", input: word, store: false }, [tool])),
  "openai embeddings": (word) =>
    Effect.map(
      Embeddings.create({ model: "text-embedding-3-small", input: [word, word], dimensions: 16 }),
      ({ data }) => same(JSON.stringify(data[0]?.embedding), JSON.stringify(data[1]?.embedding))
    ),
  "openai files": (word) =>
    Effect.gen(function* () {
      const file = FileSource.fromText(word, { name: `${word}.txt` })
      const { id } = yield* Files.create({ purpose: "user_data", file })
      const text = yield* Stream.mkString(Stream.decodeText(Files.content({ file_id: id })))
      yield* Files.delete({ file_id: id })
      same(text, word)
    }),
  "openai pages": () => Stream.runDrain(Stream.take(Files.list({ limit: 5 }), 12)),
  "anthropic message": (word) =>
    Effect.map(Messages.create(messageBody(word)), ({ content: [block] }) =>
      same(block?.type === "text" ? block.text : undefined, sentence(word).join(""))
    ),
  "anthropic message stream": (word, onEvent) =>
    checked(word, onEvent, Messages.stream(messageBody(word)), (event) =>
      event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : undefined
    ),
  "anthropic message loop": (word) => looped(word, (tool) => MessageToolLoop.run(messageBody(word), [tool])),
  "anthropic batch": (word) =>
    Effect.gen(function* () {
      const { id } = yield* MessagesBatches.create({ requests: [{ custom_id: word, params: messageBody(word) }] })
      yield* MessagesBatches.cancel({ message_batch_id: id })
      same((yield* MessagesBatches.retrieve({ message_batch_id: id })).id, id)
    }),
  "anthropic tokens": (word) =>
    Effect.map(
      Messages.countTokens({ model: "claude-sonnet-5", messages: messageBody(word).messages }),
      ({ input_tokens }) => same(input_tokens > 0, true)
    ),
  "coze chat stream": (word, onEvent) =>
    checked(word, onEvent, Chat.stream(botBody(word)), (event) =>
      event.event === "conversation.message.delta" ? event.data.content : undefined
    ),
  "coze conversation": (word) =>
    Effect.gen(function* () {
      const { id } = yield* Conversations.create({ meta_data: { word } })
      const { meta_data } = yield* Conversations.retrieve({ conversation_id: id })
      yield* Conversations.delete({ conversation_id: id })
      same(meta_data?.["word"], word)
    }),
  "coze datasets": (word) =>
    Effect.gen(function* () {
      const { dataset_id } = yield* Datasets.create({ name: word, space_id: "space", format_type: 0 })
      yield* Datasets.delete({ dataset_id })
    }),
  "coze pages": () => Effect.map(Stream.runCollect(Workspaces.list({ page_size: 1 })), ({ length }) => same(length, 2))
}

/** The same call on a network with its own faults. */
export const through = (
  call: Effect.Effect<void, ApiError.ApiError, OpenAi | Anthropic | Coze>,
  transform: NonNullable<RequestOptions.RequestOptions["transformClient"]>
) => RequestOptions.withClient(call, transform)
