import { crc32 } from "node:zlib"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Frame, makeFrameDecoder } from "../../../src/internal/clouds/awsEventStream.ts"
import { frame, joined } from "../../support/aws.ts"

/** Feeds the pieces and collects what comes out. */
const decode = (pieces: ReadonlyArray<Uint8Array>, limit = 1_000_000) => {
  const frames: Array<Frame> = []
  const decoder = makeFrameDecoder(({ headers, payload }) => frames.push({ headers, payload: payload.slice() }), limit)
  for (const piece of pieces) decoder.push(piece)
  decoder.end()
  return frames
}

/** Cuts bytes at the given places. */
const cut = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length))
}

const name = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((text) => text !== "__proto__")
const header = fc.tuple(name, fc.oneof(fc.string({ maxLength: 30, unit: "grapheme" }), fc.integer()))
const arbitraryFrame = fc.record({
  headers: fc.uniqueArray(header, { maxLength: 5, selector: ([key]) => key }),
  payload: fc.uint8Array({ maxLength: 6000 })
})

describe("AWS event streams", () => {
  it("come out as they went in, however they are cut", () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryFrame, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (given, places) => {
          const bytes = joined(...given.map(({ headers, payload }) => frame(Object.fromEntries(headers), payload)))
          const expected = given.map(({ headers, payload }) => ({
            headers: Object.fromEntries(headers.filter(([, value]) => typeof value === "string")),
            payload
          }))
          expect(decode(cut(bytes, places))).toEqual(expected)
        }
      ),
      { numRuns: 100 }
    )
  })

  it("read a frame that was made elsewhere", () => {
    // Length 61, headers 32: `content-type: application/json` as text, then {'foo':'bar'}.
    const published =
      "0000003d00000020" +
      "07fd8396" +
      "0c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e" +
      "7b27666f6f273a27626172277d" +
      "8d9c08b1"
    const [first] = decode([Uint8Array.from(published.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))])
    expect(first?.headers).toEqual({ "content-type": "application/json" })
    expect(new TextDecoder().decode(first?.payload)).toBe("{'foo':'bar'}")
  })

  it("notice any bit that has changed", () => {
    const bytes = frame({ ":message-type": "event" }, "payload")
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = bytes.slice()
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        expect(() => decode([damaged])).toThrow(/damaged/)
      })
    )
  })

  it("give nothing for a frame that is cut off", () => {
    const bytes = joined(frame({ a: "1" }, "one"), frame({ a: "2" }, "two"))
    expect(decode([bytes.subarray(0, bytes.length - 1)]).map(({ headers }) => headers)).toEqual([{ a: "1" }])
  })

  it("refuse a frame above the limit before it is there", () => {
    const bytes = frame({}, new Uint8Array(2000))
    expect(() => decode([bytes.subarray(0, 12)], 1000)).toThrow(/limit of 1000/)
  })

  it("pass over header values of every type", () => {
    const values = [
      "00",
      "01",
      "02ff",
      "03ffff",
      "04ffffffff",
      `05${"ff".repeat(8)}`,
      "060002abcd",
      "07000178",
      `08${"ff".repeat(8)}`,
      `09${"ff".repeat(16)}`
    ]
    const head = values.map((value, index) => `02${Buffer.from(`h${index}`).toString("hex")}${value}`).join("")
    const whole = rebuilt(Buffer.from(head, "hex"), Buffer.from("x"))
    expect(decode([whole])[0]?.headers).toEqual({ h7: "x" })
  })

  it("take many frames in linear time", () => {
    const one = frame({ ":message-type": "event" }, "x".repeat(1000))
    const many = joined(...Array.from({ length: 5000 }, () => one))
    expect(
      decode(
        cut(
          many,
          Array.from({ length: 1000 }, (_, index) => index * 5003)
        ),
        10_000_000
      )
    ).toHaveLength(5000)
  })
})

/** A frame around headers that are bytes already. */
const rebuilt = (head: Uint8Array, payload: Uint8Array): Uint8Array => {
  const plain = frame({}, joined(head, payload))
  const view = new DataView(plain.buffer)
  view.setUint32(4, head.length)
  return resealed(plain)
}

const resealed = (bytes: Uint8Array): Uint8Array => {
  const view = new DataView(bytes.buffer)
  view.setUint32(8, crc32(bytes.subarray(0, 8)))
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)))
  return bytes
}
