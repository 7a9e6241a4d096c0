/** A worker as a process of its own: runs a job to its end and prints its progress. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { OpenAi, Responses } from "llmfx/openai"

/** The arguments of a worker. */
export interface Config {
  readonly job: string
  readonly count: number
  readonly server: string
  readonly concurrency: number
  readonly chunk: number
  readonly filename?: string
  readonly postgres?: string
  readonly redis?: string
  readonly redisPrefix?: string
  readonly port?: number
  /** Whether a paused job is resumed. */
  readonly resumes?: boolean
  readonly patience?: number
  /** Requests a second. */
  readonly limit?: number
  readonly failover?: number
}

const config = JSON.parse(process.argv[2] ?? "{}") as Config

const bulk = Bulk.endpoint("echo", Responses.create, {
  chunk: config.chunk,
  concurrency: config.concurrency,
  limits:
    config.limit === undefined ? false : { limits: { requests: config.limit }, window: "1 second", key: () => "echo" }
})

const inputs = Stream.map(Stream.range(1, config.count), (n) => ({
  customId: `n${n}`,
  input: { model: "m", input: `n${n}` }
}))

const services: Layer.Layer<NodeBulk.Services, unknown> =
  config.postgres === undefined
    ? NodeBulk.layerLocal({
        filename: config.filename ?? ":memory:",
        concurrency: config.concurrency,
        grace: "10 seconds",
        patience: config.patience
      })
    : NodeBulk.layerCluster({
        postgres: { url: Redacted.make(config.postgres) },
        redis: config.redis === undefined ? undefined : { url: config.redis, prefix: config.redisPrefix },
        runner: { host: "127.0.0.1", port: config.port ?? 24431 },
        concurrency: config.concurrency,
        failover: config.failover ?? 6000,
        grace: "10 seconds",
        patience: config.patience
      })

const client = OpenAi.layer({ apiKey: Redacted.make("test"), baseUrl: config.server }).pipe(
  Layer.provide(FetchHttpClient.layer)
)

const program = Effect.gen(function* () {
  yield* bulk.submit(config.job, inputs)
  if (config.resumes) yield* Bulk.resume(config.job)
  yield* Bulk.watch(config.job, { every: "100 millis" }).pipe(
    Stream.runForEach(({ done, reason, resent, state }) =>
      Effect.sync(() => console.log(JSON.stringify({ done, resent, state, reason: reason?.kind })))
    )
  )
})

NodeRuntime.runMain(program.pipe(Effect.provide(bulk.layer.pipe(Layer.provideMerge(services), Layer.provide(client)))))
