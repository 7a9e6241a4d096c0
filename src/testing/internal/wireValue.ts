/** How each API writes the answer of an endpoint. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as ApiError from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { JsonObject } from "../../internal/json/json.ts"
import type * as Page from "../../Page.ts"
import * as Reply from "../Reply.ts"
import * as Script from "../Script.ts"
import { ConnectionLost } from "./ConnectionLost.ts"
import { pageBody } from "./pages.ts"
import { requestIdHeaders, type ServerReason } from "./wireFailure.ts"

/** The response to a call of kind `json`, `none`, `text` or `list`; the value of a list is a page. */
export const valueReply = (endpoint: Endpoint.Metadata, value: unknown, input: JsonObject): Reply.Reply =>
  Reply.withHeaders(plainReply(endpoint, value, input), requestIdHeaders(endpoint.provider))

const plainReply = (endpoint: Endpoint.Metadata, value: unknown, input: JsonObject): Reply.Reply => {
  switch (endpoint.kind) {
    case "text":
      return Reply.text(String(value))
    case "none":
      return endpoint.provider === "coze" ? Reply.json({ code: 0, msg: "" }) : Reply.empty()
    case "list": {
      const { body, items, next } = value as Page.Page<unknown>
      return endpoint.pagination === undefined
        ? Reply.json(body)
        : Reply.json(envelopeOfPage(endpoint, { ...body, ...pageBody(endpoint.pagination, items, next, input) }))
    }
    default:
      return endpoint.mayBeText === true && typeof value === "string"
        ? Reply.text(value)
        : Reply.json(enveloped(endpoint, value))
  }
}

/** The value within what the API puts around it. */
export const enveloped = (endpoint: Endpoint.Metadata, value: unknown): unknown =>
  endpoint.provider === "coze" && endpoint.envelope !== true ? { code: 0, msg: "", data: value } : value

/** A page within what the API puts around it. */
export const envelopeOfPage = (endpoint: Endpoint.Metadata, body: JsonObject): unknown => {
  if (endpoint.provider !== "coze") return body
  const isFlat = Array.isArray(body["data"]) || endpoint.path.startsWith("/open_api/")
  return isFlat ? { code: 0, msg: "", ...body } : { code: 0, msg: "", data: body }
}

/** The body of a call of kind `stream`, `jsonl` or `binary`. A failure becomes what the API sends in its place. */
export const streamReply = (
  endpoint: Endpoint.Metadata,
  values: Stream.Stream<unknown, ApiError.Reason>
): Reply.Reply => {
  const { body, headers } = streamForms(endpoint, values)
  return { status: 200, headers: { ...headers, ...requestIdHeaders(endpoint.provider) }, body }
}

const streamForms = (
  endpoint: Endpoint.Metadata,
  values: Stream.Stream<unknown, ApiError.Reason>
): Pick<Reply.Reply, "body" | "headers"> => {
  switch (endpoint.kind) {
    case "binary":
      return {
        headers: { "content-type": "application/octet-stream" },
        body: broken(values as Stream.Stream<Uint8Array, ApiError.Reason>)
      }
    case "jsonl":
      return {
        headers: { "content-type": "application/x-jsonl" },
        body: broken(Stream.map(values, (value) => encoder.encode(`${JSON.stringify(value)}\n`)))
      }
    default:
      return {
        headers: { "content-type": "text/event-stream; charset=utf-8" },
        body: values.pipe(
          Stream.map((value) => Script.framed(endpoint, value)),
          Stream.concat(endpoint.terminal === "finishReason" ? Stream.make(Script.done) : Stream.empty),
          Stream.catch((reason) => Stream.fromEffect(failureStep(endpoint, reason))),
          Stream.flatMap((step) => Script.toStream(Script.make(step)))
        )
      }
  }
}

const encoder = new TextEncoder()

const broken = (bytes: Stream.Stream<Uint8Array, ApiError.Reason>): Stream.Stream<Uint8Array, ConnectionLost> =>
  Stream.catch(bytes, (reason) =>
    Stream.fail(
      new ConnectionLost({ code: reason._tag === "NetworkError" ? (reason.code ?? "ECONNRESET") : "ECONNRESET" })
    )
  )

/** Returns the step that replaces the rest of a failing stream. */
const failureStep = (endpoint: Endpoint.Metadata, reason: ApiError.Reason): Effect.Effect<Script.Step> => {
  switch (reason._tag) {
    case "NetworkError":
      return Effect.succeed(Script.drop(reason.code))
    case "TimeoutError":
      return Effect.succeed(Script.stall)
    case "StreamTruncatedError":
      return Effect.succeed(Script.raw(""))
    case "DecodeError":
      return Effect.succeed(Script.framed(endpoint, reason.raw))
    case "UnexpectedResponseError":
    case "RequestError":
      return Effect.die(new Error(`${reason._tag} cannot come up within a stream`))
    default:
      return Effect.succeed(Script.error(endpoint, reason satisfies ServerReason))
  }
}
