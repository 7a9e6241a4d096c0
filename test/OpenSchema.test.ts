import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { OpenSchema as Open, RequestOptions } from "llmfx"
import type { DecodeError } from "../src/ApiError.ts"
import * as Endpoint from "../src/Endpoint.ts"
import { decoderOf, MismatchFound } from "../src/internal/decode/compileDecoder.ts"
import { schemaDecoder } from "../src/internal/decode/schemaDecoder.ts"
import { OpenAi } from "../src/openai/OpenAi.ts"
import { failureOf, reasonOf } from "./support/errors.ts"
import { fakeHttp } from "./support/FakeHttp.ts"
import { openAiOver } from "./support/probes.ts"

interface Text {
  readonly type: "text"
  readonly text: string
}
const Text: Open.Codec<Text> = Open.struct(() => ({ type: Open.tag("text"), text: Schema.String }))

interface Group {
  readonly type: "group"
  readonly parts: ReadonlyArray<Part>
}
const Group: Open.Codec<Group> = Open.struct(() => ({ type: Open.tag("group"), parts: Open.array(Part) }))

type Part = Text | Group | Open.UnknownVariant
const Part: Open.Codec<Part> = Open.taggedUnion<Part>("type", () => ({ text: Text, group: Group }))

interface Call {
  readonly id: string
  readonly cost: number
  readonly done: boolean
  readonly mode: "fast" | "slow" | (string & {})
  readonly part: Part
  readonly names: ReadonlyArray<string>
  readonly note?: string | null | undefined
  readonly error: Text | null
  readonly labels?: { readonly [key: string]: number } | null | undefined
}
const Call: Open.Codec<Call> = Open.struct(() => ({
  id: Schema.String,
  cost: Schema.Number,
  done: Schema.Boolean,
  mode: Open.literals("fast", "slow"),
  part: Part,
  names: Open.array(Schema.String),
  note: Open.optional(Schema.String),
  error: Open.nullable(Text),
  labels: Open.optional(Open.record(Schema.Number))
}))

const call = {
  id: "c1",
  cost: 1.5,
  done: true,
  mode: "fast",
  part: { type: "text", text: "hi" },
  names: ["a", "b"],
  error: null
}

/** Decodes a copy of a value, as the client does with a parsed body. */
const decode = <A>(schema: Open.Codec<A>, json: unknown, decoding: RequestOptions.Decoding = "open"): unknown =>
  schemaDecoder(schema, decoding)(structuredClone(json))

const failure = <A>(schema: Open.Codec<A>, json: unknown, decoding: RequestOptions.Decoding = "open"): DecodeError => {
  try {
    decode(schema, json, decoding)
  } catch (error) {
    return error as DecodeError
  }
  throw new Error("decoded")
}

/** The same by Effect's own decoder. */
const decodeWithEffect = <A>(schema: Open.Codec<A>, json: unknown): Exit.Exit<A, unknown> =>
  Schema.decodeUnknownExit(schema)(structuredClone(json))

describe("struct", () => {
  it("keeps unknown properties, at any depth", () => {
    const json = { ...call, extra: { a: [1] }, part: { type: "text", text: "hi", more: null } }
    assert.deepStrictEqual(decode(Call, json), json)
    assert.deepStrictEqual<unknown>(decodeWithEffect(Call, json), Exit.succeed(json))
  })

  it("lets scalars be absent or null", () => {
    const { id, ...withoutId } = call
    for (const json of [withoutId, { ...call, cost: null }, { ...call, done: null }, { ...call, mode: null }]) {
      assert.deepStrictEqual(decode(Call, json), json)
    }
  })

  it("lets optional properties be absent or null", () => {
    for (const json of [call, { ...call, note: null, labels: null }, { ...call, note: "n", labels: { a: 1 } }]) {
      assert.deepStrictEqual(decode(Call, json), json)
    }
  })

  for (const [name, json, path] of [
    ["a string in place of a number", { ...call, cost: "1.5" }, ["cost"]],
    ["a number in place of a string", { ...call, id: 1 }, ["id"]],
    ["a number in place of a boolean", { ...call, done: 1 }, ["done"]],
    ["a number in place of a literal", { ...call, mode: 1 }, ["mode"]],
    ["an object in place of an array", { ...call, names: {} }, ["names"]],
    ["a wrong item", { ...call, names: ["a", 2] }, ["names", 1]],
    ["a wrong value of a record", { ...call, labels: { a: 1, b: "2" } }, ["labels", "b"]],
    ["a wrong property of a variant", { ...call, part: { type: "text", text: [] } }, ["part", "text"]],
    ["a wrong optional property", { ...call, note: 1 }, ["note"]],
    [
      "a wrong property deep within",
      {
        ...call,
        part: {
          type: "group",
          parts: [
            { type: "text", text: "a" },
            { type: "text", text: 1 }
          ]
        }
      },
      ["part", "parts", 1, "text"]
    ]
  ] as const) {
    it(`fails for ${name}, with its path`, () => {
      const error = failure(Call, json)
      assert.strictEqual(error._tag, "DecodeError")
      assert.deepStrictEqual(error.path, path)
      assert.deepStrictEqual(error.raw, structuredClone(json))
    })
  }

  it("tells the same path of a mismatch once it is hot", () => {
    for (let run = 0; run < 250; run++) decode(Call, { ...call, part: { type: "group", parts: [call.part] } })
    const parts = [
      { type: "text", text: "a" },
      { type: "text", text: 1 }
    ]
    assert.deepStrictEqual(failure(Call, { ...call, part: { type: "group", parts } }).path, [
      "part",
      "parts",
      1,
      "text"
    ])
    assert.deepStrictEqual(failure(Call, { ...call, cost: "1" }).path, ["cost"])
  })

  it("says what it expected and what it got", () => {
    assert.match(failure(Call, "no").message, /^At the top: expected an object.*, got "no"$/)
    assert.match(failure(Call, []).message, /^At the top: expected an object.*, got an array$/)
    assert.strictEqual(failure(Call, { ...call, names: [1] }).message, "At names[0]: expected a string, got 1")
  })

  it("fails for an object that has none of its fields", () => {
    const Pair = Open.struct<{ readonly a: string; readonly b: number }>(() => ({ a: Schema.String, b: Schema.Number }))
    assert.match(failure(Pair, { error: "teapot" }).message, /expected an object with a, b, got/)
    assert.isTrue(Exit.isFailure(decodeWithEffect(Pair, { error: "teapot" })))
  })

  it("an object whose fields are all optional may be empty", () => {
    const Empty = Open.struct<{ readonly a?: string | null | undefined }>(() => ({ a: Open.optional(Schema.String) }))
    assert.deepStrictEqual(decode(Empty, {}), {})
  })
})

describe("what a server leaves out or sends as null, though it should be there", () => {
  interface Annotation {
    readonly type: "url"
    readonly url: { readonly title: string; readonly places: ReadonlyArray<number> }
  }
  interface Answer {
    readonly id: string
    readonly names: ReadonlyArray<string>
    readonly usage: Annotation
    readonly part: Part | Open.UnknownVariant
    readonly choice: "auto" | (string & {}) | { readonly name: string }
    readonly labels: { readonly [key: string]: number }
  }
  const Annotation = Open.struct<Annotation>(() => ({
    type: Open.tag("url"),
    url: Open.struct<Annotation["url"]>(() => ({ title: Schema.String, places: Open.array(Schema.Number) }))
  }))
  const Answer = Open.struct<Answer>(() => ({
    id: Schema.String,
    names: Open.array(Schema.String),
    usage: Open.lazy(() => Annotation),
    part: Part,
    choice: Open.union<Answer["choice"]>(() => [
      Open.literals("auto"),
      Open.struct<{ readonly name: string }>(() => ({ name: Schema.String }))
    ]),
    labels: Open.record(Schema.Number)
  }))
  const List = Open.struct<{ readonly data: ReadonlyArray<Answer> }>(() => ({ data: Open.array(Answer) }))

  for (const [name, item] of [
    ["left out", { id: "1" }],
    ["null", { id: "1", names: null, usage: null, part: null, choice: null, labels: null }]
  ] as const) {
    it(`is read as empty if it is ${name}, and written as it came`, () => {
      for (let run = 0; run < 250; run++) {
        const { data } = decode(List, { data: [item] }) as { readonly data: ReadonlyArray<Answer> }
        const [answer] = data
        assert.deepStrictEqual([...(answer?.names ?? ["none"])], [])
        assert.strictEqual(answer?.usage.type, "url")
        assert.strictEqual(answer.usage.url.places.length, 0)
        assert.strictEqual(answer.part.type, "~unknown")
        assert.deepStrictEqual(Object.keys(answer.labels), [])
        assert.deepStrictEqual(JSON.parse(JSON.stringify(data)), [item])
      }
    })
  }

  it("is an error if nothing of an answer is there but scalars", () => {
    assert.deepStrictEqual(failure(Answer, { id: "1" }).path, ["names"])
    assert.deepStrictEqual(failure(List, { object: "error", message: "no such model" }).path, [])
    assert.deepStrictEqual(JSON.parse(JSON.stringify(decode(Answer, { names: null }))), { names: null })
  })

  it("is not taken for a wrong value", () => {
    for (const [key, value] of [
      ["names", {}],
      ["usage", []],
      ["part", "text"],
      ["choice", 1],
      ["labels", false]
    ] as const) {
      assert.deepStrictEqual(failure(List, { data: [{ id: "1", [key]: value }] }).path, ["data", 0, key])
    }
  })

  it("makes no member of a union out of another", () => {
    const Text = Open.struct<{ readonly text: string }>(() => ({ text: Schema.String }))
    const Timed = Open.struct<{ readonly text: string; readonly words: ReadonlyArray<string> }>(() => ({
      text: Schema.String,
      words: Open.array(Schema.String)
    }))
    const Either = Open.union<object>(() => [Timed, Text])
    assert.isFalse("words" in (decode(Either, { text: "a" }) as object))
    assert.isTrue("words" in (decode(Either, { text: "a", words: [] }) as object))
  })

  it("is an error to a strict decoder", () => {
    const item = {
      id: "1",
      names: [],
      usage: { type: "url", url: { title: "t", places: [] } },
      choice: "auto",
      labels: {}
    }
    assert.deepStrictEqual(failure(List, { data: [item] }, "strict").path, ["data", 0, "part"])
  })
})

describe("an object that is no more than its type", () => {
  interface Source {
    readonly type: "own" | "other" | (string & {})
  }
  const Source: Open.Codec<Source> = Open.struct(() => ({ type: Open.literals("own", "other") }))
  const Skill = Open.struct(() => ({ id: Schema.String, source: Source }))

  it("may be written as the text of that type, unless decoding is strict", () => {
    for (const type of ["own", "new"]) {
      const given = () => ({ id: "a", source: type })
      assert.deepStrictEqual(schemaDecoder(Skill, "open")(given()), { id: "a", source: { type } })
      assert.throws(() => schemaDecoder(Skill, "strict")(given()))
    }
  })

  it("is no other value, and no object with more fields is a text", () => {
    for (const source of [7, true, ["own"]]) assert.throws(() => schemaDecoder(Skill, "open")({ id: "a", source }))
    assert.throws(() => schemaDecoder(Text, "open")("text"))
  })
})

describe("literals", () => {
  it("let strings pass that were not known", () => {
    const json = { ...call, mode: "turbo" }
    assert.deepStrictEqual(decode(Call, json), json)
  })
})

describe("taggedUnion", () => {
  const unknown = { type: "image", url: "http://x", parts: [{ type: "text", text: 1 }] }

  it("makes an UnknownVariant of an object with another tag, which gives its raw value back", () => {
    const value = decode(Part, unknown) as Open.UnknownVariant
    assert.strictEqual(value.type, "~unknown")
    assert.strictEqual(value.tag, "image")
    assert.deepStrictEqual(value.raw, unknown)
    assert.deepStrictEqual(value.toJSON(), unknown)
    assert.strictEqual(JSON.stringify(value), JSON.stringify(unknown))
  })

  it("is told from the known ones by its tag", () => {
    const value = decode(Part, unknown) as Part
    assert.strictEqual(value.type === "~unknown" ? value.tag : value.type, "image")
  })

  it("makes them within known variants, and the whole gives the server's JSON back", () => {
    const json = {
      ...call,
      part: { type: "group", parts: [{ type: "text", text: "a" }, unknown, { type: "group", parts: [unknown] }] }
    }
    const value = decode(Call, json) as Call
    const inner = value.part.type === "group" ? value.part.parts[1] : undefined
    assert.strictEqual(inner?.type, "~unknown")
    assert.strictEqual(JSON.stringify(value), JSON.stringify(json))
  })

  it("another discriminating property is named in the variant", () => {
    interface Started {
      readonly event: "started"
    }
    const Event = Open.taggedUnion<Started | Open.UnknownVariant<"event">>("event", () => ({
      started: Open.struct<Started>(() => ({ event: Open.tag("started") }))
    }))
    const value = decode(Event, { event: "stopped" }) as Open.UnknownVariant<"event">
    assert.strictEqual(value.event, "~unknown")
    assert.strictEqual(value.tag, "stopped")
  })

  it("a known tag with a wrong body stays an error", () => {
    assert.deepStrictEqual(failure(Part, { type: "text", text: 5 }).path, ["text"])
  })

  it("a tag that is absent or no string is an error at the tag", () => {
    assert.deepStrictEqual(failure(Part, { text: "a" }).path, ["type"])
    assert.deepStrictEqual(failure(Part, { type: 4 }).path, ["type"])
  })

  it("takes an object without the tag for the variant that may lack it", () => {
    const Lenient = Open.taggedUnion<Part>("type", () => ({ text: Text, group: Group }), { absent: "text" })
    const value = decode(Lenient, { text: "a" }) as Text
    assert.strictEqual(value.type, "text")
    assert.strictEqual(JSON.stringify(value), '{"text":"a"}')
    assert.isTrue(Exit.isSuccess(decodeWithEffect(Lenient, { text: "a" })))
  })

  it("tags that are names of inherited properties are unknown", () => {
    for (const tag of ["constructor", "toString", "__proto__"]) {
      assert.strictEqual((decode(Part, { type: tag }) as Open.UnknownVariant).tag, tag)
    }
  })
})

describe("union", () => {
  const Content = Open.union<string | ReadonlyArray<Part>>(() => [Schema.String, Open.array(Part)])

  it("takes the member that fits", () => {
    assert.strictEqual(decode(Content, "hi"), "hi")
    assert.deepStrictEqual(decode(Content, [{ type: "text", text: "a" }]), [{ type: "text", text: "a" }])
  })

  it("fails with the mismatch of the member that got furthest", () => {
    assert.deepStrictEqual(failure(Content, [{ type: "text", text: 4 }]).path, [0, "text"])
  })

  it("a member that does not fit leaves no trace in what the next one decodes", () => {
    const Strict = Open.struct<{ readonly parts: ReadonlyArray<Part>; readonly sum: ReadonlyArray<number> }>(() => ({
      parts: Open.array(Part),
      sum: Open.array(Schema.Number)
    }))
    const Loose = Open.struct<{ readonly parts: ReadonlyArray<unknown>; readonly sum: unknown }>(() => ({
      parts: Open.array(Schema.Unknown),
      sum: Schema.Unknown
    }))
    const Either = Open.union<unknown>(() => [Strict, Loose])
    const json = { parts: [{ type: "image" }], sum: "none" }
    assert.deepStrictEqual(decode(Either, json), json)
  })
})

describe("a union of objects", () => {
  const Word = Open.struct<{ readonly word: string; readonly at: number }>(() => ({
    word: Schema.String,
    at: Schema.Number
  }))
  const Plain = Open.struct<{ readonly text: string }>(() => ({ text: Schema.String }))
  const Timed = Open.struct<{ readonly text: string; readonly words: ReadonlyArray<unknown> }>(() => ({
    text: Schema.String,
    words: Open.array(Word)
  }))
  const Either = Open.union<object>(() => [Timed, Plain])
  const wrong = { text: "a", words: [{ word: "a", at: "0" }] }

  it("takes no field of the wrong type for a property that nobody knows", () => {
    assert.deepStrictEqual(failure(Either, wrong).path, ["words", 0, "at"])
  })

  it("does so whatever the order of its members, and within others", () => {
    const Reversed = Open.union<object>(() => [Plain, Timed])
    const Outer = Open.union<object>(() => [
      Open.struct<{ readonly of: object; readonly by: string }>(() => ({ of: Reversed, by: Schema.String })),
      Open.struct<{ readonly of: object; readonly at: string }>(() => ({ of: Reversed, at: Schema.String }))
    ])
    assert.deepStrictEqual(failure(Reversed, wrong).path, ["words", 0, "at"])
    assert.deepStrictEqual(failure(Outer, { of: wrong }).path, ["of", "words", 0, "at"])
    assert.deepStrictEqual(failure(Open.array(Reversed), [wrong]).path, [0, "words", 0, "at"])
  })

  it("keeps properties that nobody knows", () => {
    const json = { text: "a", language: "en", wordCount: [1] }
    assert.deepStrictEqual(decode(Either, json), json)
  })

  it("goes by no property that is null", () => {
    assert.deepStrictEqual(decode(Either, { text: "a", words: null }), { text: "a", words: null })
  })

  it("leaves a wrong type to a member that knows as many of the properties", () => {
    const Counted = Open.struct<{ readonly text: string; readonly words: number }>(() => ({
      text: Schema.String,
      words: Schema.Number
    }))
    const json = { text: "a", words: 2 }
    assert.deepStrictEqual(
      decode(
        Open.union<object>(() => [Timed, Plain, Counted]),
        json
      ),
      json
    )
  })

  it("holds no member responsible that the value's tag rules out", () => {
    const Tagged = Open.struct<{ readonly type: "timed"; readonly text: string; readonly words: number }>(() => ({
      type: Open.tag("timed"),
      text: Schema.String,
      words: Schema.Number
    }))
    const json = { type: "plain", text: "a", words: "two" }
    assert.deepStrictEqual(
      decode(
        Open.union<object>(() => [Tagged, Plain]),
        json
      ),
      json
    )
    assert.deepStrictEqual(
      failure(
        Open.union<object>(() => [Tagged, Plain]),
        { ...json, type: "timed" }
      ).path,
      ["words"]
    )
  })

  it("lets a record take what no object with fields does", () => {
    const json = { text: 5, words: 2 }
    assert.deepStrictEqual(
      decode(
        Open.union<object>(() => [Timed, Open.record(Schema.Number)]),
        json
      ),
      json
    )
  })

  it("tells the mismatch of the member that knows most of what is within too", () => {
    const Spoken = Open.struct<{ readonly text: string; readonly words: ReadonlyArray<unknown> }>(() => ({
      text: Schema.String,
      words: Open.array(
        Open.struct<{ readonly word: number; readonly speaker: string }>(() => ({
          word: Schema.Number,
          speaker: Schema.String
        }))
      )
    }))
    assert.deepStrictEqual(
      failure(
        Open.union<object>(() => [Spoken, Timed]),
        wrong
      ).path,
      ["words", 0, "at"]
    )
  })

  it("gives the variants of the member that knows most of the value", () => {
    const Parted = Open.struct<{ readonly text: string; readonly part: Part }>(() => ({
      text: Schema.String,
      part: Part
    }))
    const value = decode(
      Open.union<object>(() => [Plain, Parted]),
      { text: "a", part: { type: "image" } }
    )
    assert.strictEqual((value as { readonly part: Open.UnknownVariant }).part.type, "~unknown")
  })
})

describe("strict decoding", () => {
  const accepts = (json: unknown) => {
    assert.deepStrictEqual(decode(Call, json, "strict"), json)
  }

  it("accepts what is documented", () => {
    accepts({ ...call, note: null, labels: { a: 1 } })
  })

  for (const [name, json, path] of [
    ["an unknown property", { ...call, extra: 1 }, ["extra"]],
    ["an unknown property within", { ...call, part: { type: "text", text: "a", extra: 1 } }, ["part", "extra"]],
    ["an unknown literal", { ...call, mode: "turbo" }, ["mode"]],
    ["an unknown variant", { ...call, part: { type: "image" } }, ["part", "type"]],
    ["an absent scalar", { ...call, id: undefined }, ["id"]],
    ["a scalar that is null", { ...call, cost: null }, ["cost"]]
  ] as const) {
    it(`fails for ${name}`, () => {
      assert.deepStrictEqual(failure(Call, json, "strict").path, path)
    })
  }

  it("does not change what open decoding accepts of the same schema", () => {
    failure(Call, { ...call, mode: "turbo" }, "strict")
    assert.deepStrictEqual(decode(Call, { ...call, mode: "turbo" }), { ...call, mode: "turbo" })
  })
})

describe("raw decoding", () => {
  it("checks nothing", () => {
    assert.deepStrictEqual(decode(Call, { id: 5 }, "raw"), { id: 5 })
  })
})

describe("the client's decode policy", () => {
  const endpoint = Endpoint.json<{}, Call, OpenAi>(OpenAi, { id: "call", method: "GET", path: "/call", success: Call })

  it.effect("is open by default", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ...call, mode: "turbo", extra: 1 } })
      const value = yield* endpoint().pipe(Effect.provide(openAiOver(http)))
      assert.strictEqual(value.mode, "turbo")
    })
  )

  it.effect("is set on the layer and replaced for a program", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ...call, mode: "turbo" } })
      const layer = openAiOver(http, { decoding: "strict" })
      const error = yield* failureOf(Effect.provide(endpoint(), layer))
      assert.deepStrictEqual(reasonOf(error, "DecodeError").path, ["mode"])
      const value = yield* endpoint().pipe(RequestOptions.withDecoding("open"), Effect.provide(layer))
      assert.strictEqual(value.mode, "turbo")
    })
  )

  it.effect("leaves a raw body that serialises to what the server sent", () =>
    Effect.gen(function* () {
      const body = { ...call, part: { type: "image", url: "u" }, extra: [{ type: "text" }] }
      const http = fakeHttp({ body })
      const response = yield* endpoint.withResponse().pipe(Effect.provide(openAiOver(http)))
      assert.strictEqual(response.value.part.type, "~unknown")
      assert.strictEqual(JSON.stringify(response.raw), JSON.stringify(body))
    })
  )

  it.effect("an answer that does not fit is a DecodeError with path, raw value and snippet", () =>
    Effect.gen(function* () {
      const body = { ...call, part: { type: "text", text: 5 } }
      const http = fakeHttp({ body, headers: { "x-request-id": "req-1" } })
      const error = yield* failureOf(endpoint().pipe(Effect.provide(openAiOver(http))))
      const reason = reasonOf(error, "DecodeError")
      assert.deepStrictEqual(reason.path, ["part", "text"])
      assert.strictEqual(reason.expected, "a string")
      assert.deepStrictEqual(reason.raw, body)
      assert.strictEqual(error.requestId, "req-1")
      assert.strictEqual(error.response?.body, JSON.stringify(body))
    })
  )
})

describe("the client's decoder and Effect's decoder of the same schema", () => {
  type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

  interface Sample {
    readonly name: string
    readonly schema: Open.Codec<unknown>
    readonly valid: fc.Arbitrary<Json>
  }

  const key = fc.constantFrom("a", "b", "c", "type", "extra")
  const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom<Json>(null, true, 1, "x", "fast", "text", ""),
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(key, tie("json"), { maxKeys: 4, noNullPrototype: true })
    )
  })).json

  const scalar: fc.Arbitrary<Sample> = fc.constantFrom<Sample>(
    { name: "string", schema: Schema.String, valid: fc.constantFrom("x", "") },
    { name: "number", schema: Schema.Number, valid: fc.constantFrom(0, -1.5) },
    { name: "boolean", schema: Schema.Boolean, valid: fc.boolean() },
    { name: "literals", schema: Open.literals("fast", "slow"), valid: fc.constantFrom("fast", "other") },
    { name: "tag", schema: Open.tag("text"), valid: fc.constant("text") },
    { name: "null", schema: Schema.Null, valid: fc.constant(null) }
  )

  /** Only as a field or an item: `unknown` within a union is `unknown`. */
  const anything: Sample = { name: "unknown", schema: Schema.Unknown, valid: anyJson }

  interface Field {
    readonly of: Sample
    readonly isOptional: boolean
  }

  /** An object, or, with a tag, a member of a tagged union. */
  const object = (fields: { readonly [name: string]: Field }, tag?: string): Sample => ({
    name: `{${Object.entries(fields)
      .map(([name, { isOptional, of }]) => `${name}${isOptional ? "?" : ""}: ${of.name}`)
      .join(", ")}${tag === undefined ? "" : `, type: ${tag}`}}`,
    schema: Open.struct<Record<string, unknown>>(() => ({
      ...Object.fromEntries(
        Object.entries(fields).map(([name, { isOptional, of }]) => [
          name,
          isOptional ? Open.optional(of.schema) : of.schema
        ])
      ),
      ...(tag === undefined ? {} : { type: Open.tag(tag) })
    })),
    valid: fc
      .record(Object.fromEntries(Object.entries(fields).map(([name, { of }]) => [name, of.valid])), {
        noNullPrototype: true
      })
      .map((json): Json => (tag === undefined ? json : { ...json, type: tag }))
  })

  /** A schema together with values that it accepts. */
  const sample: fc.Arbitrary<Sample> = fc.letrec<{ sample: Sample }>((tie) => {
    const inner = tie("sample")
    const fields = fc.dictionary(
      fc.constantFrom("a", "b", "c"),
      fc.record({ of: fc.oneof({ weight: 4, arbitrary: inner }, fc.constant(anything)), isOptional: fc.boolean() }),
      {
        minKeys: 1,
        maxKeys: 3,
        noNullPrototype: true
      }
    )
    return {
      sample: fc.oneof(
        { maxDepth: 3, depthSize: "small", withCrossShrink: true },
        scalar,
        inner.map(({ name, schema, valid }) => ({
          name: `${name}[]`,
          schema: Open.array(schema),
          valid: fc.array(valid, { maxLength: 3 })
        })),
        inner.map(({ name, schema, valid }) => ({
          name: `record(${name})`,
          schema: Open.record(schema),
          valid: fc.dictionary(key, valid, { maxKeys: 3, noNullPrototype: true })
        })),
        inner.map(({ name, schema, valid }) => ({
          name: `nullable(${name})`,
          schema: Open.nullable(schema),
          valid: fc.oneof(valid, fc.constant(null))
        })),
        inner.map(({ name, schema, valid }) => ({ name: `lazy(${name})`, schema: Open.lazy(() => schema), valid })),
        fields.map((fields) => object(fields)),
        fc.array(inner, { minLength: 1, maxLength: 3 }).map((members) => ({
          name: members.map(({ name }) => name).join(" | "),
          schema: Open.union<unknown>(() => members.map(({ schema }) => schema)),
          valid: fc.oneof(...members.map(({ valid }) => valid))
        })),
        fc.tuple(fields, fields).map(([first, second]) => {
          const text = object(first, "text")
          const other = object(second, "fast")
          return {
            name: `tagged(${text.name}, ${other.name})`,
            schema: Open.taggedUnion<unknown>("type", () => ({ text: text.schema, fast: other.schema })),
            valid: fc.oneof(text.valid, other.valid)
          }
        })
      )
    }
  }).sample

  /** A JSON value with one place changed: replaced, left out, or added to. */
  const mutated = (json: Json, replacement: Json, choice: number): Json => {
    const entries: ReadonlyArray<readonly [string, Json]> =
      typeof json === "object" && json !== null ? Object.entries(json) : []
    if (entries.length === 0 || choice % 5 === 0) return replacement
    const index = choice % entries.length
    const [name, value] = entries[index] ?? ["", null]
    const rest = Math.floor(choice / 5)
    if (Array.isArray(json)) return json.map((item, at) => (at === index ? mutated(item, replacement, rest) : item))
    const others = Object.fromEntries(entries.filter(([other]) => other !== name))
    if (choice % 5 === 1) return others
    if (choice % 5 === 2) return { ...Object.fromEntries(entries), extra: replacement }
    return { ...others, [name]: mutated(value, replacement, rest) }
  }

  const accepted = (schema: Open.Codec<unknown>, json: Json): { readonly value: unknown } | undefined => {
    try {
      return { value: decoderOf(schema, "exact")(structuredClone(json)) }
    } catch (error) {
      if (error instanceof MismatchFound) return undefined
      throw error
    }
  }

  const assertAgreement = (schema: Open.Codec<unknown>, json: Json): void => {
    const own = accepted(schema, json)
    const effect = decodeWithEffect(schema, json)
    assert.strictEqual(own !== undefined, Exit.isSuccess(effect), "one accepts what the other refuses")
    if (own === undefined || !Exit.isSuccess(effect)) return
    assert.deepStrictEqual(JSON.parse(JSON.stringify(own.value)), json)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(effect.value)), json)
    assert.deepStrictEqual(plain(own.value), plain(effect.value))
  }

  /** Own properties only, with unknown variants marked. */
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value !== "object" || value === null) return value
    const isVariant = "toJSON" in value
    return { isVariant, ...Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)])) }
  }

  const change = fc.record({
    replacement: fc.oneof(fc.constantFrom<Json>(null, "text", 1, {}, []), anyJson),
    choice: fc.nat()
  })

  /** A schema, a value that it accepts, and that value with one place changed in many ways. */
  const example = fc
    .record({ of: sample, changes: fc.array(change, { minLength: 12, maxLength: 12 }) })
    .chain(({ changes, of }) =>
      of.valid.map((json) => ({
        schema: of.schema,
        name: of.name,
        json,
        changed: changes.map(({ choice, replacement }) => mutated(json, replacement, choice))
      }))
    )

  it("agree on values that fit and on values that were changed", () => {
    fc.assert(
      fc.property(example, ({ changed, json, schema }) => {
        for (const value of [json, ...changed]) assertAgreement(schema, value)
      }),
      { numRuns: 500 }
    )
  })

  it("agree once a schema is hot", () => {
    fc.assert(
      fc.property(example, ({ changed, json, schema }) => {
        for (let run = 0; run < 250; run++) accepted(schema, json)
        for (const value of [json, ...changed]) assertAgreement(schema, value)
      }),
      { numRuns: 300 }
    )
  })
})
