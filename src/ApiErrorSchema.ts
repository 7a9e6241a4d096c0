/**
 * Encodes `ApiError` as JSON and decodes it again.
 *
 * Use it for errors that leave the process: in a workflow's activity, a remote procedure or a queue.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Activity from "effect/workflow/Activity"
 * import { ApiErrorSchema } from "llmfx"
 * import { ChatCompletions } from "llmfx/openai"
 *
 * const ask = Activity.make({
 *   name: "ask",
 *   success: Schema.Unknown,
 *   error: ApiErrorSchema.schema,
 *   execute: ChatCompletions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] })
 * })
 * ```
 */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as ApiError from "./ApiError.ts"
import { abridge } from "./internal/json/abridge.ts"

/** A value that JSON omits if it is `undefined`. */
const maybe = <S extends Schema.Constraint>(schema: S) =>
  Schema.UndefinedOr(schema).pipe(Schema.withDecodingDefaultKey(Effect.succeed(undefined)))

const text = /*#__PURE__*/ maybe(Schema.String)
const number = /*#__PURE__*/ maybe(Schema.Number)
/** Turns what a server sent, however large and nested, into JSON of bounded size. */
const foreign = /*#__PURE__*/ Schema.Unknown.pipe(
  Schema.decodeTo(
    Schema.Unknown,
    SchemaTransformation.transform<unknown, unknown>({ decode: identity, encode: abridge })
  )
)
/**
 * JSON writes `undefined` as `null`. Decoding takes the first member that accepts `null`, so `Undefined` comes first.
 */
const usage = /*#__PURE__*/ Schema.Union([Schema.Undefined, foreign]).pipe(
  Schema.withDecodingDefaultKey(Effect.succeed(undefined))
)
const duration = /*#__PURE__*/ maybe(Schema.DurationFromMillis)
const headers = /*#__PURE__*/ Schema.Record(Schema.String, Schema.String)

const partial = /*#__PURE__*/ Schema.Struct({ text: Schema.String, usage, events: Schema.Number })

const detail = { message: Schema.String, code: text, type: text, param: text, helpUrl: text }

const reason = <
  Tag extends string,
  Fields extends Schema.Struct.Fields,
  A extends Schema.TaggedStruct<Tag, Fields>["Type"]
>(
  tag: Tag,
  Class: new (fields: Schema.TaggedStruct<Tag, Fields>["Type"]) => A,
  fields: Fields
) =>
  Schema.TaggedStruct(tag, fields).pipe(
    Schema.decodeTo(
      Schema.instanceOf(Class),
      SchemaTransformation.transform({ decode: (plain) => new Class(plain), encode: (error) => error })
    )
  )

const limit = /*#__PURE__*/ Schema.Struct({ limit: number, remaining: number, reset: duration })

const Reason = /*#__PURE__*/ Schema.Union([
  reason("AuthenticationError", ApiError.AuthenticationError, detail),
  reason("PermissionDeniedError", ApiError.PermissionDeniedError, detail),
  reason("NotFoundError", ApiError.NotFoundError, detail),
  reason("InvalidRequestError", ApiError.InvalidRequestError, detail),
  reason("ConflictError", ApiError.ConflictError, detail),
  reason("RateLimitError", ApiError.RateLimitError, {
    ...detail,
    retryAfter: duration,
    limits: maybe(Schema.Record(Schema.String, limit))
  }),
  reason("QuotaExceededError", ApiError.QuotaExceededError, detail),
  reason("ContentPolicyError", ApiError.ContentPolicyError, detail),
  reason("OverloadedError", ApiError.OverloadedError, { ...detail, retryAfter: duration }),
  reason("ServerError", ApiError.ServerError, { ...detail, retryAfter: duration }),
  reason("NetworkError", ApiError.NetworkError, {
    message: Schema.String,
    phase: Schema.Literals(["dns", "connect", "tls", "request", "headers", "body"]),
    code: text
  }),
  reason("TimeoutError", ApiError.TimeoutError, {
    message: Schema.String,
    which: Schema.Literals(["headers", "body", "firstEvent", "idle", "total"]),
    duration: Schema.DurationFromMillis,
    attempt: Schema.Number
  }),
  reason("DecodeError", ApiError.DecodeError, {
    message: Schema.String,
    path: Schema.Array(Schema.Union([Schema.String, Schema.Number])),
    expected: Schema.String,
    raw: foreign
  }),
  reason("StreamError", ApiError.StreamError, { ...detail, raw: foreign }),
  reason("StreamTruncatedError", ApiError.StreamTruncatedError, {
    message: Schema.String,
    partial
  }),
  reason("UnexpectedResponseError", ApiError.UnexpectedResponseError, { message: Schema.String, contentType: text }),
  reason("RequestError", ApiError.RequestError, { message: Schema.String })
])

const Tag = /*#__PURE__*/ Schema.Literals(Reason.members.map(({ from }) => from.fields._tag.schema.literal))

/**
 * Any `ApiError` as a JSON object. `raw` and `usage` stay as the server sent them.
 *
 * @category utilities
 */
export const schema: Schema.Codec<ApiError.ApiError, unknown> = /*#__PURE__*/ Schema.TaggedStruct("ApiError", {
  provider: Schema.String,
  endpoint: Schema.String,
  reason: Reason,
  request: maybe(Schema.Struct({ method: Schema.String, url: Schema.String, headers })),
  response: maybe(Schema.Struct({ status: Schema.Number, headers, requestId: text, body: text })),
  attempts: Schema.Array(Schema.Struct({ reason: Tag, status: number, waited: Schema.Number })),
  partial: Schema.optional(partial)
}).pipe(
  Schema.decodeTo(
    Schema.instanceOf(ApiError.ApiError),
    SchemaTransformation.transform({ decode: (plain) => new ApiError.ApiError(plain), encode: (error) => error })
  )
)
