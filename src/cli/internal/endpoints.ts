/** Finds an endpoint by its name, and loads only its provider. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as RateLimiter from "effect/persistence/RateLimiter"
import type * as SqlClient from "effect/sql/SqlClient"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import type { ConfigurationError } from "../../ConfigurationError.ts"
import type { CredentialError } from "../../credentials/Credential.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type * as Batch from "../../jobs/Batch.ts"
import * as Bulk from "../../jobs/Bulk.ts"
import { anthropicClients, type Clients, cozeClients, openAiClients, type Place } from "./clients.ts"
import { UsageError } from "./runTask.ts"

/** A kind of job with its client from the environment. */
export interface Job {
  readonly run: Bulk.Bulk<object, unknown, never>["run"]
  readonly layer: Layer.Layer<
    Bulk.Worker,
    Bulk.BulkStorageError | ConfigurationError | CredentialError,
    WorkflowEngine.WorkflowEngine | SqlClient.SqlClient | RateLimiter.RateLimiter
  >
}

interface Provider {
  readonly endpoints: ReadonlyArray<Endpoint.Any>
  readonly jobOf: (name: string, endpoint: Endpoint.Any, options: Bulk.Options, how: How) => Promise<Job | UsageError>
}

/** How an endpoint is called. */
export interface How extends Place {
  /** Whether inputs go through the batch API. */
  readonly batch: boolean
}

type Via<R> = <A>(endpoint: Endpoint.Json<object, A, R>) => Batch.TrackedApi<object, A, R>

const providerOf = <R>(
  endpoints: ReadonlyArray<Endpoint.Any>,
  clients: Clients<R>,
  via: Via<R> | undefined
): Provider => {
  const isJson = (endpoint: Endpoint.Any): endpoint is Endpoint.Any & Endpoint.Json<object, unknown, R> =>
    endpoint.kind === "json"
  return {
    endpoints,
    jobOf: async (name, endpoint, options, { baseUrl, batch, cloud }) => {
      if (!isJson(endpoint)) {
        return new UsageError({
          message: `${name} does not answer with one JSON value, so it cannot be called in bulk`
        })
      }
      if (batch && via === undefined) {
        return new UsageError({ message: `${endpoint.provider} does not have a batch API: leave --batch out` })
      }
      const clientOf = cloud === undefined ? clients.own : clients.clouds[cloud]
      if (clientOf === undefined) {
        const known = Object.keys(clients.clouds).join(", ")
        return new UsageError({
          message: `--cloud: ${endpoint.provider} is not on ${cloud}${known === "" ? "" : `, but on ${known}`}`
        })
      }
      const client = await clientOf(baseUrl)
      const bulk = Bulk.endpoint(name, endpoint, { ...options, via: batch ? via : undefined })
      return { run: bulk.run, layer: Layer.provide(bulk.layer, client) }
    }
  }
}

const providers: { readonly [name: string]: () => Promise<Provider> } = {
  openai: async () => {
    const [{ endpoints }, BatchRun] = await Promise.all([
      import("../../openai/api/endpoints.ts"),
      import("../../openai/BatchRun.ts")
    ])
    return providerOf(endpoints, openAiClients, BatchRun.via())
  },
  anthropic: async () => {
    const [{ endpoints }, BatchRun] = await Promise.all([
      import("../../anthropic/api/endpoints.ts"),
      import("../../anthropic/BatchRun.ts")
    ])
    return providerOf(endpoints, anthropicClients, BatchRun.via())
  },
  coze: async () => providerOf((await import("../../coze/api/endpoints.ts")).endpoints, cozeClients, undefined)
}

/** The job of an endpoint such as `openai:chat.completions.create`. */
export const findJob = (name: string, options: Bulk.Options, how: How): Effect.Effect<Job, UsageError> =>
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
    const job = yield* Effect.promise(() => loaded.jobOf(name, endpoint, options, how))
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
