/** The form of a cassette file: readable, and exact enough to answer as the server did. */
import { isObject } from "../../../internal/json/json.ts"
import { isDeep } from "../deepJson.ts"

/** A body in the form in which it is easiest to read. */
export type Body =
  | { readonly json: unknown }
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly form: ReadonlyArray<Part> }

/** A field or a file of a form. */
export interface Part {
  readonly name: string
  readonly filename?: string
  readonly type?: string
  readonly text?: string
  readonly base64?: string
}

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: Body
}

/** A piece of a streamed body. */
export interface Chunk {
  /** Milliseconds since the piece before, or since the head. */
  readonly after: number
  readonly text?: string
  readonly base64?: string
}

export interface RecordedResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body?: Body | { readonly chunks: ReadonlyArray<Chunk> }
  /** How the body ended if it broke: the code of the connection's failure, or the client went away. */
  readonly broken?: string
}

export interface Interaction {
  readonly request: RecordedRequest
  /** `undefined` if the connection failed; `failure` is the code. */
  readonly response?: RecordedResponse
  readonly failure?: string
}

export interface CassetteFile {
  readonly format: "llmfx-cassette"
  readonly version: 1
  readonly interactions: ReadonlyArray<Interaction>
}

/** Returns the interactions of a cassette, or `undefined` if the JSON is not one. Throws if it has another version. */
export const interactionsOf = (json: unknown): ReadonlyArray<Interaction> | undefined => {
  if (!isObject(json) || json["format"] !== "llmfx-cassette") return undefined
  if (json["version"] !== 1) throw new Error("it is not a cassette of this version")
  if (!Array.isArray(json["interactions"])) throw new Error("it has no interactions")
  return json["interactions"] as ReadonlyArray<Interaction>
}

export const writeCassette = (interactions: ReadonlyArray<Interaction>): string =>
  `${JSON.stringify({ format: "llmfx-cassette", version: 1, interactions } satisfies CassetteFile, null, 2)}\n`

export const toBase64 = (bytes: Uint8Array): string => {
  let binary = ""
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))

/** The text of bytes that are UTF-8; `undefined` for others. */
export const textOfBytes = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Integers that a JavaScript number cannot hold would be changed by parsing. */
const hasHugeNumber = (text: string): boolean => /[:[,]\s*-?\d{16,}\s*[,\]}]/.test(text)

/** Bytes as a body: JSON that is not nested deeply and text as such, everything else in base64. */
export const bodyOfBytes = (bytes: Uint8Array, contentType: string): Body | undefined => {
  if (bytes.length === 0) return undefined
  const text = textOfBytes(bytes)
  if (text === undefined) return { base64: toBase64(bytes) }
  if (!/[/+]json\b/.test(contentType) || hasHugeNumber(text) || isDeep(text)) return { text }
  try {
    return { json: JSON.parse(text) }
  } catch {
    return { text }
  }
}

/** The bytes of a body; forms have none of their own. */
export const bytesOfBody = (body: Body | undefined): Uint8Array => {
  if (body === undefined || "form" in body) return new Uint8Array(0)
  if ("base64" in body) return fromBase64(body.base64)
  return new TextEncoder().encode("text" in body ? body.text : JSON.stringify(body.json))
}

export const chunkOf = (after: number, bytes: Uint8Array): Chunk => {
  const text = textOfBytes(bytes)
  return text === undefined ? { after, base64: toBase64(bytes) } : { after, text }
}

export const bytesOfChunk = ({ base64, text }: Chunk): Uint8Array =>
  base64 === undefined ? new TextEncoder().encode(text ?? "") : fromBase64(base64)
