/**
 * Services for the worker of a `Bulk` on Node: on one machine, or on many. The program stays the same.
 *
 * @example
 * ```ts
 * import * as Redacted from "effect/Redacted"
 * import * as NodeBulk from "llmfx/jobs/NodeBulk"
 *
 * const local = NodeBulk.layerLocal({ filename: "jobs.db" })
 *
 * const cluster = NodeBulk.layerCluster({
 *   postgres: { url: Redacted.make("postgres://user:password@db.internal/jobs") },
 *   redis: { url: "redis://redis.internal" },
 *   runner: { host: "10.0.0.7", port: 34431 }
 * })
 * ```
 */

import type { ConfigError } from "effect/Config"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as SingleRunner from "effect/cluster/SingleRunner"
import * as Digest from "effect/crypto/Digest"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import type * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import { storageFailure } from "../internal/bulk/errors.ts"
import { forgetWorkers } from "../internal/bulk/store.ts"
import { messageOf } from "../internal/errors/messageOf.ts"
import * as Bulk from "./Bulk.ts"
import * as NodeSqlite from "./NodeSqlite.ts"

/**
 * One file.
 *
 * @category models
 */
export interface LocalOptions extends Bulk.WorkerOptions {
  /** The SQLite file. It is created if it is not there. */
  readonly filename: string
}

/**
 * Services that the worker of a `Bulk` needs.
 *
 * @category models
 */
export type Services = SqlClient.SqlClient | WorkflowEngine.WorkflowEngine | RateLimiter.RateLimiter

const limiterInMemory = /*#__PURE__*/ Layer.provide(RateLimiter.layer, RateLimiter.layerStoreMemory)

/**
 * Jobs in one SQLite file, worked on by this process alone: a second one fails with `SqliteError`, kind `locked`. Other
 * processes may submit, watch and control with `layerControl`.
 *
 * @category layers
 */
export const layerLocal = (
  options: LocalOptions
): Layer.Layer<Services, NodeSqlite.SqliteError | Bulk.BulkStorageError | ConfigError> => {
  const { filename, ...worker } = options
  // Whoever worked on the file before has ended: the lock is ours.
  const tables = Layer.effectDiscard(storageFailure(forgetWorkers)).pipe(Layer.provideMerge(Bulk.layerTables))
  const runner = SingleRunner.layer({
    runnerStorage: "memory",
    shardingConfig: {
      entityTerminationTimeout: terminationTimeout,
      simulateRemoteSerialization: false,
      entityMessagePollInterval: "1 second"
    }
  })
  return Layer.mergeAll(
    ClusterWorkflowEngine.layer.pipe(
      Layer.provide(runner),
      Layer.provideMerge(Digest.layerWebCrypto),
      Layer.provideMerge(Bulk.layerWorkerOptions(worker))
    ),
    limiterInMemory
  ).pipe(Layer.provideMerge(tables), Layer.provideMerge(NodeSqlite.layer({ filename, exclusive: true })))
}

/**
 * The database of `layerLocal` for a process that does not work: to submit, watch, control and read.
 *
 * @category layers
 */
export const layerControl = (options: {
  readonly filename: string
}): Layer.Layer<SqlClient.SqlClient, NodeSqlite.SqliteError | Bulk.BulkStorageError> =>
  Bulk.layerTables.pipe(Layer.provideMerge(NodeSqlite.layer(options)))

/**
 * The database of `layerCluster` for a process that does not work: to submit, watch, control and read.
 *
 * @category layers
 */
export const layerClusterControl = (options: {
  readonly postgres: PostgresOptions
}): Layer.Layer<SqlClient.SqlClient, ClusterError | Bulk.BulkStorageError> =>
  Layer.unwrap(
    Effect.map(
      loaded("@effect/sql-pg", () => import("@effect/sql-pg/PgClient")),
      (PgClient) =>
        Bulk.layerTables.pipe(
          Layer.provideMerge(
            PgClient.layer({ url: options.postgres.url, maxConnections: options.postgres.maxConnections ?? 2 })
          ),
          asClusterError
        )
    )
  )

/** The worker has waited for its calls before the runner ends; what is left need not be waited for. */
const terminationTimeout = "1 second"

/**
 * Where the jobs of many machines are.
 *
 * @category models
 */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: Redacted.Redacted<string>
  /** Default: 10 for workers, 2 for `layerClusterControl`. */
  readonly maxConnections?: number | undefined
}

/**
 * Many machines.
 *
 * @category models
 */
export interface ClusterOptions extends Bulk.WorkerOptions {
  readonly postgres: PostgresOptions
  /** Where limits are shared. Without it, each process has limits of its own. */
  readonly redis?:
    | {
        readonly url: string
        /** Begins every key. Default: `ratelimiter:`. */
        readonly prefix?: string | undefined
      }
    | undefined
  /** Where the other processes reach this one. Default: `RUNNER_ADDRESS_HOST` and `_PORT`, or localhost:34431. */
  readonly runner?:
    | {
        readonly host: string
        readonly port: number
        /** The address to listen on, if it is another one. */
        readonly listenHost?: string | undefined
      }
    | undefined
  /** How long after its last sign a process is taken for dead, and others take its chunks. Default: 35 seconds. */
  readonly failover?: Duration.Input | undefined
}

/**
 * A package that is needed and not there, or a service that cannot be reached.
 *
 * @category errors
 */
export class ClusterError extends Data.TaggedError("ClusterError")<{
  readonly message: string
  readonly cause: unknown
}> {}

/**
 * Jobs in Postgres, worked on by any number of processes, which find each other through it. Needs the packages
 * `@effect/sql-pg` and `@effect/platform-node`, and with `redis` its package `redis`.
 *
 * @category layers
 */
export const layerCluster = (options: ClusterOptions): Layer.Layer<Services, ClusterError | Bulk.BulkStorageError> => {
  const { failover = "35 seconds", postgres, redis, runner, ...worker } = options
  const failoverTime = Duration.fromInputUnsafe(failover)
  return Layer.unwrap(
    Effect.gen(function* () {
      const { PgClient, NodeClusterSocket } = yield* loaded("@effect/sql-pg and @effect/platform-node", async () => ({
        PgClient: await import("@effect/sql-pg/PgClient"),
        NodeClusterSocket: await import("@effect/platform-node/NodeClusterSocket")
      }))
      const sockets = NodeClusterSocket.layer({
        storage: "sql",
        shardingConfig: {
          ...(runner === undefined
            ? {}
            : {
                runnerAddress: Option.some(RunnerAddress.make(runner.host, runner.port)),
                runnerListenAddress: Option.some(RunnerAddress.make(runner.listenHost ?? runner.host, runner.port))
              }),
          // A lock in a table is released with the others in one statement, and expires when its holder is gone.
          shardLockDisableAdvisory: true,
          shardLockExpiration: failoverTime,
          shardLockRefreshInterval: Duration.divideUnsafe(failoverTime, 3),
          // Chunks are few and long: more shards would only be more locks.
          shardsPerGroup: 60,
          runnerHealthCheckInterval: Duration.min(failoverTime, Duration.minutes(1)),
          entityTerminationTimeout: terminationTimeout,
          entityMessagePollInterval: "2 seconds"
        }
      })
      const limiter = redis === undefined ? limiterInMemory : yield* limiterOn(redis)
      const database = PgClient.layer({ url: postgres.url, maxConnections: postgres.maxConnections ?? 10 })
      return Layer.mergeAll(
        ClusterWorkflowEngine.layer.pipe(
          Layer.provide(sockets),
          Layer.provideMerge(Digest.layerWebCrypto),
          Layer.provideMerge(Bulk.layerWorkerOptions(worker))
        ),
        limiter
      ).pipe(Layer.provideMerge(Bulk.layerTables), Layer.provideMerge(database), asClusterError)
    })
  )
}

/** How long the store of the limiter may take to answer. */
const limiterPatience = "5 seconds"

/**
 * A limiter on Redis that fails while Redis is away. The client itself would keep commands until it is back, and would
 * wait for it even at the end.
 */
const limiterOn = ({ prefix, url }: NonNullable<ClusterOptions["redis"]>) =>
  Effect.map(
    loaded("redis and @effect/platform-node", () => import("@effect/platform-node/NodeRedis")),
    (NodeRedis) => {
      const endsAtOnce = Layer.effectDiscard(
        Effect.flatMap(NodeRedis.NodeRedis, ({ client }) =>
          Effect.addFinalizer(() =>
            Effect.sync(() => {
              if (client.isOpen && !client.isReady) client.destroy()
            })
          )
        )
      )
      const connection = endsAtOnce.pipe(Layer.provideMerge(NodeRedis.layer({ url, disableOfflineQueue: true })))
      return Layer.effect(RateLimiter.RateLimiter, Effect.map(RateLimiter.make, answeringInTime)).pipe(
        Layer.provide(RateLimiter.layerStoreRedis({ prefix })),
        Layer.provide(connection)
      )
    }
  )

const answeringInTime = (limiter: RateLimiter.RateLimiter): RateLimiter.RateLimiter => {
  const inTime = <A>(effect: Effect.Effect<A, RateLimiter.RateLimiterError>) =>
    Effect.timeoutOrElse(effect, {
      duration: limiterPatience,
      orElse: () =>
        Effect.fail(
          new RateLimiter.RateLimiterError({
            reason: new RateLimiter.RateLimitStoreError({ message: `Redis has not answered for ${limiterPatience}` })
          })
        )
    })
  return {
    ...limiter,
    consume: (options) => inTime(limiter.consume(options)),
    adaptiveConsume: (options) => inTime(limiter.adaptiveConsume(options)),
    adaptiveFeedback: (options) => inTime(limiter.adaptiveFeedback(options))
  }
}

const asClusterError = <A, E, R>(
  layer: Layer.Layer<A, E, R>
): Layer.Layer<A, ClusterError | Bulk.BulkStorageError, R> =>
  Layer.catch(layer, (error) =>
    Layer.effectContext(
      Effect.fail(
        error instanceof Bulk.BulkStorageError
          ? error
          : new ClusterError({ message: `The cluster cannot start: ${messageOf(error)}`, cause: error })
      )
    )
  )

const loaded = <A>(packages: string, load: () => Promise<A>): Effect.Effect<A, ClusterError> =>
  Effect.tryPromise({
    try: load,
    catch: (cause) =>
      new ClusterError({
        message: `Jobs on many machines need the packages ${packages}, which cannot be loaded: ${messageOf(cause)}`,
        cause
      })
  })
