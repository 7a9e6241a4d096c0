/** Which tools of a loop are sent as strict. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Tools } from "llmfx"
import { Anthropic, type Options } from "../../src/anthropic/Anthropic.ts"
import * as Bedrock from "../../src/anthropic/Bedrock.ts"
import * as Foundry from "../../src/anthropic/Foundry.ts"
import * as MessageToolLoop from "../../src/anthropic/MessageToolLoop.ts"
import * as Vertex from "../../src/anthropic/Vertex.ts"
import * as ChatToolLoop from "../../src/openai/ChatToolLoop.ts"
import * as ResponseToolLoop from "../../src/openai/ResponseToolLoop.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

interface Tree {
  readonly children: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({ children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)) })

const run = () => Effect.succeed("done")
const plain = Tools.make({ name: "plain", parameters: Schema.Struct({ a: Schema.String }), run })
const strict = Tools.make({ name: "strict", parameters: Schema.Struct({ a: Schema.String }), strict: true, run })
const tree = Tools.make({ name: "tree", parameters: Tree, run })
const strictTree = Tools.make({ name: "strictTree", parameters: Tree, strict: true, run })

type Sent = { readonly tools: ReadonlyArray<{ readonly strict?: boolean; readonly function?: { strict?: boolean } }> }

const messages = { model: "m", max_tokens: 9, messages: [{ role: "user" as const, content: "hi" }] }
const chat = { model: "m", messages: messages.messages }

const message = (tools: ReadonlyArray<Tools.Tool>) => Stream.runDrain(MessageToolLoop.run(messages, tools))

/** The `strict` of each tool of the first request, whatever becomes of its answer. */
const sentStrict = (http: ReturnType<typeof fakeHttp>) =>
  sentBody<Sent>(http).tools.map((tool) => (tool.function ?? tool).strict)

const refusal = { status: 400, body: { error: { message: "no" } } }

const viaMessages = (tools: ReadonlyArray<Tools.Tool>, options?: Options) => {
  const http = fakeHttp(refusal)
  return message(tools).pipe(Effect.exit, Effect.provide(anthropicOver(http, options)), Effect.as(http))
}

describe("a tool that does not say", () => {
  it.effect("is strict, unless its server takes no strict tools", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(sentStrict(yield* viaMessages([plain])), [true])
      assert.deepStrictEqual(sentStrict(yield* viaMessages([plain, strict], { strictTools: false })), [undefined, true])
    })
  )

  it.effect("is not strict in chats and responses of a server that takes none", () => {
    const http = fakeHttp(refusal, refusal)
    return Effect.gen(function* () {
      yield* Effect.exit(Stream.runDrain(ChatToolLoop.run(chat, [plain, strict])))
      assert.deepStrictEqual(sentStrict(http), [undefined, true])
      yield* Effect.exit(Stream.runDrain(ResponseToolLoop.run({ model: "m", input: "hi" }, [plain, strict])))
      assert.deepStrictEqual(
        sentBody<Sent>(http, 1).tools.map(({ strict }) => strict),
        [false, true]
      )
    }).pipe(Effect.provide(openAiOver(http, { strictTools: false })))
  })

  it.effect("is not strict if the vendor's subset does not have its schema", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(sentStrict(yield* viaMessages([tree, plain])), [undefined, true])
      const error = yield* Effect.flip(message([strictTree])).pipe(Effect.provide(anthropicOver(fakeHttp(refusal))))
      assert.strictEqual(error._tag, "UnsupportedSchemaError")
    })
  )
})

describe("a loop that is resumed", () => {
  it.effect("counts the strict tools of the state's input", () => {
    const http = fakeHttp(refusal)
    const declared = Array.from({ length: 20 }, (_, index) => ({
      name: `declared${index}`,
      strict: true,
      input_schema: { type: "object" as const, properties: {}, required: [], additionalProperties: false }
    }))
    const resume = { input: { ...messages, tools: declared }, steps: 1, answer: undefined }
    return Effect.gen(function* () {
      yield* Effect.exit(Stream.runDrain(MessageToolLoop.run(messages, [plain], { resume })))
      assert.strictEqual(sentStrict(http).at(-1), undefined)
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})

const apiKey = Redacted.make("key")
const credential = Effect.succeed(apiKey)
const clouds = {
  Bedrock: Bedrock.layer({ region: "us-east-1", apiKey }),
  "Bedrock (mantle)": Bedrock.layer({ region: "us-east-1", apiKey, surface: "mantle" }),
  Vertex: Vertex.layer({ region: "us-east5", projectId: "p", credential }),
  Foundry: Foundry.layer({ resource: "r", apiKey })
}

describe("clouds that refuse strict tools", () => {
  it.effect.each(Object.entries(clouds))("%s sends none that the program did not ask for", ([, layer]) => {
    const http = fakeHttp(refusal)
    return message([plain, strict]).pipe(
      Effect.exit,
      Effect.provide(layer.pipe(Layer.provide(http.layer))),
      Effect.map(() => assert.deepStrictEqual(sentStrict(http), [undefined, true]))
    )
  })

  it.effect("do so only until the program says that they take them", () => {
    const http = fakeHttp(refusal)
    const layer = Vertex.layer({ region: "us-east5", projectId: "p", credential, strictTools: true })
    return Effect.gen(function* () {
      assert.strictEqual((yield* Anthropic).strictTools, true)
    }).pipe(Effect.provide(layer.pipe(Layer.provide(http.layer))))
  })
})

describe("a tool that is not strict", () => {
  it.effect("has an object at the top and references without siblings", () => {
    const Named = Schema.Struct({
      home: Schema.Struct({ street: Schema.String })
        .annotate({ identifier: "Address" })
        .annotateKey({ description: "where they live" })
    }).annotate({ identifier: "Person" })
    const loose = Tools.make({ name: "loose", parameters: Named, strict: false, run })
    const http = fakeHttp(refusal)
    return Effect.gen(function* () {
      yield* Effect.exit(Stream.runDrain(ChatToolLoop.run(chat, [loose])))
      const [tool] = sentBody<{
        readonly tools: ReadonlyArray<{ readonly function: { readonly parameters: object } }>
      }>(http).tools
      const schema = tool?.function.parameters ?? {}
      assert.deepInclude(schema, { type: "object" })
      const text = JSON.stringify(schema)
      assert.include(text, "where they live")
      assert.match(text, /\{"\$ref":"#\/\$defs\/Address"\}/)
      assert.notMatch(text, /"\$ref":"[^"]*",|,"\$ref"/)
    }).pipe(Effect.provide(openAiOver(http)))
  })
})
