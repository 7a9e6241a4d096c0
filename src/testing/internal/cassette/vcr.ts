/** Recordings made by VCR.py. */

import { isObject, type JsonObject } from "../../../internal/json/json.ts"
import { partsOfBytes } from "./capture.ts"
import { type Body, bodyOfBytes, type Interaction, type RecordedRequest, type RecordedResponse } from "./format.ts"

/** Returns the interactions of a parsed VCR.py cassette. Throws if it is not one. */
export const interactionsOfVcr = async (cassette: unknown): Promise<ReadonlyArray<Interaction>> => {
  if (!isObject(cassette) || !Array.isArray(cassette["interactions"]))
    throw new Error("it is neither a cassette nor a recording of VCR.py")
  return Promise.all(cassette["interactions"].filter(isObject).map(interactionOf))
}

const interactionOf = async ({ request, response }: JsonObject): Promise<Interaction> => {
  if (!isObject(request) || !isObject(response)) throw new Error("an interaction lacks its request or response")
  return { request: await requestOf(request), response: await responseOf(response) }
}

const requestOf = async (request: JsonObject): Promise<RecordedRequest> => {
  const headers = headersOf(request["headers"])
  const contentType = headers["content-type"] ?? (request["parsed_body"] === undefined ? "" : "application/json")
  const body = await bodyOf(request, contentType, headers["content-encoding"])
  return {
    method: String(request["method"]),
    url: String(request["uri"]),
    headers,
    ...(body === undefined ? {} : { body })
  }
}

const responseOf = async (response: JsonObject): Promise<RecordedResponse> => {
  const {
    "content-encoding": encoding,
    "content-length": _,
    "transfer-encoding": __,
    ...headers
  } = headersOf(response["headers"])
  const { status } = response
  const body = await bodyOf(response, headers["content-type"] ?? "", encoding)
  return {
    status: Number(isObject(status) ? status["code"] : (status ?? response["status_code"])),
    headers,
    ...(body === undefined ? {} : { body })
  }
}

const headersOf = (headers: unknown): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(isObject(headers) ? headers : {}).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(", ") : String(value)
    ])
  )

/** VCR.py has bodies as text, as bytes, within `string` or `base64_string`, or parsed. */
const bodyOf = async (
  message: JsonObject,
  contentType: string,
  encoding: string | undefined
): Promise<Body | undefined> => {
  if (message["parsed_body"] !== undefined) return { json: message["parsed_body"] }
  const holder = isObject(message["body"]) ? message["body"] : { string: message["body"] ?? message["content"] }
  const { base64_string: base64, string } = holder
  const raw =
    string instanceof Uint8Array
      ? string
      : typeof base64 === "string"
        ? Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
        : typeof string === "string"
          ? new TextEncoder().encode(string)
          : undefined
  if (raw === undefined || raw.length === 0) return undefined
  const bytes = await unpacked(raw, encoding)
  if (contentType.startsWith("multipart/form-data")) {
    try {
      return { form: await partsOfBytes(bytes, contentType) }
    } catch {
      // The recorder kept only a trace of the form.
      return undefined
    }
  }
  return bodyOfBytes(bytes, contentType)
}

/** Bytes that are compressed begin as their format does; VCR.py may also have unpacked them and kept the header. */
const unpacked = async (bytes: Uint8Array, encoding: string | undefined): Promise<Uint8Array> => {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  const isDeflate = encoding === "deflate" && bytes[0] === 0x78
  if (!isGzip && !isDeflate) return bytes
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream(isGzip ? "gzip" : "deflate"))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
