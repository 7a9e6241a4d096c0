import { decodeFloats } from "../../internal/bytes/base64.ts"
import type { Behaviour } from "../../internal/dialect.ts"
import { isObject } from "../../internal/json/json.ts"

/** Requests vectors in base64, a quarter of the size of numbers as text, if the caller does not name a format. */
export const compactVectors: Behaviour = {
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
