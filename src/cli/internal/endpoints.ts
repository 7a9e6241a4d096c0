/** Finds an endpoint by its name, and loads only its provider. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as RateLimiter from "effect/persistence/RateLimiter"
import type * as SqlClient from "effect/sql/SqlClient"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import type { ConfigurationError } from "../../ConfigurationError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type * as Batch from "../../jobs/Batch.ts"
import * as Bulk from "../../jobs/Bulk.ts"
import { UsageError } from "./runTask.ts"

/** A kind of job with its client from the environment. */
export interface Job {
  readonly run: Bulk.Bulk<object, unknown, never>["run"]
  readonly layer: Layer.Layer<
    Bulk.Worker,
    Bulk.BulkStorageError | ConfigurationError,
    WorkflowEngine.WorkflowEngine | SqlClient.SqlClient | RateLimiter.RateLimiter
  >
}

interface Provider {
  readonly endpoints: ReadonlyArray<Endpoint.Any>
  readonly jobOf: (name: string, endpoint: Endpoint.Any, options: Bulk.Options, batch: boolean) => Job | UsageError
}

type Via<R> = <A>(endpoint: Endpoint.Json<object, A, R>) => Batch.TrackedApi<object, A, R>

const providerOf = <R>(
  endpoints: ReadonlyArray<Endpoint.Any>,
  client: Layer.Layer<R, ConfigurationError, HttpClient.HttpClient>,
  via: Via<R> | undefined
): Provider => {
  const isJson = (endpoint: Endpoint.Any): endpoint is Endpoint.Any & Endpoint.Json<object, unknown, R> =>
    endpoint.kind === "json"
  return {
    endpoints,
    jobOf: (name, endpoint, options, batch) => {
      if (!isJson(endpoint)) {
        return new UsageError({
          message: `${name} does not answer with one JSON value, so it cannot be called in bulk`
        })
      }
      if (batch && via === undefined) {
        return new UsageError({ message: `${endpoint.provider} does not have a batch API: leave --batch out` })
      }
      const bulk = Bulk.endpoint(name, endpoint, { ...options, via: batch ? via : undefined })
      return {
        run: bulk.run,
        layer: bulk.layer.pipe(Layer.provide(client), Layer.provide(FetchHttpClient.layer))
      }
    }
  }
}

const providers: { readonly [name: string]: () => Promise<Provider> } = {
  openai: async () => {
    const [{ endpoints }, { OpenAi }, BatchRun] = await Promise.all([
      import("../../openai/api/endpoints.ts"),
      import("../../openai/OpenAi.ts"),
      import("../../openai/BatchRun.ts")
    ])
    return providerOf(endpoints, OpenAi.layerConfig(), BatchRun.via())
  },
  anthropic: async () => {
    const [{ endpoints }, { Anthropic }, BatchRun] = await Promise.all([
      import("../../anthropic/api/endpoints.ts"),
      import("../../anthropic/Anthropic.ts"),
      import("../../anthropic/BatchRun.ts")
    ])
    return providerOf(endpoints, Anthropic.layerConfig(), BatchRun.via())
  },
  coze: async () => {
    const [{ endpoints }, { Coze }] = await Promise.all([
      import("../../coze/api/endpoints.ts"),
      import("../../coze/Coze.ts")
    ])
    return providerOf(endpoints, Coze.layerConfig(), undefined)
  }
}

/** The job of an endpoint such as `openai:chat.completions.create`. */
export const findJob = (name: string, options: Bulk.Options, batch: boolean): Effect.Effect<Job, UsageError> =>
  Effect.gen(function* () {
    const [provider = "", id] = name.split(/:(.*)/s)
    const load = Object.hasOwn(providers, provider) ? providers[provider] : undefined
    if (load === undefined || id === undefined) {
      const names = Object.keys(providers).join(", ")
      return yield* new UsageError({
        message: `--endpoint: "${name}" is not <provider>:<id>, such as openai:chat.completions.create. Providers: ${names}`
      })
    }
    const loaded = yield* Effect.promise(load)
    const endpoint = loaded.endpoints.find((one) => one.id === id)
    if (endpoint === undefined) {
      const similar = similarTo(
        id,
        loaded.endpoints.flatMap(({ id, kind }) => (kind === "json" ? [id] : []))
      )
      return yield* new UsageError({
        message: `--endpoint: ${provider} does not have ${id}. Similar: ${similar.map((id) => `${provider}:${id}`).join(", ")}`
      })
    }
    const job = loaded.jobOf(name, endpoint, options, batch)
    return job instanceof UsageError ? yield* job : job
  })

/** The three ids that share the most pairs of letters with this one. */
const similarTo = (id: string, ids: ReadonlyArray<string>): ReadonlyArray<string> => {
  const pairs = pairsOf(id)
  const score = (other: string) => {
    const others = pairsOf(other)
    return [...others].filter((pair) => pairs.has(pair)).length / (others.size + pairs.size)
  }
  return ids.toSorted((a, b) => score(b) - score(a)).slice(0, 3)
}

const pairsOf = (text: string): ReadonlySet<string> =>
  new Set(Array.from({ length: text.length - 1 }, (_, index) => text.slice(index, index + 2).toLowerCase()))
