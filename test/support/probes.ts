/** Small endpoints, one of each kind, and the services to call them through. */
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Anthropic, type Options as AnthropicOptions } from "../../src/anthropic/Anthropic.ts"
import { Coze, type Options as CozeOptions } from "../../src/coze/Coze.ts"
import * as Endpoint from "../../src/Endpoint.ts"
import type * as FileSource from "../../src/files/FileSource.ts"
import * as Open from "../../src/OpenSchema.ts"
import { OpenAi, type Options as OpenAiOptions } from "../../src/openai/OpenAi.ts"
import * as Page from "../../src/Page.ts"

export interface Probe {
  readonly ok: boolean
}
export const Probe: Open.Codec<Probe> = Open.struct(() => ({ ok: Schema.Boolean }))

export interface Tick {
  readonly type: string
  readonly delta?: string | null | undefined
}
export const Tick: Open.Codec<Tick> = Open.struct(() => ({
  type: Schema.String,
  delta: Open.optional(Schema.String)
}))

export interface Item {
  readonly id: string
}
export const Item: Open.Codec<Item> = Open.struct(() => ({ id: Schema.String }))

type Fields = { readonly [name: string]: unknown }

export const probesOf = <R>(service: Endpoint.Service<R>) => ({
  get: Endpoint.json<Fields, Probe, R>(service, { id: "probe.get", method: "GET", path: "/probe", success: Probe }),
  post: Endpoint.json<Fields, Probe, R>(service, {
    id: "probe.post",
    method: "POST",
    path: "/probe",
    body: "json",
    success: Probe
  }),
  put: Endpoint.json<Fields, Probe, R>(service, {
    id: "probe.put",
    method: "PUT",
    path: "/probe",
    body: "json",
    success: Probe
  }),
  remove: Endpoint.none<{ readonly id: string }, R>(service, {
    id: "probe.remove",
    method: "DELETE",
    path: "/probe/{id}"
  }),
  describe: Endpoint.text<{ readonly id: string }, R>(service, {
    id: "probe.describe",
    method: "GET",
    path: "/probe/{id}/text"
  }),
  bytes: Endpoint.binary<{ readonly id: string }, R>(service, {
    id: "probe.bytes",
    method: "GET",
    path: "/probe/{id}/bytes"
  }),
  upload: Endpoint.json<Fields & { readonly file: FileSource.FileSource }, Probe, R>(service, {
    id: "probe.upload",
    method: "POST",
    path: "/upload",
    body: "multipart",
    success: Probe
  }),
  stream: Endpoint.eventStream<Fields, Tick, R>(service, {
    id: "probe.post:stream",
    method: "POST",
    path: "/probe",
    body: "json",
    fixed: { stream: true },
    success: Tick,
    terminal: ["end"]
  }),
  lines: Endpoint.jsonLines<Fields, Item, R>(service, {
    id: "probe.lines",
    method: "GET",
    path: "/lines",
    success: Item
  }),
  list: Endpoint.list<Fields, Item, R>(service, {
    id: "probe.list",
    method: "GET",
    path: "/items",
    success: Item,
    pagination: Page.lastItemId
  })
})

/** The endpoints, called through the OpenAI service. */
export const probes = probesOf(OpenAi)

export const key = "test-key-3f9a1c77d2"

type Http = Layer.Layer<HttpClient.HttpClient>

export const openAiOver = (http: { readonly layer: Http }, options: OpenAiOptions = {}): Layer.Layer<OpenAi> =>
  Layer.orDie(OpenAi.layer({ apiKey: Redacted.make(key), baseUrl: "http://api.test", ...options })).pipe(
    Layer.provide(http.layer)
  )

export const anthropicOver = (http: { readonly layer: Http }, options: AnthropicOptions = {}): Layer.Layer<Anthropic> =>
  Layer.orDie(Anthropic.layer({ apiKey: Redacted.make(key), baseUrl: "http://api.test", ...options })).pipe(
    Layer.provide(http.layer)
  )

export const cozeOver = (http: { readonly layer: Http }, options: CozeOptions = {}): Layer.Layer<Coze> =>
  Layer.orDie(Coze.layer({ token: Redacted.make(key), baseUrl: "http://api.test", ...options })).pipe(
    Layer.provide(http.layer)
  )

/** The runtime's own `fetch`. */
export const fetchHttp = { layer: FetchHttpClient.layer }
