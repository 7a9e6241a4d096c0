import * as Schema from "effect/Schema"
import type * as Open from "../../OpenSchema.ts"

/** A 64-bit integer, such as a time. Some responses send a number, some a string. */
export const textOrNumber: Open.Codec<string | number> = /*#__PURE__*/ Schema.Union([Schema.Number, Schema.String])
