/** Pairs each endpoint with the official SDK's method for it. */
import { join } from "node:path"
import AnthropicSdk from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import { Anthropic } from "llmfx/anthropic"
import { endpoints as anthropicEndpoints } from "llmfx/anthropic/endpoints"
import { OpenAi } from "llmfx/openai"
import { endpoints as openAiEndpoints } from "llmfx/openai/endpoints"
import OpenAiSdk from "openai"
import { delegatedOf } from "../../../scripts/codegen/model/endpoints.ts"
import { anthropic, type Overrides, openai } from "../../../scripts/codegen/overrides.ts"
import { readSource } from "../../../scripts/codegen/read/resources.ts"
import type { Declarations, Type } from "../../../scripts/codegen/Type.ts"
import type { ApiClient } from "../../../src/ApiClient.ts"
import type * as Endpoint from "../../../src/Endpoint.ts"
import { pageStream } from "../../../src/internal/attempt/paging.ts"
import { type Sent, sentOf } from "./sent.ts"

export type Fields = { readonly [name: string]: unknown }

/** A method of the SDK and the endpoint that stands for it; a streaming twin is a pair of its own. */
export interface Pair {
  readonly endpoint: Endpoint.Any
  readonly method: ReadonlyArray<string>
  /** The path parameters that the method takes one by one. */
  readonly positional: ReadonlyArray<string>
  /** The fields of the input that become headers. */
  readonly headerFields: ReadonlyArray<string>
  readonly input: Type | undefined
  /** The types that the SDK gives the answer, an item of it or an event. */
  readonly answers: ReadonlyArray<Type>
  readonly isTwin: boolean
}

type Answer = (sent: Sent) => Response

interface Provider {
  readonly overrides: Overrides
  readonly endpoints: ReadonlyArray<Endpoint.Any>
  readonly sdk: (fetch: typeof globalThis.fetch) => object
  readonly client: (fetch: typeof globalThis.fetch) => Effect.Effect<ApiClient, unknown>
}

const key = "test-key"
const adminKey = "test-admin-key"
const baseURL = "http://fixture.test/v1"

const withFetch = <A, E>(effect: Effect.Effect<A, E>, fetch: typeof globalThis.fetch): Effect.Effect<A, E> =>
  Effect.provideService(effect, FetchHttpClient.Fetch, fetch)

export const providers: { readonly [name: string]: Provider } = {
  openai: {
    overrides: openai,
    endpoints: openAiEndpoints,
    sdk: (fetch) => new OpenAiSdk({ apiKey: key, adminAPIKey: adminKey, baseURL, maxRetries: 0, fetch }),
    client: () =>
      Effect.provide(
        OpenAi.client,
        OpenAi.layer({
          apiKey: Redacted.make(key),
          adminApiKey: Redacted.make(adminKey),
          baseUrl: baseURL,
          retry: RetryPolicy.none
        }).pipe(Layer.provide(FetchHttpClient.layer))
      )
  },
  anthropic: {
    overrides: anthropic,
    endpoints: anthropicEndpoints,
    sdk: (fetch) => new AnthropicSdk({ apiKey: key, baseURL, maxRetries: 0, fetch, logLevel: "off" }),
    client: () =>
      Effect.provide(
        Anthropic.client,
        Anthropic.layer({ apiKey: Redacted.make(key), baseUrl: baseURL, retry: RetryPolicy.none }).pipe(
          Layer.provide(FetchHttpClient.layer)
        )
      )
  }
}

/** Reads the SDK's sources; takes seconds. */
export const pairsOf = ({
  endpoints,
  overrides
}: Provider): { readonly declarations: Declarations; readonly pairs: ReadonlyArray<Pair> } => {
  const source = readSource({
    root: join(process.cwd(), "node_modules", overrides.package, "src"),
    clientClass: overrides.clientClass,
    streams: overrides.streams,
    roots: Object.values(overrides.delegated).flatMap(({ input, result }) => [input, result])
  })
  const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
  const pairs = source.resources.flatMap((resource) =>
    [...delegatedOf(resource, overrides), ...resource.methods].flatMap((raw) => {
      const method = [...resource.path, raw.name]
      const id = method.join(".")
      return [id, `${id}:stream`].flatMap((each): ReadonlyArray<Pair> => {
        const endpoint = byId.get(each)
        if (endpoint === undefined) return []
        const { headerParameters, input, positional, results } = raw
        const answers = results.flatMap((result) =>
          result.kind === endpoint.kind && "type" in result ? [result.type] : []
        )
        const headerFields = Object.keys(headerParameters)
        return [{ endpoint, method, positional, headerFields, input, answers, isTwin: each !== id }]
      })
    })
  )
  return { declarations: source.declarations, pairs }
}

/** Both clients, with the requests that a call makes them send. */
export const recordBoth = (provider: Provider, answer: Answer) => {
  let sent: Array<Sent> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    // The SDK's question to the runtime whether it can send forms.
    if (String(input).startsWith("data:")) return new Response()
    const one = await sentOf(String(input), init)
    const results = resultsOf(one)
    if (results !== undefined) return results
    sent.push(one)
    return answer(one)
  }
  const sdk = provider.sdk(fetch)
  const client = Effect.runPromise(withFetch(provider.client(fetch), fetch))
  const record = async (call: () => Promise<unknown>): Promise<Recorded> => {
    sent = []
    let failure: unknown
    try {
      await call()
    } catch (error) {
      failure = error
    }
    return { sent, failure: sent.length > 0 ? undefined : failure }
  }
  return {
    /** Returns what the SDK's method sends. `more` continues with its result. */
    theirs: (pair: Pair, values: ReadonlyArray<string>, input: Fields | undefined, more = async (_: unknown) => {}) =>
      record(async () => {
        const arguments_ = input === undefined ? [] : [pair.isTwin ? { ...input, stream: true } : input]
        await more(await methodOf(sdk, pair.method)(...values, ...arguments_, undefined))
      }),
    ours: (pair: Pair, input: Fields) =>
      record(async () => Effect.runPromise(withFetch((await client).raw(pair.endpoint, input, undefined), fetch))),
    ourPages: (pair: Pair, input: Fields) =>
      record(async () =>
        Effect.runPromise(
          withFetch(
            Stream.runDrain(pageStream(await client, pair.endpoint, input, { decoding: "raw" }, ({ items }) => items)),
            fetch
          )
        )
      )
  }
}

export interface Recorded {
  readonly sent: ReadonlyArray<Sent>
  /** Why nothing was sent. */
  readonly failure: unknown
}

/** The SDK asks a batch for the URL of its results before it requests them. */
const resultsOf = ({ method, path }: Sent): Response | undefined =>
  method === "GET" && path.at(-2) === "batches" && path.at(-3) === "messages"
    ? Response.json({ results_url: `http://fixture.test${path.map(encodeURIComponent).join("/")}/results` })
    : undefined

type Method = (...args: ReadonlyArray<unknown>) => unknown

const methodOf = (sdk: object, path: ReadonlyArray<string>): Method => {
  const names = path.slice(0, -1)
  const resource = names.reduce<{ readonly [name: string]: unknown }>(
    (at, name) => at[name] as { readonly [name: string]: unknown },
    sdk as { readonly [name: string]: unknown }
  )
  return (resource[path.at(-1) ?? ""] as Method).bind(resource)
}
