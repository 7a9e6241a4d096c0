import type { ClientConfig, Framing } from "../../internal/attempt/call.ts"
import { type Frame, makeFrameDecoder } from "../../internal/clouds/awsEventStream.ts"
import { notJson } from "../../internal/decode/schemaDecoder.ts"
import { isObject, parseJson, stringOf } from "../../internal/json/json.ts"

/** Decodes the events of Bedrock's binary streams. Server-sent events, which some gateways send, are left alone. */
export const framing: ClientConfig["framing"] = (contentType) =>
  contentType.includes("application/vnd.amazon.eventstream") ? bedrockEvents : undefined

const bedrockEvents: Framing = (sink, limit) =>
  makeFrameDecoder((frame) => {
    switch (frame.headers[":message-type"]) {
      case "event":
        if (frame.headers[":event-type"] === "chunk") sink("", chunkText(frame), undefined)
        return
      case "exception":
        return sink("error", errorText(frame.headers[":exception-type"], payloadOf(frame)), undefined)
      case "error":
        return sink(
          "error",
          errorText(frame.headers[":error-code"], { message: frame.headers[":error-message"] }),
          undefined
        )
    }
  }, limit)

const decoder = new TextDecoder()

const payloadOf = ({ payload }: Frame): unknown => {
  const text = decoder.decode(payload)
  const json = parseJson(text)
  return json === undefined ? { message: text } : json
}

/** A chunk is JSON that holds the event in base64. */
const chunkText = (frame: Frame): string => {
  const chunk = payloadOf(frame)
  const bytes = isObject(chunk) ? chunk["bytes"] : undefined
  if (typeof bytes !== "string") throw notJson(decoder.decode(frame.payload))
  const binary = atob(bytes)
  if (!/[\x80-\xff]/.test(binary)) return binary
  return decoder.decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)))
}

/** Writes an error event as Anthropic's own API does. */
const errorText = (type: string | undefined, detail: unknown): string =>
  JSON.stringify({
    type: "error",
    error: {
      ...(isObject(detail) ? detail : {}),
      type: type ?? "unknown",
      message: (isObject(detail) ? stringOf(detail["message"]) : undefined) ?? type ?? "The stream reports an error"
    }
  })
