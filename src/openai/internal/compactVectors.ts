import type { Behaviour } from "../../internal/behaviour.ts"
import { decodeFloats } from "../../internal/bytes/base64.ts"
import { arrayOf, isObject, type JsonObject } from "../../internal/json/json.ts"

/** Requests vectors in base64, a quarter of the size of numbers as text, if the caller does not name a format. */
export const compactVectors: Behaviour = {
  normalize: (body) => withIndices(body),
  send: (input) => (input["encoding_format"] === undefined ? { ...input, encoding_format: "base64" } : input),
  receive: (body, input) => {
    const isNamed = isObject(input) && input["encoding_format"] !== undefined
    return !isNamed && isObject(body) && Array.isArray(body["data"])
      ? { ...body, data: body["data"].map(withNumbers) }
      : body
  }
}

const withNumbers = (item: unknown): unknown => {
  if (!isObject(item) || typeof item["embedding"] !== "string") return item
  const floats = decodeFloats(item["embedding"])
  return floats === undefined ? item : { ...item, embedding: Array.from(floats) }
}

/** Some servers leave out an index, above all that of the first vector. */
const withIndices = (body: JsonObject): JsonObject => {
  const { data } = body
  const isComplete = arrayOf(data).every((item) => isObject(item) && typeof item["index"] === "number")
  if (isComplete || !Array.isArray(data)) return body
  const taken = new Set(data.map((item: unknown) => (isObject(item) ? item["index"] : undefined)))
  let next = 0
  const free = (): number => {
    while (taken.has(next)) next++
    return next++
  }
  return {
    ...body,
    data: data.map((item: unknown) =>
      isObject(item) && typeof item["index"] !== "number" ? { ...item, index: free() } : item
    )
  }
}
