/** A request as the emulator reads it, from a web request or from a client of Effect. */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpMethod from "effect/http/HttpMethod"
import * as Stream from "effect/Stream"
import { joinBytes } from "../../../internal/bytes/joinBytes.ts"
import { isDeep } from "../deepJson.ts"

type JsonObject = { readonly [key: string]: unknown }

export interface Incoming {
  readonly method: string
  readonly url: URL
  /** By name in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** The parameters; `name[]` is an array, `name[key]` an object. */
  readonly query: JsonObject
  /** The body as it was sent; empty for a form. */
  readonly text: string
  /** The fields of a JSON object or a form; `{}` without a body. */
  readonly body: JsonObject
  /** Whether the body is JSON, but not an object. */
  readonly isOther: boolean
  /** Why the body cannot be read. */
  readonly problem: BodyProblem | undefined
}

export type BodyProblem = "not JSON" | "not a form" | "too long" | "too deep"

/** A file of a form. */
export interface FileField {
  readonly _tag: "FileField"
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

export const isFileField = (u: unknown): u is FileField =>
  typeof u === "object" && u !== null && "_tag" in u && u._tag === "FileField"

/** Reads at most `limit` bytes of the body. */
export const fromWeb = (request: Request, limit: number): Effect.Effect<Incoming> =>
  Effect.promise(async () => {
    const headers = Object.fromEntries(request.headers)
    const head = headOf(request.method, new URL(request.url), headers)
    const bytes = await bytesOf(request, limit)
    return { ...head, ...(bytes === undefined ? tooLong : await bodyOf(bytes, headers["content-type"] ?? "")) }
  })

const bytesOf = async ({ body, headers }: Request, limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  if (Number(headers.get("content-length") ?? 0) > limit) {
    await body?.cancel()
    return undefined
  }
  const chunks: Array<Uint8Array> = []
  let length = 0
  const reader = body?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done || value === undefined) return joinBytes(chunks)
    length += value.length
    if (length > limit) {
      await reader?.cancel()
      return undefined
    }
    chunks.push(value)
  }
}

/** Reads what is in memory at once, so that a virtual clock cannot overtake it. */
export const fromClient = (
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  limit: number
): Effect.Effect<Incoming, unknown> => {
  const { body } = request
  const contentType = request.headers["content-type"] ?? ("contentType" in body ? body.contentType : undefined) ?? ""
  const head = headOf(request.method, url, {
    ...request.headers,
    ...(contentType === "" ? {} : { "content-type": contentType })
  })
  const ofText = (text: string): Incoming => ({ ...head, ...textBody(text, contentType) })
  const ofBytes = (bytes: Uint8Array<ArrayBuffer>): Effect.Effect<Incoming> =>
    bytes.length > limit
      ? Effect.succeed({ ...head, ...tooLong })
      : Effect.map(
          Effect.promise(() => bodyOf(bytes, contentType)),
          (body) => ({ ...head, ...body })
        )
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(ofText(""))
    case "Uint8Array":
      return body.body.length > limit
        ? Effect.succeed({ ...head, ...tooLong })
        : Effect.succeed(ofText(new TextDecoder().decode(body.body)))
    case "Raw":
      return typeof body.body === "string"
        ? Effect.succeed(body.body.length > limit ? { ...head, ...tooLong } : ofText(body.body))
        : Effect.flatMap(
            Effect.promise(() => new Response(body.body as BodyInit).arrayBuffer()),
            (buffer) => ofBytes(new Uint8Array(buffer))
          )
    case "FormData":
      return Effect.map(
        Effect.promise(() => formBody(body.formData)),
        (form) => ({ ...head, ...form })
      )
    case "Stream":
      return Effect.flatMap(Stream.runCollect(body.stream), (chunks) => ofBytes(joinBytes(chunks)))
  }
}

/** The request as a client would send it, without the parts of a form. */
export const toClient = ({ headers, method, text, url }: Incoming): HttpClientRequest.HttpClientRequest => {
  const head = HttpClientRequest.setHeaders(HttpClientRequest.make(method as HttpMethod.HttpMethod)(url), headers)
  return text === "" ? head : HttpClientRequest.setBody(head, HttpBody.raw(text))
}

const headOf = (method: string, url: URL, headers: Incoming["headers"]) => ({
  method: method.toUpperCase(),
  url,
  headers,
  query: nested(url.searchParams)
})

type Body = Pick<Incoming, "text" | "body" | "isOther" | "problem">

const unreadable = (problem: BodyProblem): Body => ({ text: "", body: {}, isOther: false, problem })

const tooLong = unreadable("too long")

const bodyOf = async (bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Body> => {
  if (!contentType.startsWith("multipart/form-data")) return textBody(new TextDecoder().decode(bytes), contentType)
  try {
    return await formBody(await new Response(bytes, { headers: { "content-type": contentType } }).formData())
  } catch {
    return unreadable("not a form")
  }
}

const textBody = (text: string, contentType: string): Body => {
  const sent = { text, isOther: false, problem: undefined }
  if (text === "") return { ...sent, body: {} }
  if (!/json/.test(contentType)) return { ...sent, body: { body: text } }
  if (isDeep(text)) return unreadable("too deep")
  try {
    const json: unknown = JSON.parse(text)
    const isObject = typeof json === "object" && json !== null && !Array.isArray(json)
    return isObject ? { ...sent, body: json as JsonObject } : { ...sent, body: { body: json }, isOther: true }
  } catch {
    return { ...unreadable("not JSON"), text }
  }
}

const formBody = async (form: FormData): Promise<Body> => {
  const entries: Array<readonly [string, unknown]> = []
  for (const [name, entry] of form.entries()) {
    if (typeof entry === "string") {
      entries.push([name, entry])
    } else {
      const file: FileField = {
        _tag: "FileField",
        name: entry.name,
        type: entry.type,
        bytes: new Uint8Array(await entry.arrayBuffer())
      }
      entries.push([name, file])
    }
  }
  return { text: "", body: nested(entries), isOther: false, problem: undefined }
}

const maxKeys = 20

/** `a[]` appends to an array, `a[b]` sets a property; any other name sets the value. */
const nested = (entries: Iterable<readonly [string, unknown]>): JsonObject => {
  const out: Record<string, unknown> = {}
  for (const [name, entry] of entries) {
    const [, head = name, rest = ""] = /^([^[]+)((?:\[[^\]]*\])*)$/.exec(name) ?? []
    const keys = rest === "" ? [] : rest.slice(1, -1).split("][")
    if (keys.length > maxKeys || keys.includes("__proto__") || head === "__proto__") continue
    set(out, head, keys, entry)
  }
  return out
}

const set = (target: Record<string, unknown>, name: string, keys: ReadonlyArray<string>, entry: unknown): void => {
  const [key, ...rest] = keys
  if (key === undefined) {
    target[name] = entry
    return
  }
  const old = target[name]
  if (key === "") {
    const array: Array<unknown> = Array.isArray(old) ? old : []
    array.push(entry)
    target[name] = array
    return
  }
  const object = typeof old === "object" && old !== null && !Array.isArray(old) ? (old as Record<string, unknown>) : {}
  set(object, key, rest, entry)
  target[name] = object
}
