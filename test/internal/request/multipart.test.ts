import { expect, it } from "@effect/vitest"
import { toParts } from "../../../src/internal/request/multipart.ts"

it("names the items of arrays and the properties of objects after their field", () => {
  expect(toParts({ n: 1, tags: ["a", "b"], nested: { deep: { flag: false } } }, {})).toEqual([
    { name: "n", text: "1" },
    { name: "tags[]", text: "a" },
    { name: "tags[]", text: "b" },
    { name: "nested[deep][flag]", text: "false" }
  ])
})

it("leaves out what is null, but not from an array", () => {
  expect(toParts({ a: null, b: { c: null, d: undefined, e: "f" } }, {})).toEqual([{ name: "b[e]", text: "f" }])
  expect(() => toParts({ a: { b: ["c", null] } }, {})).toThrow('The field "a[b][]" of a form cannot be null')
})

it("sends fields that have a media type as parts of that type", async () => {
  const parts = toParts(
    { session: { model: "m", tools: [null] }, sdp: "v=0" },
    { partTypes: { sdp: "application/sdp", session: "application/json" } }
  )
  const read = parts.map(async (part) =>
    "file" in part && part.file instanceof Blob
      ? [part.name, part.fileName, part.file.type, await part.file.text()]
      : part
  )
  expect(await Promise.all(read)).toEqual([
    ["session", "", "application/json", '{"model":"m","tools":[null]}'],
    ["sdp", "", "application/sdp", "v=0"]
  ])
})
