/** The requests of language models, next to an emulator that refuses what the APIs refuse. */
import { assert, describe, it } from "@effect/vitest"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Emulator } from "llmfx/testing"
import * as AnthropicTools from "../../src/anthropic/api/HostedTools.ts"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as OpenAiTools from "../../src/openai/api/HostedTools.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import { withHandler } from "../support/languageModels.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"

const http = { layer: Emulator.layer() }
const openai = openAiOver(http, { baseUrl: "http://api.test/openai/v1" })

const models = {
  responses: ResponseLanguageModel.model("gpt-5.4-mini").pipe(Layer.provide(openai)),
  "responses that are not stored": ResponseLanguageModel.model("gpt-5.4-mini", { store: false }).pipe(
    Layer.provide(openai)
  ),
  chat: ChatLanguageModel.model("gpt-4.1", { onUnsupported: "omit" }).pipe(Layer.provide(openai)),
  messages: MessageLanguageModel.model("claude-sonnet-5", { max_tokens: 256 }).pipe(
    Layer.provide(anthropicOver(http, { baseUrl: "http://api.test/anthropic" }))
  )
}

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
const pdf = "JVBERi0xLjQK"
const bytes = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

const user = (...content: ReadonlyArray<Prompt.UserMessagePartEncoded>): Prompt.UserMessageEncoded => ({
  role: "user",
  content
})
const text = (text: string) => ({ type: "text" as const, text })
const file = (mediaType: string, data: string | Uint8Array | URL) => ({ type: "file" as const, mediaType, data })
const call = (id: string, params: unknown = { city: "Oslo" }) => ({
  type: "tool-call" as const,
  id,
  name: "weather",
  params
})
const result = (id: string, more: object = {}) => ({
  type: "tool-result" as const,
  id,
  name: "weather",
  isFailure: false,
  result: "rain",
  ...more
})

const histories: { readonly [name: string]: ReadonlyArray<Prompt.MessageEncoded> } = {
  "an image as bytes, base64, data URL and URL": [
    user(
      text("look"),
      file("image/png", bytes(png)),
      file("image/png", png),
      file("image/png", `data:image/png;base64,${png}`),
      file("image/png", new URL("https://a.test/a.png"))
    )
  ],
  documents: [user(file("application/pdf", pdf), file("text/csv", bytes("YSxiCg==")), text("what?"))],
  "several system messages": [
    { role: "system", content: "one" },
    { role: "system", content: "two" },
    user(text("hi")),
    { role: "assistant", content: [text("hello")] },
    { role: "system", content: "three" },
    user(text("bye"))
  ],
  "calls, their results, and a failure": [
    user(text("weather?")),
    { role: "assistant", content: [text("Wait."), call("call_1"), call("call_2")] },
    {
      role: "tool",
      content: [
        result("call_2", { isFailure: true, result: { error: "no" } }),
        result("call_1", { result: { deg: 3 } })
      ]
    },
    { role: "assistant", content: [text("Rain.")] },
    user(text("thanks"))
  ],
  "a call without a result, and arguments that were cut": [
    user(text("weather?")),
    { role: "assistant", content: [call("call_1"), call("call_2", '{"city":"Os')] },
    user(text("go on"))
  ],
  "reasoning, sources and files of another provider": [
    user(text("draw")),
    {
      role: "assistant",
      content: [{ type: "reasoning", text: "Hm.", options: { other: { signature: "s" } } }, text("Here."), ...[]]
    },
    user(text("more"))
  ],
  "ids that an API refuses": [
    user(text("weather?")),
    { role: "assistant", content: [call("functions.weather:0")] },
    { role: "tool", content: [result("functions.weather:0")] },
    user(text("thanks"))
  ]
}

const Weather = Tool.make("weather", {
  description: "the weather",
  parameters: Schema.Struct({
    city: Schema.String,
    days: Schema.optionalKey(Schema.Int),
    more: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  }),
  success: Schema.Unknown
})
const Dynamic = Tool.dynamic("search", {
  description: "searches",
  parameters: { type: "object", properties: { q: { type: "string", minLength: 1 } }, required: ["q"] },
  success: Schema.Unknown
})
const Bare = Tool.make("now", { success: Schema.String })
const own = withHandler([Weather, Dynamic, Bare], (_, name) => Effect.succeed(name === "now" ? "noon" : { ok: true }))

const choices = [
  "auto",
  "none",
  "required",
  { tool: "weather" },
  { mode: "required", oneOf: ["search", "now"] }
] as const

/** What the emulator has refused; other failures are none of the request's. */
const refusalOf = (effect: Effect.Effect<unknown, AiError.AiError, LanguageModel.LanguageModel>) =>
  Effect.match(effect, {
    onSuccess: () => undefined,
    onFailure: (error) => `${error.reason._tag}: ${error.message}`
  })

describe.each(Object.entries(models))("an API takes what a language model sends it: %s", (_, model) => {
  it.effect.each(Object.entries(histories))("%s", ([, prompt]) =>
    Effect.gen(function* () {
      const ask = { prompt, toolkit: own, disableToolCallResolution: true } as const
      assert.isUndefined(yield* refusalOf(LanguageModel.generateText(ask) as never))
      assert.isUndefined(yield* refusalOf(Stream.runDrain(LanguageModel.streamText(ask)) as never))
    }).pipe(Effect.provide(model))
  )

  it.effect.each(choices.map((toolChoice) => [JSON.stringify(toolChoice), toolChoice] as const))(
    "tools of all kinds, and the choice %s",
    ([, toolChoice]) =>
      Effect.gen(function* () {
        const prompt = histories["calls, their results, and a failure"] ?? []
        assert.isUndefined(
          yield* refusalOf(
            LanguageModel.generateText({ prompt, toolkit: own, toolChoice: toolChoice as never }) as never
          )
        )
      }).pipe(Effect.provide(model))
  )

  it.effect("objects whose schemas no vendor knows", () =>
    Effect.gen(function* () {
      interface Tree {
        readonly children: ReadonlyArray<Tree>
      }
      const Tree: Schema.Codec<Tree> = Schema.Struct({ children: Schema.Array(Schema.suspend(() => Tree)) })
      const schemas = [
        Schema.Struct({ day: Schema.Date, tags: Schema.Record(Schema.String, Schema.Int) }),
        Schema.Struct({
          pair: Schema.Tuple([Schema.String, Schema.Int]),
          size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 }))
        }),
        Schema.Struct({ tree: Tree })
      ]
      for (const schema of schemas) {
        const refusal = yield* refusalOf(
          LanguageModel.generateObject({ prompt: "one", schema: schema as never }) as never
        )
        // The emulator's model makes up values, which need not fit what the API does not enforce.
        assert.isTrue(refusal === undefined || /StructuredOutputError|InvalidOutputError/.test(refusal), refusal)
      }
    }).pipe(Effect.provide(model))
  )
})

describe("an API takes its own hosted tools", () => {
  it.effect("of OpenAI", () =>
    Effect.gen(function* () {
      const hosted = withHandler(
        [
          OpenAiTools.WebSearch({}),
          OpenAiTools.CodeInterpreter({ container: { type: "auto" } }),
          OpenAiTools.ImageGeneration({}),
          OpenAiTools.Shell({}),
          OpenAiTools.ApplyPatch({}),
          OpenAiTools.Custom({ name: "sql" })
        ],
        () => Effect.succeed("done")
      )
      assert.isUndefined(
        yield* refusalOf(
          LanguageModel.generateText({ prompt: "hi", toolkit: hosted, disableToolCallResolution: true }) as never
        )
      )
    }).pipe(Effect.provide(models.responses))
  )

  it.effect("of Anthropic", () =>
    Effect.gen(function* () {
      const hosted = withHandler(
        [
          AnthropicTools.WebSearch20250305({ max_uses: 2 }),
          AnthropicTools.CodeExecution20250825({}),
          AnthropicTools.Bash20250124({}),
          AnthropicTools.Memory20250818({})
        ],
        () => Effect.succeed("done")
      )
      assert.isUndefined(
        yield* refusalOf(
          LanguageModel.generateText({ prompt: "hi", toolkit: hosted, disableToolCallResolution: true }) as never
        )
      )
    }).pipe(Effect.provide(models.messages))
  )
})
