/** What servers do to a stream is met in the same way through middleware, a changed client and a recording. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Middleware, RequestOptions, RetryPolicy, ToolLoop, Tools } from "llmfx"
import { Anthropic, MessageStream, Messages } from "llmfx/anthropic"
import * as MessageToolLoop from "llmfx/anthropic/MessageToolLoop"
import { Chat, ChatStream, Coze } from "llmfx/coze"
import * as CozeToolLoop from "llmfx/coze/ChatToolLoop"
import { ChatCompletionStream, ChatCompletions, OpenAi } from "llmfx/openai"
import * as ChatToolLoop from "llmfx/openai/ChatToolLoop"
import { Cassette } from "llmfx/testing"
import { apiError } from "../support/errors.ts"
import { fakeHttp, type Part } from "../support/FakeHttp.ts"
import { settleSlowly } from "../support/settle.ts"

type Services = OpenAi | Anthropic | Coze
type Program<A> = Effect.Effect<A, unknown, Services>

interface Api {
  readonly frames: (pieces: ReadonlyArray<string>) => ReadonlyArray<string>
  /** The frames of a whole answer with a call, and where to cut them so the call is not whole. */
  readonly calls: (json: string) => ReadonlyArray<string>
  readonly text: Program<string>
  readonly loop: (tool: Tools.Tool) => Program<unknown>
}

const data = (value: unknown): string => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`
const chunk = (delta: object, finish_reason: string | null = null) =>
  data({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }]
  })
const typed = (type: string, rest: object = {}) => `event: ${type}\n${data({ type, ...rest })}`
const bot = (event: string, value: unknown) => `event: ${event}\n${data(value)}`

const chatInput = { model: "m", messages: [{ role: "user" as const, content: "hi" }] }
const messageInput = { ...chatInput, max_tokens: 9 }
const botInput = { bot_id: "3", user_id: "u" }
const message = { id: "m", type: "message", role: "assistant", model: "m", content: [], usage: {} }
const messageOf = (block: object, deltas: ReadonlyArray<object>, stop_reason: string) => [
  typed("message_start", { message }),
  typed("content_block_start", { index: 0, content_block: block }),
  ...deltas.map((delta) => typed("content_block_delta", { index: 0, delta })),
  typed("content_block_stop", { index: 0 }),
  typed("message_delta", { delta: { stop_reason }, usage: { output_tokens: 1 } }),
  typed("message_stop")
]
const botChat = (status: string, rest: object = {}) =>
  bot(`conversation.chat.${status}`, { id: "1", conversation_id: "2", bot_id: "3", status, ...rest })
const botSays = (content: string) => ({ id: "m", role: "assistant", type: "answer", content, content_type: "text" })

const apis: { readonly [name: string]: Api } = {
  "chat completions": {
    frames: (pieces) => [...pieces.map((content) => chunk({ content })), chunk({}, "stop"), data("[DONE]")],
    calls: (json) => [
      chunk({ tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "add", arguments: json } }] }),
      chunk({}, "tool_calls"),
      data("[DONE]")
    ],
    text: ChatCompletionStream.streamed(chatInput).pipe(
      Effect.flatMap(({ final }) => final),
      Effect.map(ChatCompletions.text),
      Effect.scoped
    ),
    loop: (tool) => ToolLoop.finished(ChatToolLoop.run(chatInput, [tool]))
  },
  messages: {
    frames: (pieces) =>
      messageOf(
        { type: "text", text: "" },
        pieces.map((text) => ({ type: "text_delta", text })),
        "end_turn"
      ),
    calls: (json) =>
      messageOf(
        { type: "tool_use", id: "c", name: "add", input: {} },
        [{ type: "input_json_delta", partial_json: json }],
        "tool_use"
      ),
    text: MessageStream.streamed(messageInput).pipe(
      Effect.flatMap(({ final }) => final),
      Effect.map(Messages.text),
      Effect.scoped
    ),
    loop: (tool) => ToolLoop.finished(MessageToolLoop.run(messageInput, [tool]))
  },
  "chats of Coze": {
    frames: (pieces) => [
      botChat("created"),
      ...pieces.map((content) => bot("conversation.message.delta", botSays(content))),
      bot("conversation.message.completed", botSays(pieces.join(""))),
      botChat("completed"),
      bot("done", "[DONE]")
    ],
    calls: (json) => [
      botChat("requires_action", {
        required_action: {
          submit_tool_outputs: {
            tool_calls: [{ id: "c", type: "function", function: { name: "add", arguments: json } }]
          }
        }
      }),
      bot("done", "[DONE]")
    ],
    text: ChatStream.streamed(botInput).pipe(
      Effect.flatMap(({ final }) => final),
      Effect.map(Chat.text),
      Effect.scoped
    ),
    loop: (tool) => ToolLoop.finished(CozeToolLoop.run(botInput, [tool]))
  }
}

const layers = <E = never, R = never>(http: Layer.Layer<HttpClient.HttpClient, E, R>) => {
  const common = { retry: RetryPolicy.none }
  const secret = Redacted.make("quince0123456789marrow")
  return Layer.mergeAll(
    OpenAi.layer({ apiKey: secret, baseUrl: "http://api.test/v1", ...common }),
    Anthropic.layer({ apiKey: secret, baseUrl: "http://api.test", ...common }),
    Coze.layer({ token: secret, baseUrl: "http://api.test", ...common })
  ).pipe(Layer.provide(http))
}

/** Ways from a program to the server, which plays the same parts each time. */
const ways: {
  readonly [name: string]: <A>(program: Program<A>, parts: ReadonlyArray<Part>) => Effect.Effect<A, unknown>
} = {
  "the network": (program, parts) => Effect.provide(program, layers(fakeHttp({ parts }).layer)),
  "a middleware": (program, parts) =>
    program.pipe(
      Middleware.use(Middleware.make((call, next) => next(call))),
      Effect.provide(layers(fakeHttp({ parts }).layer))
    ),
  "a client of the call": (program, parts) =>
    program.pipe(
      RequestOptions.withClient((client) => client),
      Effect.provide(layers(fakeHttp({ parts }).layer))
    ),
  "a recording": (program, parts) =>
    Effect.gen(function* () {
      const files = new Map<string, string>()
      const memory = FileSystem.layerNoop({
        exists: (path) => Effect.succeed(files.has(path)),
        makeDirectory: () => Effect.void,
        readFileString: (path) => Effect.sync(() => files.get(path) ?? ""),
        writeFileString: (path, text) => Effect.sync(() => void files.set(path, text))
      })
      const over = (http: Layer.Layer<HttpClient.HttpClient>, mode: "record" | "replay") =>
        layers(Cassette.layer({ path: "a.json", mode }).pipe(Layer.provide(http)))
      const run = (mode: "record" | "replay", http: Layer.Layer<HttpClient.HttpClient>) =>
        program.pipe(Effect.provide(over(http, mode)), Effect.provide(memory))
      yield* Effect.exit(run("record", fakeHttp({ parts }).layer))
      return yield* run("replay", fakeHttp({ status: 500, body: "the network was used" }).layer)
    })
}

const alive = [": alive\n\n", "data:\n\n", "event: heartbeat\ndata: x\n\n", "data: {}\n\n"]
const tails: ReadonlyArray<Part> = ["data: {\n\n", 'event: error\ndata: {"error":"late"}\n\n', "<broken>"]

describe.each(Object.entries(apis))("a stream of %s", (_, api) => {
  describe.each(Object.entries(ways))("through %s", (_, through) => {
    const whole = api.frames(["hel", "lo"])

    it.effect("is whole with keep-alives in it, and whatever follows its end", () =>
      Effect.gen(function* () {
        for (const tail of tails) {
          const parts = [...whole.flatMap((frame, at) => [alive[at % alive.length] ?? "", frame]), tail]
          assert.strictEqual(yield* settleSlowly(through(api.text, parts)), "hello")
        }
      })
    )

    it.effect("is no success if it is cut or fails, and says what had come", () =>
      Effect.gen(function* () {
        const begun = whole.slice(0, -3)
        const words = 'event: error\ndata: {"error":{"message":"out of credit","code":402}}\n\n'
        const cases: ReadonlyArray<readonly [end: ReadonlyArray<Part>, tag: string]> = [
          [[], "StreamTruncatedError"],
          [["<broken>"], "StreamTruncatedError"],
          [[words], "QuotaExceededError"]
        ]
        for (const [end, tag] of cases) {
          const error = apiError(yield* Effect.flip(settleSlowly(through(api.text, [...begun, ...end]))))
          assert.strictEqual(error.reason._tag, tag)
          assert.include(error.partial?.text ?? "", "hel")
        }
      })
    )

    it.effect("runs no tool if it is cut within the call", () =>
      Effect.gen(function* () {
        const ran: Array<number> = []
        const tool = Tools.make({
          name: "add",
          parameters: Schema.Struct({ a: Schema.Finite }),
          run: ({ a }) => Effect.sync(() => ran.push(a))
        })
        const body = api.calls('{"a":12}').join("")
        for (let at = 0; at < body.indexOf("12}"); at += 7) {
          yield* Effect.exit(settleSlowly(through(api.loop(tool), [body.slice(0, at)])))
        }
        for (const json of ['{"a":12', '{"a":1', '{"a"']) {
          const parts = [...api.calls(json)]
          yield* Effect.exit(settleSlowly(through(Effect.timeout(api.loop(tool), "1 minute"), parts)))
        }
        assert.deepStrictEqual(ran, [])
      })
    )
  })
})
