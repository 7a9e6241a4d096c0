import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { EventStream } from "llmfx"

const utf8 = new TextEncoder()

/** The text without halves of characters, which UTF-8 cannot hold. */
const wellFormed = (text: string): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(utf8.encode(text))

/** The events of bytes that arrive in the given pieces. */
const decode = (pieces: Iterable<Uint8Array>, limit?: number): ReadonlyArray<EventStream.Event> => {
  const events: Array<EventStream.Event> = []
  const decoder = EventStream.makeSseDecoder((event, data, id) => events.push({ event, data, id }), limit)
  for (const piece of pieces) decoder.push(piece)
  decoder.end()
  return events
}

const decodeText = (...texts: ReadonlyArray<string>) => decode(texts.map((text) => utf8.encode(text)))

/** The data of events, for tests in which nothing else differs. */
const dataOf = (...texts: ReadonlyArray<string>) => decodeText(...texts).map(({ data }) => data)

const linesOf = (pieces: Iterable<Uint8Array>, limit?: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const decoder = EventStream.makeJsonLinesDecoder((_, line) => lines.push(line), limit)
  for (const piece of pieces) decoder.push(piece)
  decoder.end()
  return lines
}

/** The bytes cut at the given places. */
const cut = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((start, index) => bytes.subarray(start, sorted[index] ?? bytes.length))
}

const everyByte = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))

/**
 * Applies the standard's algorithm to a whole text, except that the last event is delivered without its blank line if it
 * has data, or ends with its line.
 */
const reference = (text: string): ReadonlyArray<EventStream.Event> => {
  const events: Array<EventStream.Event> = []
  let event = ""
  let data: ReadonlyArray<string> = []
  let id: string | undefined
  const dispatch = () => {
    if (data.length > 0) events.push({ event, data: data.join("\n"), id })
    event = ""
    data = []
  }
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)
  for (const line of lines) {
    if (line === "") {
      dispatch()
      continue
    }
    const [, field, value = ""] = /^([^:]*)(?::\x20?([\s\S]*))?$/.exec(line) ?? []
    if (field === "data") data = [...data, value]
    else if (field === "event") event = value
    else if (field === "id" && !value.includes("\0")) id = value
  }
  if (lines.at(-1) === "" || data.join("").trim() !== "") dispatch()
  return events
}

const places = fc.array(fc.nat(), { maxLength: 12 })

/** Text out of the pieces that matter to the format. */
const streamText = fc
  .array(
    fc.oneof(
      fc.constantFrom("\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r"),
      fc.constantFrom(
        "data:",
        "data: ",
        "data",
        "event:",
        "event: x",
        "id:",
        "id: 7",
        "id: \0",
        "retry: 5",
        ":",
        ": c"
      ),
      fc.constantFrom(" ", "  ", "\t", ":", "\uFEFF", "\0", "é", "€", "😀", "\u2028", "Data: x", "datax: y", "[DONE]"),
      fc.string({ maxLength: 6 })
    ),
    { maxLength: 40 }
  )
  .map((parts) => wellFormed(parts.join("")))

describe("makeSseDecoder", () => {
  it("agrees with the standard's algorithm, however the bytes are cut", () => {
    fc.assert(
      fc.property(streamText, places, (text, places) => {
        const bytes = utf8.encode(text)
        const expected = reference(text)
        assert.deepStrictEqual(decode([bytes]), expected)
        assert.deepStrictEqual(decode(cut(bytes, places)), expected)
        assert.deepStrictEqual(decode(everyByte(bytes)), expected)
      }),
      { numRuns: 2000 }
    )
  })

  it("gives the same events for any bytes, however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), places, (bytes, places) => {
        const expected = decode([bytes])
        assert.deepStrictEqual(decode(cut(bytes, places)), expected)
        assert.deepStrictEqual(decode(everyByte(bytes)), expected)
      }),
      { numRuns: 500 }
    )
  })

  it("gives back every event that was written, with any mixture of line endings", () => {
    const line = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => wellFormed(text.replace(/[\r\n]/g, "")))
    // A blank line's LF would belong to a CR before it.
    const event = fc.record({
      event: line,
      data: fc.array(line, { minLength: 1, maxLength: 4 }),
      ending: fc.constantFrom("\n", "\r", "\r\n"),
      blank: fc.constantFrom("\r", "\r\n")
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), places, (events, places) => {
        const text = events
          .map(({ blank, data, ending, event }) =>
            [`event: ${event}`, ": a comment", "retry: 10", ...data.map((line) => `data: ${line}`), blank].join(ending)
          )
          .join(": between\n")
        const expected = events.map(({ data, event }) => ({ event, data: data.join("\n"), id: undefined }))
        assert.deepStrictEqual(decode(cut(utf8.encode(text), places)), expected)
      }),
      { numRuns: 500 }
    )
  })

  const cases: ReadonlyArray<readonly [name: string, texts: ReadonlyArray<string>, data: ReadonlyArray<string>]> = [
    ["LF", ["data: a\n\ndata: b\n\n"], ["a", "b"]],
    ["CR", ["data: a\r\rdata: b\r\r"], ["a", "b"]],
    ["CRLF", ["data: a\r\n\r\ndata: b\r\n\r\n"], ["a", "b"]],
    ["a CRLF cut in two", ["data: a\r", "\n\r", "\ndata: b\r", "\n"], ["a", "b"]],
    ["a CR at the end of a read that no LF follows", ["data: a\r", "data: b\r", "\r"], ["a\nb"]],
    ["several lines of data", ["data: a\ndata: b\ndata:\ndata: c\n\n"], ["a\nb\n\nc"]],
    ["only the first space is dropped", ["data:  a\n\ndata:a\n\n"], [" a", "a"]],
    ["data without a colon is an empty line", ["data\n\ndata\ndata\n\n"], ["", "\n"]],
    ["empty data is an event", ["data:\n\n"], [""]],
    ["an event without data is none", ["event: x\nid: 1\n\n\n\n"], []],
    ["comments are ignored", [": keep alive\n\ndata: a\n: between\ndata: b\n\n:\n\n"], ["a\nb"]],
    ["retry and unknown fields are ignored", ["retry: 1\nretry: x\nfoo: 1\nDATA: no\ndata: a\n\n"], ["a"]],
    ["a byte-order mark at the start is dropped", ["\uFEFFdata: a\n\n"], ["a"]],
    ["a byte-order mark elsewhere is a character", ["data: a\n\n\uFEFFdata: b\n\ndata: \uFEFFc\n\n"], ["a", "\uFEFFc"]],
    ["the last event without its blank line", ["data: a\n\ndata: b\n"], ["a", "b"]],
    ["the last event without its line ending", ["data: a\n\ndata: b"], ["a", "b"]],
    ["the last event ended by a single CR", ["data: a\r"], ["a"]],
    ["a colon in the value", ["data: a: b:c\n\n"], ["a: b:c"]],
    ["a line separator is no line ending", ["data: a\u2028b\u0085c\n\n"], ["a\u2028b\u0085c"]],
    ["no bytes at all", ["", ""], []]
  ]
  for (const [name, texts, data] of cases) {
    it(name, () => {
      assert.deepStrictEqual(dataOf(...texts), data)
    })
  }

  it("keeps the name for one event and the id for all that follow", () => {
    assert.deepStrictEqual(decodeText("event: x\nid: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"), [
      { event: "x", data: "a", id: "1" },
      { event: "", data: "b", id: "1" },
      { event: "", data: "c", id: "" }
    ])
  })

  it("takes the last of several names and ignores an id with a null character", () => {
    assert.deepStrictEqual(decodeText("event: x\nevent: y\nid: 1\nid: 2\0\ndata: a\n\n"), [
      { event: "y", data: "a", id: "1" }
    ])
  })

  it("puts characters together whose bytes are cut apart", () => {
    const bytes = utf8.encode("data: é€😀\n\n")
    assert.deepStrictEqual(
      decode(everyByte(bytes)).map(({ data }) => data),
      ["é€😀"]
    )
  })

  it("replaces bytes that are not UTF-8", () => {
    const bytes = Uint8Array.from([...utf8.encode("data: a"), 0xff, 0xc3, ...utf8.encode("\n\n")])
    assert.deepStrictEqual(
      decode([bytes]).map(({ data }) => data),
      ["a\uFFFD\uFFFD"]
    )
  })

  it("fails for an event longer than the limit, however the bytes are cut", () => {
    const long = utf8.encode(`data: ok\n\ndata: ${"x".repeat(100)}\n\n`)
    for (const pieces of [[long], everyByte(long), cut(long, [40, 80])]) {
      const events: Array<string> = []
      const decoder = EventStream.makeSseDecoder((_, data) => events.push(data), 50)
      assert.throws(
        () => {
          for (const piece of pieces) decoder.push(piece)
          decoder.end()
        },
        EventStream.EventTooLong,
        "longer than the limit of 50 characters"
      )
      assert.deepStrictEqual(events, ["ok"])
    }
  })

  it("counts all lines of an event towards the limit", () => {
    const many = utf8.encode(`${"data: 0123456789\n".repeat(20)}\n`)
    for (const pieces of [[many], everyByte(many)]) {
      assert.throws(() => decode(pieces, 100), EventStream.EventTooLong)
    }
    assert.strictEqual(decode([many], 300).length, 1)
  })

  it("does not count what lies between events towards the limit", () => {
    const text = `${": keep alive\n".repeat(50)}${"data: a\n\n".repeat(50)}`
    assert.strictEqual(decode([utf8.encode(text)], 20).length, 50)
  })
})

describe("makeJsonLinesDecoder", () => {
  it("gives the lines that are not blank, however the bytes are cut", () => {
    const text = fc
      .array(fc.oneof(fc.constantFrom("\n", "\r\n", "\r", " ", '{"a":1}', "é😀"), fc.string({ maxLength: 5 })))
      .map((parts) => wellFormed(parts.join("").replaceAll("\uFEFF", "")))
    fc.assert(
      fc.property(text, places, (text, places) => {
        const bytes = utf8.encode(text)
        const expected = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "")
        assert.deepStrictEqual(linesOf([bytes]), expected)
        assert.deepStrictEqual(linesOf(cut(bytes, places)), expected)
        assert.deepStrictEqual(linesOf(everyByte(bytes)), expected)
      }),
      { numRuns: 500 }
    )
  })

  it("gives the last line without its line ending", () => {
    assert.deepStrictEqual(linesOf([utf8.encode('{"a":1}\n{"b":2}')]), ['{"a":1}', '{"b":2}'])
  })

  it("fails for a line longer than the limit, however the bytes are cut", () => {
    const long = utf8.encode(`1\n${"2".repeat(100)}\n`)
    for (const pieces of [[long], everyByte(long)]) assert.throws(() => linesOf(pieces, 50), EventStream.EventTooLong)
  })
})

describe("the time to decode", () => {
  /** The shortest of some runs, in milliseconds. */
  const fastest = (runs: number, work: () => void): number => {
    let best = Infinity
    for (let run = 0; run < runs; run++) {
      const start = performance.now()
      work()
      best = Math.min(best, performance.now() - start)
    }
    return best
  }

  /** One event of the given length, in reads of the given size, which divides it. */
  const oneEvent = (length: number, read: number) => {
    // The same bytes over and over, so that the reads themselves cost no memory.
    const piece = utf8.encode("x".repeat(read))
    const pieces = [utf8.encode("data: "), ...Array.from({ length: length / read }, () => piece), utf8.encode("\n\n")]
    return () => {
      const [event] = decode(pieces)
      assert.strictEqual(event?.data.length, length)
    }
  }

  const size = 2 * 1024 * 1024

  // At four times the length, linear work takes about four times as long, quadratic work sixteen times.
  it("grows with the length of an event, not with its square, in reads of one byte", () => {
    const quarter = fastest(3, oneEvent(size / 4, 1))
    const whole = fastest(2, oneEvent(size, 1))
    assert.isBelow(whole / quarter, 9)
  })

  it("of 2 MB in reads of 64 KB is a fraction of that in reads of one byte", () => {
    const large = fastest(3, oneEvent(size, 65_536))
    const small = fastest(1, oneEvent(size, 1))
    assert.isBelow(large, small)
  })

  it("grows with the number of lines in a read, not with its square", () => {
    const lines = (count: number) => {
      const bytes = utf8.encode("data: x\r\n\r\ndata: y\n\n".repeat(count))
      return () => {
        assert.strictEqual(decode([bytes]).length, count * 2)
      }
    }
    const quarter = fastest(3, lines(25_000))
    const whole = fastest(3, lines(100_000))
    assert.isBelow(whole / quarter, 9)
  })
})

describe("decodeSse", () => {
  const bytesOf = (...texts: ReadonlyArray<string>) => texts.map((text) => utf8.encode(text))

  it.effect("gives the events of one read as one chunk", () =>
    Effect.gen(function* () {
      const reads = bytesOf("data: a\n\ndata: b\n\ndata: c\n\nda", "ta: d\n\n")
      const chunks = yield* Stream.fromIterable(reads).pipe(
        Stream.rechunk(1),
        EventStream.decodeSse(),
        Stream.chunks,
        Stream.map((events) => events.map(({ data }) => data)),
        Stream.runCollect
      )
      assert.deepStrictEqual(chunks, [["a", "b", "c"], ["d"]])
    })
  )

  it.effect("gives the events before a failure, and then the failure", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const error = yield* Stream.fromIterable(bytesOf("data: a\n\ndata: half")).pipe(
        Stream.concat(Stream.fail("broken" as const)),
        EventStream.decodeSse(),
        Stream.runForEach(({ data }) => Effect.sync(() => seen.push(data))),
        Effect.flip
      )
      assert.strictEqual(error, "broken")
      assert.deepStrictEqual(seen, ["a"])
    })
  )

  it.effect("fails with EventTooLong after the events before it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const error = yield* Stream.fromIterable(bytesOf("data: a\n\ndata: 12345678901234567890\n\n")).pipe(
        EventStream.decodeSse(10),
        Stream.runForEach(({ data }) => Effect.sync(() => seen.push(data))),
        Effect.flip
      )
      assert.strictEqual(error._tag, "EventTooLong")
      assert.strictEqual(error.limit, 10)
      assert.deepStrictEqual(seen, ["a"])
    })
  )
})

describe("decodeLines", () => {
  it.effect("gives the lines of a stream of bytes", () =>
    Effect.gen(function* () {
      const lines = yield* Stream.fromIterable([utf8.encode('{"a":'), utf8.encode("1}\n\n[2]\r\n3")]).pipe(
        EventStream.decodeLines(),
        Stream.runCollect
      )
      assert.deepStrictEqual(lines, ['{"a":1}', "[2]", "3"])
    })
  )
})
