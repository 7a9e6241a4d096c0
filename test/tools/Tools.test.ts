import { assert, describe, it } from "@effect/vitest"
import * as Prompt from "effect/ai/Prompt"
import * as AiTool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { Tools } from "llmfx"
import { conversion as anthropic } from "../../src/anthropic/Parse.ts"
import { conversion } from "../../src/openai/Parse.ts"

const add = Tools.make({
  name: "add",
  description: "Adds two numbers",
  parameters: Schema.Struct({ a: Schema.Finite, b: Schema.optionalKey(Schema.Finite) }),
  run: ({ a, b }) => (a < 0 ? Effect.fail(new Error("no negative numbers")) : Effect.succeed(a + (b ?? 0)))
})

const call = (name: string, json: string): Tools.Call => ({ id: "call_1", name, arguments: json })

const outcome = <R>(tools: ReadonlyArray<Tools.Tool<R>>, name: string, json: string) =>
  Effect.flatMap(Tools.toolbox(tools, conversion), (box) => box.execute(call(name, json))).pipe(
    Effect.map(({ isError, output }) => `${isError ? "error: " : ""}${output}`)
  )

describe("a call", () => {
  it.effect("is decoded as the provider writes it, made, and answered with JSON", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* outcome([add], "add", '{"a":1,"b":2}'), "3")
      assert.strictEqual(yield* outcome([add], "add", '{"a":1,"b":null}'), "1")
    })
  )

  for (const [name, tool, json, message] of [
    ["of an unknown tool", "mul", "{}", 'error: There is no tool named "mul"'],
    ["whose arguments are no JSON", "add", '{"a":', "error: The arguments cannot be used: "],
    ["whose arguments do not fit", "add", '{"a":"x","b":null}', "at a)"],
    ["that fails", "add", '{"a":-1,"b":null}', "error: no negative numbers"]
  ] as const) {
    it.effect(`${name} is answered with an error`, () =>
      Effect.gen(function* () {
        assert.include(yield* outcome([add], tool, json), message)
      })
    )
  }

  it.effect("without arguments is one with no fields", () =>
    Effect.gen(function* () {
      const now = Tools.make({ name: "now", parameters: Schema.Struct({}), run: () => Effect.succeed("noon") })
      assert.strictEqual(yield* outcome([now], "now", ""), "noon")
    })
  )

  it.effect("that has no output is done", () =>
    Effect.gen(function* () {
      const save = Tools.make({ name: "save", parameters: Schema.Struct({}), run: () => Effect.void })
      assert.strictEqual(yield* outcome([save], "save", "{}"), "done")
    })
  )

  it.effect("may tell the model of a failure in its own words", () =>
    Effect.gen(function* () {
      const tool = Tools.make({
        name: "t",
        parameters: Schema.Struct({}),
        run: () => Effect.fail({ secret: "x" }),
        describeFailure: () => "try later"
      })
      assert.strictEqual(yield* outcome([tool], "t", "{}"), "error: try later")
    })
  )

  it.effect("that has a defect is a defect of the program, not a matter of the model", () =>
    Effect.gen(function* () {
      const tool = Tools.make({ name: "t", parameters: Schema.Struct({}), run: () => Effect.die("bug") })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(outcome([tool], "t", "{}"))))
    })
  )
})

describe("an approval", () => {
  it.effect("is waited for, however long it takes", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<boolean>()
      const asked: Array<string> = []
      const remove = Tools.make({
        name: "remove",
        parameters: Schema.Struct({ file: Schema.String }),
        run: ({ file }) => Effect.succeed(`${file} is gone`),
        approve: ({ file }) => {
          asked.push(file)
          return Deferred.await(answer)
        }
      })
      const fiber = yield* Effect.forkChild(outcome([remove], "remove", '{"file":"a"}'))
      yield* Effect.yieldNow
      yield* Deferred.succeed(answer, true)
      assert.strictEqual(yield* Fiber.join(fiber), "a is gone")
      assert.deepStrictEqual(asked, ["a"])
    })
  )

  it.effect("that is refused is told to the model, and the function is not run", () =>
    Effect.gen(function* () {
      const remove = Tools.make({
        name: "remove",
        parameters: Schema.Struct({}),
        run: () => Effect.die("run"),
        approve: () => Effect.succeed(false)
      })
      assert.strictEqual(yield* outcome([remove], "remove", "{}"), "error: The user has not allowed this call")
    })
  )
})

describe("a description", () => {
  it.effect("is in the strict form unless the tool is not", () =>
    Effect.gen(function* () {
      const loose = Tools.make({
        name: "loose",
        parameters: Schema.Struct({ a: Schema.optionalKey(Schema.Finite) }),
        run: ({ a }) => Effect.succeed(a ?? "none"),
        strict: false
      })
      const { descriptions } = yield* Tools.toolbox([add, loose], conversion)
      assert.deepStrictEqual(
        descriptions.map(({ jsonSchema, name, strict }) => [name, strict, jsonSchema["required"]]),
        [
          ["add", true, ["a", "b"]],
          ["loose", false, undefined]
        ]
      )
      assert.strictEqual(yield* outcome([loose], "loose", "{}"), "none")
    })
  )

  it.effect("that a provider cannot take as strict fails before anything is asked, if it has to be strict", () =>
    Effect.gen(function* () {
      const odd = Tools.make({
        name: "odd",
        parameters: Schema.Struct({ any: Schema.Unknown }),
        strict: true,
        run: () => Effect.void
      })
      const error = yield* Effect.flip(Tools.toolbox([odd], anthropic))
      assert.deepInclude(error, { _tag: "UnsupportedSchemaError", path: ["any"] })
    })
  )

  it.effect("of a tool that is not strict may hold any value, and itself", () =>
    Effect.gen(function* () {
      interface List {
        readonly value: unknown
        readonly rest?: List
      }
      const List: Schema.Codec<List> = Schema.Struct({
        value: Schema.Unknown,
        rest: Schema.optionalKey(Schema.suspend((): Schema.Codec<List> => List))
      })
      const loose = Tools.make({
        name: "loose",
        parameters: Schema.Struct({ list: List }),
        run: ({ list }) => Effect.succeed(list),
        strict: false
      })
      const json = '{"list":{"value":[1],"rest":{"value":null}}}'
      for (const provider of [conversion, anthropic]) {
        const box = yield* Tools.toolbox([loose], provider)
        const { output } = yield* box.execute(call("loose", json))
        assert.strictEqual(`{"list":${output}}`, json)
      }
    })
  )

  it.effect("may be JSON Schema of another program's making", () =>
    Effect.gen(function* () {
      const jsonSchema = { type: "object", properties: { q: {} } }
      const search = Tools.dynamic({ name: "search", jsonSchema, run: (input) => Effect.succeed({ got: input }) })
      const { descriptions } = yield* Tools.toolbox([search], conversion)
      assert.strictEqual(descriptions[0]?.jsonSchema, jsonSchema)
      assert.strictEqual(yield* outcome([search], "search", '{"q":[1]}'), '{"got":{"q":[1]}}')
    })
  )
})

describe("an effect/ai toolkit", () => {
  const Weather = AiTool.make("Weather", {
    description: "The weather in a city",
    parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.FiniteFromString) }),
    success: Schema.Struct({ at: Schema.Date }),
    failure: Schema.String,
    failureMode: "return"
  })
  const Remove = AiTool.make("Remove", { success: Schema.String, needsApproval: true })
  const toolkit = Toolkit.make(Weather, Remove)
  const handlers = toolkit.toLayer({
    Weather: ({ city }) =>
      city === "Atlantis" ? Effect.fail("there is no such place") : Effect.succeed({ at: new Date(0) }),
    Remove: () => Effect.succeed("gone")
  })

  it.effect("has its tools called by its handlers, with values encoded for the model", () =>
    Effect.gen(function* () {
      const tools = yield* Tools.fromToolkit(toolkit)
      assert.deepStrictEqual(
        tools.map(({ description, name }) => [name, description]),
        [
          ["Weather", "The weather in a city"],
          ["Remove", undefined]
        ]
      )
      assert.strictEqual(
        yield* outcome(tools, "Weather", '{"city":"Rome","days":"3"}'),
        '{"at":"1970-01-01T00:00:00.000Z"}'
      )
      assert.strictEqual(
        yield* outcome(tools, "Weather", '{"city":"Atlantis","days":null}'),
        "error: there is no such place"
      )
    }).pipe(Effect.provide(handlers))
  )

  it.effect("has tools refused that need an approval, unless there is one", () =>
    Effect.gen(function* () {
      const refused = yield* Tools.fromToolkit(toolkit)
      assert.include(yield* outcome(refused, "Remove", "{}"), "not allowed")
      const approved = yield* Tools.fromToolkit(toolkit, { approve: ({ name }) => Effect.succeed(name === "Remove") })
      assert.strictEqual(yield* outcome(approved, "Remove", "{}"), "gone")
    }).pipe(Effect.provide(handlers))
  )

  it.effect("has a dynamic tool described by its JSON Schema, and shown by its model output", () =>
    Effect.gen(function* () {
      const jsonSchema = { type: "object", properties: { q: { type: "string" } } } as const
      const Search = AiTool.dynamic("Search", {
        parameters: jsonSchema,
        success: Schema.Struct({ hits: Schema.Int }),
        toModelOutput: ({ hits }: { readonly hits: number }) => [Prompt.textPart({ text: `${hits} hits` })]
      })
      const searching = Toolkit.make(Search)
      const tools = yield* Effect.provide(
        Tools.fromToolkit(searching),
        searching.toLayer({ Search: () => Effect.succeed({ hits: 3 }) })
      )
      const { descriptions, execute } = yield* Tools.toolbox(tools, conversion)
      assert.deepStrictEqual(descriptions[0]?.jsonSchema, jsonSchema)
      const { output } = yield* execute(call("Search", '{"q":"x"}'))
      assert.deepStrictEqual(output, [{ _tag: "Text", text: "3 hits" }])
    })
  )

  it.effect("asks for the calls that need an approval, by what they are called with", () =>
    Effect.gen(function* () {
      const Pay = AiTool.make("Pay", {
        parameters: Schema.Struct({ amount: Schema.Finite }),
        success: Schema.String,
        needsApproval: ({ amount }: { readonly amount: number }) => amount > 10
      })
      const paying = Toolkit.make(Pay)
      const tools = yield* Effect.provide(
        Tools.fromToolkit(paying),
        paying.toLayer({ Pay: () => Effect.succeed("paid") })
      )
      assert.strictEqual(yield* outcome(tools, "Pay", '{"amount":5}'), "paid")
      assert.include(yield* outcome(tools, "Pay", '{"amount":50}'), "not allowed")
    })
  )

  it.effect("is refused if it has a tool that only its provider runs", () =>
    Effect.gen(function* () {
      const Find = AiTool.providerDefined({
        id: "openai.find",
        customName: "Find",
        providerName: "find",
        args: Schema.Struct({}),
        parameters: Schema.Struct({}),
        success: Schema.Unknown
      })({})
      const error = yield* Effect.flip(Tools.fromToolkit(Toolkit.make(Find)))
      assert.strictEqual(error._tag, "ProviderToolError")
      assert.include(error.message, "Find")
    })
  )
})

describe("strict tools", () => {
  const many = (count: number, strict?: boolean) =>
    Array.from({ length: count }, (_, n) =>
      Tools.make({ name: `t${n}`, parameters: Schema.Struct({ a: Schema.String }), run: () => Effect.void, strict })
    )
  const strictOf = (tools: ReadonlyArray<Tools.Tool>) =>
    Effect.map(
      Tools.toolbox(tools, anthropic),
      ({ descriptions }) => descriptions.filter(({ strict }) => strict).length
    )

  it.effect("are as many as the provider takes", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* strictOf(many(25)), 20)
      assert.strictEqual(yield* strictOf(many(25, true)), 25)
      const optional = Tools.make({
        name: "optional",
        parameters: Schema.Struct(
          Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`p${n}`, Schema.optionalKey(Schema.String)]))
        ),
        run: () => Effect.void
      })
      assert.strictEqual(yield* strictOf([optional, ...many(2)]), 2)
      const box = yield* Tools.toolbox([optional], anthropic)
      assert.isFalse((yield* box.execute(call("optional", "{}"))).isError)
    })
  )
})
