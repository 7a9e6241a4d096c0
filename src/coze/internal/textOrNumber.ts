import * as Schema from "effect/Schema"
import type * as Open from "../../OpenSchema.ts"

/** A 64-bit integer, such as a time: some answers have it as a number, some as a string. */
export const textOrNumber: Open.Codec<string | number> = /*#__PURE__*/ Schema.Union([Schema.Number, Schema.String])
