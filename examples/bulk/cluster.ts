/**
 * The same job on many machines: Postgres holds it, Redis the limits. Start as many workers as you like, each on a port of
 * its own; kill some: the others take over.
 *
 *     docker compose -f examples/bulk/docker-compose.yml up -d
 *
 * or, without Docker:
 *
 *     initdb -D pg && pg_ctl -D pg -o "-p 5432" start && createdb jobs
 *     redis-server --port 6379
 *
 * then, in several terminals:
 *
 *     DATABASE_URL=postgres://postgres:postgres@127.0.0.1:5432/jobs REDIS_URL=redis://127.0.0.1:6379 PORT=34431 \
 *       node scripts/run.mjs examples/bulk/cluster.ts
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { openAi } from "../support/standIn.ts"
import { cities, describeCity } from "./describeCity.ts"

const services = Layer.unwrap(
  Effect.gen(function* () {
    const postgres = yield* Config.Redacted("DATABASE_URL")
    const redis = yield* Config.String("REDIS_URL")
    const port = yield* Config.Int("PORT").pipe(Config.withDefault(34431))
    const cluster = NodeBulk.layerCluster({
      postgres: { url: postgres },
      redis: { url: redis },
      runner: { host: "127.0.0.1", port }
    })
    return describeCity.layer.pipe(Layer.provideMerge(cluster), Layer.provide(openAi()))
  })
)

// Every worker submits the job; it is stored once.
const program = Effect.gen(function* () {
  yield* describeCity.submit("cities", cities)
  yield* Stream.runForEach(Bulk.watch("cities"), (progress) => Console.log(Bulk.formatProgress(progress)))
})

await Effect.runPromise(Effect.provide(program, services))
