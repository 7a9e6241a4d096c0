import * as fc from "fast-check"
import { expect, it } from "vitest"
import { makeUtf8Decoder } from "../../../src/internal/bytes/utf8.ts"

const decoded = (pieces: ReadonlyArray<Uint8Array>): string => {
  const decoder = makeUtf8Decoder()
  return pieces.map(decoder.push).join("") + decoder.end()
}

const cut = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, index) => bytes.slice(edges[index], end))
}

/** Random bytes that often begin, continue or break characters. */
const bytes = fc.uint8Array({ maxLength: 24 }).chain((random) =>
  fc.oneof(
    fc.constant(random),
    fc.string({ unit: "binary", maxLength: 12 }).map((text) => new TextEncoder().encode(text)),
    fc
      .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc3, 0xe2, 0xef, 0xbb, 0xf0, 0x9f, 0xf5, 0xff), { maxLength: 12 })
      .map((list) => Uint8Array.from(list))
  )
)

it("gives what TextDecoder gives, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(), { maxLength: 6 }), (all, places) => {
      expect(decoded(cut(all, places))).toBe(new TextDecoder().decode(all))
    }),
    { numRuns: 2_000 }
  )
})

it("strips a byte order mark at the start only", () => {
  const mark = [0xef, 0xbb, 0xbf]
  expect(decoded([Uint8Array.from([0xef]), Uint8Array.from([0xbb, 0xbf, 0x61]), Uint8Array.from(mark)])).toBe("a\ufeff")
})

it("replaces a character that the end cuts off", () => {
  expect(decoded([Uint8Array.from([0x61, 0xe2, 0x82])])).toBe("a\ufffd")
})
