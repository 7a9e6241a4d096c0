/** Turns an endpoint and its input into a request, without the credential. */

import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import { RequestError, type RequestSummary } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { RequestOptions } from "../../RequestOptions.ts"
import { messageOf } from "../errors/messageOf.ts"
import { plainQuery, plainRequestHeaders, plainUrl, type Scrub } from "../errors/redact.ts"
import { type JsonObject, writeJson } from "../json/json.ts"
import { before, withoutEnd } from "../text.ts"
import { rememberBody } from "./curl.ts"
import { hasFile, multipartBody, toParts } from "./multipart.ts"
import { appendQuery, type QueryStyle } from "./query.ts"

/** A request without its credential. */
export interface Wire {
  readonly method: Endpoint.Declaration["method"]
  readonly url: string
  /** Not to be changed: calls share them. */
  readonly headers: Headers.Headers
  readonly body: HttpBody.HttpBody
  /** The JSON body as text. */
  readonly json: string | undefined
  /** Whether the body can be sent again. */
  readonly replayable: boolean
  readonly summary: RequestSummary
  /** The query parameters that may hold a secret. */
  readonly secretQuery: ReadonlyArray<string>
}

/** A request whose body is not encoded yet. */
export interface Draft {
  readonly url: URL
  readonly headers: { readonly [name: string]: string }
  /** The JSON value, or the fields of the form. `undefined` if there is no body. */
  readonly body: unknown
}

/** Moves a request to another back end. Throws {@link RequestError} if that lacks the endpoint. */
export type Route = (draft: Draft, endpoint: Endpoint.Metadata) => Draft

/** The parts that do not change from call to call. */
export interface WireConfig {
  readonly baseUrl: string
  readonly headers: { readonly [name: string]: string }
  readonly queryStyle: QueryStyle
  readonly listHeaders?: ReadonlySet<string> | undefined
  /** The layer's headers: a call's list is joined with the layer's. */
  readonly layerHeaders?: RequestOptions["headers"]
  readonly route: Route | undefined
}

/** Writes an input; throws {@link RequestError}. */
export type WireMaker = (endpoint: Endpoint.Metadata, input: JsonObject, options: RequestOptions, scrub: Scrub) => Wire

export const makeWireMaker = (config: WireConfig): WireMaker => {
  const plain = new WeakMap<Endpoint.Metadata, Headers.Headers>()
  let base: Base | undefined
  /** Most calls of an endpoint have the same headers. */
  const headersOf = (endpoint: Endpoint.Metadata, fields: JsonObject, options: RequestOptions): Headers.Headers => {
    if (fields !== none || options.headers !== undefined || options.idempotencyKey !== undefined) {
      return makeHeaders(endpoint, fields, options, config)
    }
    let headers = plain.get(endpoint)
    if (headers === undefined) plain.set(endpoint, (headers = makeHeaders(endpoint, none, options, config)))
    return headers
  }
  return (endpoint, input, options, scrub) => {
    if (!/^[A-Za-z]+$/.test(endpoint.method)) {
      throw new RequestError({ message: `${JSON.stringify(endpoint.method)} is not an HTTP method` })
    }
    const fields = split(endpoint, input)
    const encoding = encodingOf(endpoint.body, fields.body)
    const start = options.baseUrl === undefined ? (base ??= parseBase(config.baseUrl)) : parseBase(options.baseUrl)
    const url = makeUrl(start, fields.path, fields.query, options.query, queryStyleOf(endpoint, config))
    const headers = headersOf(endpoint, fields.headers, options)
    const body = encoding === undefined ? undefined : wholeBody(endpoint, encoding, fields.body, options)
    const draft = config.route?.({ url: new URL(url), headers, body }, endpoint)
    const encoded =
      encoding === undefined ? noBody : encodeBody(endpoint, encoding, draft === undefined ? body : draft.body)
    return new PlainWire(
      endpoint,
      input,
      draft === undefined ? url : draft.url.href,
      withContentType(
        draft === undefined || draft.headers === headers ? headers : Headers.fromRecordUnsafe({ ...draft.headers }),
        encoded.contentType,
        options.headers
      ),
      encoded,
      scrub
    )
  }
}

class PlainWire implements Wire {
  readonly #endpoint: Endpoint.Metadata
  readonly #input: JsonObject
  readonly #scrub: Scrub
  #summary: RequestSummary | undefined
  readonly url: string
  readonly headers: Headers.Headers
  readonly body: HttpBody.HttpBody
  readonly json: string | undefined
  readonly replayable: boolean

  constructor(
    endpoint: Endpoint.Metadata,
    input: JsonObject,
    url: string,
    headers: Headers.Headers,
    { body, json, replayable }: Encoded,
    scrub: Scrub
  ) {
    this.#endpoint = endpoint
    this.#input = input
    this.#scrub = scrub
    this.url = url
    this.headers = headers
    this.body = body
    this.json = json
    this.replayable = replayable
  }

  get method() {
    return this.#endpoint.method
  }

  get summary(): RequestSummary {
    return (this.#summary ??= this.#summarize())
  }

  #summarize(): RequestSummary {
    const summary: RequestSummary = {
      method: this.method,
      url: plainUrl(new URL(this.url), (name) => this.#isPlain(name), this.#scrub),
      headers: plainRequestHeaders(this.headers, this.#scrub)
    }
    const { json } = this
    if (json !== undefined) rememberBody(summary, () => this.#scrub(json))
    return summary
  }

  get secretQuery(): ReadonlyArray<string> {
    return [...new URL(this.url).searchParams.keys()].filter((name) => !this.#isPlain(name))
  }

  #isPlain(name: string): boolean {
    const { fixed } = this.#endpoint
    return (
      plainQuery.has(name) || Object.hasOwn(this.#input, before(name, "[")) || (fixed !== undefined && name in fixed)
    )
  }
}

const queryStyleOf = ({ nullQuery }: Endpoint.Metadata, { queryStyle }: WireConfig): QueryStyle =>
  nullQuery === undefined ? queryStyle : { ...queryStyle, nulls: nullQuery }

interface Split {
  readonly path: string
  readonly query: JsonObject
  /** {@link none} if there are none. */
  readonly headers: JsonObject
  readonly body: JsonObject
}

const none: JsonObject = {}

const split = (endpoint: Endpoint.Metadata, input: JsonObject): Split => {
  const { body: encoding, fixed, headerParams, pathParams } = endpoint
  const path = pathParams.length === 0 ? endpoint.path : pathOf(endpoint.path, input)
  if (encoding === "json" && pathParams.length === 0 && headerParams === undefined && endpoint.query === undefined) {
    return { path, query: none, headers: none, body: input }
  }
  const query: Record<string, unknown> = encoding === undefined ? { ...fixed } : {}
  let headers: Record<string, unknown> | undefined
  const body: Record<string, unknown> = {}
  for (const name of Object.keys(input)) {
    const value = input[name]
    if (value === undefined || pathParams.includes(name)) continue
    if (headerParams !== undefined && name in headerParams) (headers ??= {})[name] = value
    else if (encoding === undefined || endpoint.query?.includes(name) === true) query[name] = value
    else body[name] = value
  }
  return { path, query, headers: headers ?? none, body }
}

const pathOf = (template: string, input: JsonObject): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => segment(name, input[name]))

const segment = (name: string, value: unknown): string => {
  if (typeof value !== "string" && typeof value !== "number") {
    throw new RequestError({ message: `The path parameter ${JSON.stringify(name)} is missing` })
  }
  const text = String(value)
  if (text === "" || text === "." || text === "..") {
    throw new RequestError({
      message: `The path parameter ${JSON.stringify(name)} must not be ${JSON.stringify(text)}`
    })
  }
  try {
    return encodeURIComponent(text)
  } catch {
    throw new RequestError({ message: `The path parameter ${JSON.stringify(name)} is not valid Unicode text` })
  }
}

const makeUrl = (
  base: Base,
  path: string,
  query: JsonObject,
  extra: JsonObject | undefined,
  style: QueryStyle
): string => {
  if (query === none && extra === undefined && base.query === "") return base.start + path
  const [pathname = "", fixed] = path.split("?")
  const parts: Array<string> = []
  if (base.query !== "") parts.push(base.query)
  if (fixed !== undefined) parts.push(fixed)
  for (const [name, value] of Object.entries(query)) {
    if (extra === undefined || !(name in extra)) appendQuery(parts, name, value, style)
  }
  if (extra !== undefined) {
    for (const [name, value] of Object.entries(extra)) appendQuery(parts, name, value, style)
  }
  return `${base.start}${pathname}${parts.length === 0 ? "" : `?${parts.join("&")}`}`
}

interface Base {
  /** Up to the path, without the slash at its end. */
  readonly start: string
  readonly query: string
}

const parseBase = (baseUrl: string): Base => {
  let url: URL
  try {
    url = new URL(baseUrl)
  } catch {
    throw new RequestError({ message: "The base URL is not a valid URL" })
  }
  if (url.username !== "" || url.password !== "") {
    throw new RequestError({ message: "The base URL must not hold a name or password: send it in a header" })
  }
  const query = url.search.slice(1)
  url.search = ""
  url.hash = ""
  return { start: withoutEnd(url.href, "/"), query }
}

interface Encoded {
  readonly body: HttpBody.HttpBody
  readonly json: string | undefined
  readonly contentType: string | undefined
  readonly replayable: boolean
}

const noBody: Encoded = { body: HttpBody.empty, json: undefined, contentType: undefined, replayable: true }

type Encoding = "json" | "multipart" | "sdp"

/** The body as a value: what the caller adds and edits is in it. */
const wholeBody = (
  endpoint: Endpoint.Metadata,
  encoding: Encoding,
  fields: JsonObject,
  options: RequestOptions
): unknown => {
  const all =
    options.body === undefined && endpoint.fixed === undefined
      ? fields
      : { ...fields, ...endpoint.fixed, ...options.body }
  if (encoding !== "json") return all
  const whole = endpoint.bodyField === undefined ? all : all[endpoint.bodyField]
  return whole === undefined || options.edits === undefined ? whole : edited(whole, options.edits)
}

const encodeBody = (endpoint: Endpoint.Metadata, encoding: Encoding, body: unknown): Encoded => {
  if (body === undefined) return noBody
  if (encoding === "json") return jsonBody(body)
  const fields = body as JsonObject
  if (encoding === "sdp") {
    const sdp = String(fields["sdp"])
    return {
      body: HttpBody.raw(sdp, { contentType: "application/sdp" }),
      json: undefined,
      contentType: "application/sdp",
      replayable: true
    }
  }
  const form = multipartBody(toParts(fields, endpoint))
  return { ...form, json: undefined, contentType: form.contentType }
}

const encodingOf = (encoding: Endpoint.BodyEncoding | undefined, fields: JsonObject): Encoding | undefined => {
  switch (encoding) {
    case undefined:
    case "json":
    case "multipart":
      return encoding
    case "jsonOrMultipart":
      return hasFile(fields) ? "multipart" : "json"
    case "sdpOrMultipart":
      return Object.keys(fields).every((name) => name === "sdp") ? "sdp" : "multipart"
  }
}

const jsonBody = (value: unknown): Encoded => {
  let json: string | undefined
  try {
    json = writeJson(value)
  } catch (error) {
    throw new RequestError({ message: `The input cannot be written as JSON: ${messageOf(error)}` })
  }
  // Looked for last: by now it is certain that the input does not lead back to itself.
  if (hasFile(value)) throw new RequestError({ message: "This endpoint takes JSON; a file cannot be sent in it" })
  if (json === undefined) throw new RequestError({ message: "The input cannot be written as JSON: it has no JSON" })
  return {
    body: HttpBody.raw(json, { contentType: "application/json" }),
    json,
    contentType: "application/json",
    replayable: true
  }
}

const edited = (value: unknown, edits: NonNullable<RequestOptions["edits"]>): unknown =>
  edits.reduce<unknown>((body, [path, replacement]) => edit(body, path, replacement), value)

const edit = (value: unknown, path: ReadonlyArray<string | number>, replacement: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return replacement
  if (Array.isArray(value)) {
    const copy: Array<unknown> = [...value]
    const index = Number(key)
    const isDeletion = rest.length === 0 && replacement === undefined
    if (!Number.isInteger(index) || index < 0 || (index > copy.length && !isDeletion)) {
      throw new RequestError({
        message: `An edit of the body names ${JSON.stringify(key)} in a list of ${copy.length}: it may replace one of its items or append one`
      })
    }
    if (isDeletion) copy.splice(index, 1)
    else copy[index] = edit(copy[index], rest, replacement)
    return copy
  }
  const object = typeof value === "object" && value !== null ? (value as JsonObject) : {}
  const { [key]: old, ...others } = object
  if (rest.length === 0 && replacement === undefined) return others
  return { ...others, [key]: edit(old, rest, replacement) }
}

const makeHeaders = (
  endpoint: Endpoint.Metadata,
  fields: JsonObject,
  options: RequestOptions,
  config: WireConfig
): Headers.Headers => {
  const headers: Record<string, string> = { accept: endpoint.accept ?? accepts[endpoint.kind] }
  const set = (name: string, value: string | null): void => {
    const lower = name.toLowerCase()
    if (value === null) delete headers[lower]
    else headers[lower] = checkedHeader(lower, value)
  }
  /** Sets a header. If the header holds a list, puts the new values before the existing ones instead. */
  const add = (name: string, value: string): void => {
    const lower = name.toLowerCase()
    const isList = config.listHeaders?.has(lower) === true
    set(name, isList ? [...new Set([...itemsOf(value), ...itemsOf(headers[lower] ?? "")])].join(",") : value)
  }
  for (const [name, value] of Object.entries(config.headers)) set(name, value)
  for (const [name, value] of Object.entries(endpoint.headers ?? {})) set(name, value)
  for (const [field, value] of Object.entries(fields)) {
    const name = endpoint.headerParams?.[field]
    if (name === undefined || value === null) continue
    const text = Array.isArray(value) ? value.join(",") : String(value)
    add(name, text)
  }
  if (options.idempotencyKey !== undefined) set("idempotency-key", options.idempotencyKey)
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    const layer = config.listHeaders?.has(name.toLowerCase()) === true ? config.layerHeaders?.[name] : undefined
    if (value !== null && typeof layer === "string") add(name, layer)
    if (value === null) set(name, value)
    else add(name, value)
  }
  return Headers.fromRecordUnsafe(headers)
}

const itemsOf = (list: string): ReadonlyArray<string> =>
  list.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]))

/** The body's own content type, unless the caller says otherwise. */
const withContentType = (
  headers: Headers.Headers,
  contentType: string | undefined,
  given: RequestOptions["headers"]
): Headers.Headers =>
  contentType === undefined || (given !== undefined && Object.keys(given).some((name) => /^content-type$/i.test(name)))
    ? headers
    : Headers.set(headers, "content-type", contentType)

const accepts: { readonly [K in Endpoint.Kind]: string } = {
  json: "application/json",
  list: "application/json",
  none: "*/*",
  text: "text/plain, application/json;q=0.9, */*;q=0.8",
  binary: "*/*",
  stream: "text/event-stream",
  jsonl: "application/x-jsonl, application/json;q=0.9, */*;q=0.8"
}

const checkedHeader = (name: string, value: string): string => {
  if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name)) {
    throw new RequestError({ message: `${JSON.stringify(name)} is not a valid header name` })
  }
  // Characters outside Latin-1, and control characters, would break the message or be refused by the runtime.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new RequestError({ message: `The value of the header ${name} has characters that a header cannot hold` })
  }
  return value
}
