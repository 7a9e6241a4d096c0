/** A request as the emulator reads it, from a web request or from a client of Effect. */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpMethod from "effect/http/HttpMethod"
import * as Stream from "effect/Stream"
import type { JsonObject } from "../../../internal/json/json.ts"

export interface Incoming {
  readonly method: string
  readonly url: URL
  /** By name in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** The parameters; `name[]` is an array, `name[key]` an object. */
  readonly query: JsonObject
  /** The body as it was sent; empty for a form. */
  readonly text: string
  /** The fields of a JSON object or a form; `{}` where there is none. */
  readonly body: JsonObject
  /** Whether the body is one that should have been JSON and is not. */
  readonly malformed: boolean
}

/** A file of a form. */
export interface FileField {
  readonly _tag: "FileField"
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

export const isFileField = (u: unknown): u is FileField =>
  typeof u === "object" && u !== null && "_tag" in u && u._tag === "FileField"

export const fromWeb = (request: Request): Effect.Effect<Incoming> =>
  Effect.promise(async () => {
    const headers = Object.fromEntries(request.headers)
    const contentType = headers["content-type"] ?? ""
    const head = headOf(request.method, new URL(request.url), headers)
    if (contentType.startsWith("multipart/form-data")) {
      return { ...head, ...(await formBody(await request.formData())) }
    }
    return { ...head, ...textBody(await request.text(), contentType) }
  })

/** Reads what is in memory at once, so that a virtual clock cannot overtake it. */
export const fromClient = (
  request: HttpClientRequest.HttpClientRequest,
  url: URL
): Effect.Effect<Incoming, unknown> => {
  const { body } = request
  const contentType = request.headers["content-type"] ?? ("contentType" in body ? body.contentType : undefined) ?? ""
  const head = headOf(request.method, url, request.headers)
  const ofText = (text: string): Incoming => ({ ...head, ...textBody(text, contentType) })
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(ofText(""))
    case "Uint8Array":
      return Effect.succeed(ofText(new TextDecoder().decode(body.body)))
    case "Raw":
      return typeof body.body === "string"
        ? Effect.succeed(ofText(body.body))
        : Effect.map(
            Effect.promise(() => new Response(body.body as BodyInit).text()),
            ofText
          )
    case "FormData":
      return Effect.map(
        Effect.promise(() => formBody(body.formData)),
        (form) => ({ ...head, ...form })
      )
    case "Stream":
      return Effect.flatMap(Stream.runCollect(body.stream), (chunks) =>
        Effect.promise(async () => {
          const response = new Response(new Blob(chunks as Array<Uint8Array<ArrayBuffer>>), {
            headers: { "content-type": contentType }
          })
          return contentType.startsWith("multipart/form-data")
            ? { ...head, ...(await formBody(await response.formData())) }
            : ofText(await response.text())
        })
      )
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

type Body = Pick<Incoming, "text" | "body" | "malformed">

const textBody = (text: string, contentType: string): Body => {
  if (text === "" || !/json/.test(contentType)) {
    return { text, body: text === "" ? {} : { body: text }, malformed: false }
  }
  try {
    const json: unknown = JSON.parse(text)
    const isObject = typeof json === "object" && json !== null && !Array.isArray(json)
    return { text, body: isObject ? (json as JsonObject) : { body: json }, malformed: false }
  } catch {
    return { text, body: {}, malformed: true }
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
  return { text: "", body: nested(entries), malformed: false }
}

/** `a[]` appends to an array, `a[b]` sets a property; any other name sets the value. */
const nested = (entries: Iterable<readonly [string, unknown]>): JsonObject => {
  const out: Record<string, unknown> = {}
  for (const [name, entry] of entries) {
    const [, head = name, rest = ""] = /^([^[]+)((?:\[[^\]]*\])*)$/.exec(name) ?? []
    const keys = Array.from(rest.matchAll(/\[([^\]]*)\]/g), ([, key]) => key ?? "")
    if (keys.includes("__proto__") || head === "__proto__") continue
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
