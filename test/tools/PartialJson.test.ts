import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { PartialJson } from "llmfx"

/** A text and the positions at which to cut it. */
const cutText = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.array(fc.nat(200), { maxLength: 20 })).map(([text, cuts]) => {
    const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b)
    return places.slice(1).map((end, i) => text.slice(places[i], end))
  })

const document = fc
  .tuple(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), fc.constantFrom(0, 1, 2))
  .map(([value, indent]) => JSON.stringify(value, null, indent))

const parseAll = (pieces: ReadonlyArray<string>) => {
  const parser = PartialJson.make()
  for (const piece of pieces) parser.push(piece)
  return parser.end()
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe("a whole text", () => {
  it("has the value of JSON.parse, however it is cut", () => {
    fc.assert(
      fc.property(cutText(document), (pieces) => {
        assert.deepStrictEqual(parseAll(pieces), Result.succeed(JSON.parse(pieces.join(""))))
      })
    )
  })

  it("is refused exactly if JSON.parse refuses it", () => {
    const broken = fc
      .tuple(
        document,
        fc.nat(100),
        fc.constantFrom("", '"', "\\", "}", "]", ",", ":", "0", "-", "e", "\n", "\\u00", "x")
      )
      .map(([text, at, noise]) => {
        const place = at % (text.length + 1)
        return text.slice(0, place) + noise + text.slice(place + (noise === "" ? 1 : 0))
      })
    fc.assert(
      fc.property(broken, (text) => {
        assert.strictEqual(Result.isSuccess(parseAll([text])), isJson(text))
      }),
      { numRuns: 500 }
    )
  })

  it("may have a key that is __proto__, as an own property", () => {
    const value = PartialJson.parse('{"__proto__": {"polluted": true}}') as object
    assert.deepStrictEqual(Object.getOwnPropertyNames(value), ["__proto__"])
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })

  it("of two megabytes in fifty thousand pieces is read at once", () => {
    const parser = PartialJson.make()
    parser.push('{"text": "')
    const start = performance.now()
    for (let i = 0; i < 50_000; i++) {
      parser.push("forty characters of text, more or less. ")
      parser.value()
    }
    assert.isBelow(performance.now() - start, 5000)
  })

  it("may not be nested deeper than a thousand levels", () => {
    const result = parseAll(["[".repeat(1001)])
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) assert.strictEqual(result.failure.position, 1000)
  })
})

describe("a text that goes on", () => {
  const seen = (...pieces: ReadonlyArray<string>) => {
    const parser = PartialJson.make()
    return pieces.map((piece) => {
      parser.push(piece)
      return parser.value()
    })
  }

  it("shows only strings before they are whole", () => {
    assert.deepStrictEqual(seen('{"a": "he', 'llo", "b": 12', '3, "c": tr', 'ue, "d', '": nul', "l}"), [
      { a: "he" },
      { a: "hello" },
      { a: "hello", b: 123 },
      { a: "hello", b: 123, c: true },
      { a: "hello", b: 123, c: true },
      { a: "hello", b: 123, c: true, d: null }
    ])
  })

  it("shows no half of an escape or of a character", () => {
    assert.deepStrictEqual(seen('"a\\', "n\\u00", "e9\\ud83d", '\\ude00"'), ["a", "a\n", "a\né", "a\né😀"])
  })

  it("leaves the values that it gave before as they were", () => {
    fc.assert(
      fc.property(cutText(document), (pieces) => {
        const parser = PartialJson.make()
        const values = pieces.map((piece) => {
          parser.push(piece)
          const value = parser.value()
          return { value, text: JSON.stringify(value) }
        })
        for (const { text, value } of values) assert.strictEqual(JSON.stringify(value), text)
      })
    )
  })

  it("has no value before anything is known", () => {
    assert.isUndefined(PartialJson.parse("  "))
    assert.isUndefined(PartialJson.parse("-1"))
  })
})

describe("a text that is not JSON", () => {
  it("is kept whole in the error, with the place of the fault", () => {
    const result = parseAll(['{"a": 1,', ' b": 2}', " and more"])
    assert.isTrue(Result.isFailure(result))
    if (Result.isSuccess(result)) return
    assert.strictEqual(result.failure.position, 9)
    assert.strictEqual(result.failure.text, '{"a": 1, b": 2} and more')
    assert.include(result.failure.message, "at character 9")
  })

  it("that only ends too early has its fault at the end", () => {
    const result = parseAll(['{"a": [1, 2'])
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) assert.strictEqual(result.failure.position, 11)
  })
})

describe("values", () => {
  it.effect("gives the value after each piece", () =>
    Effect.gen(function* () {
      const values = yield* Stream.make('[1, "a', 'b"', "]").pipe(
        Stream.rechunk(1),
        PartialJson.values,
        Stream.runCollect
      )
      assert.deepStrictEqual(values, [
        [1, "a"],
        [1, "ab"],
        [1, "ab"]
      ])
    })
  )

  it.effect("gives a number at the top when the text has ended", () =>
    Effect.gen(function* () {
      const values = yield* Stream.make("4", "2").pipe(PartialJson.values, Stream.runCollect)
      assert.deepStrictEqual(values, [42])
    })
  )

  it.effect("fails if the text is at fault, after the values before", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const exit = yield* Stream.make("[1,", "2,", "oops", "]").pipe(
        Stream.rechunk(1),
        PartialJson.values,
        Stream.runForEach((value) => Effect.sync(() => seen.push(value))),
        Effect.exit
      )
      assert.deepStrictEqual(seen.slice(0, 2), [[1], [1, 2]])
      const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
      assert.strictEqual(error?._tag, "PartialJsonError")
      assert.strictEqual(error?.position, 5)
    })
  )
})

describe("elements", () => {
  it.effect("gives each item as soon as it is whole", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      yield* Stream.make('{"n": [0], "list": [{"a": 1}', ', {"a"', ": [2, 3]}, 7", "], ", '"x": {"list": [9]}}').pipe(
        Stream.rechunk(1),
        Stream.tap((piece) => Effect.sync(() => seen.push(piece))),
        PartialJson.elements(["list"]),
        Stream.runForEach((item) => Effect.sync(() => seen.push(JSON.stringify(item))))
      )
      assert.deepStrictEqual(seen, [
        '{"n": [0], "list": [{"a": 1}',
        '{"a":1}',
        ', {"a"',
        ": [2, 3]}, 7",
        '{"a":[2,3]}',
        "], ",
        "7",
        '"x": {"list": [9]}}'
      ])
    })
  )

  it.effect("gives the items of an array at the top", () =>
    Effect.gen(function* () {
      const items = yield* Stream.make("[1, [2], ", "3]").pipe(PartialJson.elements(), Stream.runCollect)
      assert.deepStrictEqual(items, [1, [2], 3])
    })
  )

  it.effect("fails if the text breaks off", () =>
    Effect.gen(function* () {
      const exit = yield* Stream.make('["a", "b').pipe(PartialJson.elements(), Stream.runCollect, Effect.exit)
      assert.isTrue(Exit.isFailure(exit))
    })
  )
})
