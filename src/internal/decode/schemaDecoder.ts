import type * as Schema from "effect/Schema"
import * as ApiError from "../../ApiError.ts"
import type { Decoding } from "../../RequestOptions.ts"
import type { JsonParser } from "../json/patternParser.ts"
import { type DecoderOf, decoderOf, MismatchFound, makeDecoderOf } from "./compileDecoder.ts"
import { generateObject } from "./generateParser.ts"

/** Makes a function that decodes parsed JSON. It throws a `DecodeError` that holds `raw`. */
export type MakeDecoder = (schema: Schema.Constraint | undefined, decoding: Decoding) => (json: unknown) => unknown

const makerWith =
  (decoderOf: DecoderOf): MakeDecoder =>
  (schema, decoding) =>
    schema === undefined || decoding === "raw" ? (json) => json : throwing(decoderOf(schema, decoding))

export const schemaDecoder: MakeDecoder = /*#__PURE__*/ makerWith(decoderOf)

/** For values of which there are many: events, lines, items. */
export const hotSchemaDecoder: MakeDecoder = /*#__PURE__*/ makerWith(/*#__PURE__*/ makeDecoderOf(generateObject))

const throwing =
  (decode: (json: unknown) => unknown) =>
  (json: unknown): unknown => {
    try {
      return decode(json)
    } catch (thrown) {
      throw thrown instanceof MismatchFound ? mismatchError(thrown, json) : thrown
    }
  }

const mismatchError = ({ mismatch: { actual, expected, path } }: MismatchFound, raw: unknown): ApiError.DecodeError =>
  new ApiError.DecodeError({
    message: `At ${formatPath(path)}: expected ${expected}, got ${describe(actual)}`,
    path,
    expected,
    raw
  })

const formatPath = (path: ReadonlyArray<string | number>): string =>
  path.length === 0
    ? "the top"
    : path
        .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
        .join("")
        .replace(/^\./, "")

/** Replaces long values instead of cutting them: redaction would not recognise half a secret. */
const describe = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object" && value !== null) return "an object"
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `a text of ${text.length - 2} characters` : text
}

/** Parses the JSON of an event or a line. */
export const parseJson = (text: string, parse: JsonParser): unknown => {
  try {
    return parse(text)
  } catch {
    throw notJson(text)
  }
}

/** The error for a text that should have been JSON. */
export const notJson = (text: string): ApiError.DecodeError =>
  new ApiError.DecodeError({
    message: `Expected JSON, got ${text.length > 80 ? `a text of ${text.length} characters` : text}`,
    path: [],
    expected: "JSON",
    raw: text
  })
