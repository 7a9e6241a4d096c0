/**
 * Values for tests: a test states what it cares about, the schema fills the rest with the least that fits. The same
 * input always gives the same value.
 *
 * @example
 * ```ts
 * import { Sample } from "llmfx/testing"
 * import { ChatCompletions } from "llmfx/openai"
 *
 * const answer = Sample.make(ChatCompletions.ChatCompletion, {
 *   choices: [{ message: { content: "hello" } }]
 * })
 * ```
 */
import type * as Schema from "effect/Schema"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import { fill } from "./internal/fill.ts"

/**
 * Any part of a value, however deep. Properties that the type does not know are allowed at run time only.
 *
 * @category models
 */
export type Partial<A> = unknown extends A
  ? unknown
  : A extends string | number | boolean | bigint | symbol | null | undefined | Uint8Array
    ? A
    : A extends ReadonlyArray<infer Item>
      ? ReadonlyArray<Partial<Item>>
      : { readonly [K in keyof A]?: Partial<A[K]> | undefined }

/**
 * How much is made up.
 *
 * @category models
 */
export interface Options {
  /** How many items to make for an array that is not given. Default: 0. */
  readonly items?: number | undefined
  /** `"fill"` also makes values that may be absent. Default: `"omit"`. */
  readonly optionals?: "omit" | "fill" | undefined
}

/**
 * The JSON of a value, as a server would send it. Text is the name of its property, a time the start of 2026, a
 * number 0, a literal or variant the first that is documented.
 *
 * @category constructors
 */
export const json = <A>(schema: Schema.Codec<A, unknown>, given?: Partial<A>, options?: Options): unknown =>
  fill(schema.ast, given, { items: options?.items ?? 0, optionals: options?.optionals === "fill" })

/**
 * The decoded value. Throws `ApiError.DecodeError` if the given part does not fit the schema.
 *
 * @category constructors
 */
export const make = <A>(schema: Schema.Codec<A, unknown>, given?: Partial<A>, options?: Options): A =>
  decode(schema)(json(schema, given, options))

const decode = <A>(schema: Schema.Codec<A, unknown>): ((json: unknown) => A) =>
  schemaDecoder(schema, "open") as (json: unknown) => A
