/**
 * What the worker of a `Bulk` needs, on Node.
 *
 * @example
 * ```ts
 * import * as NodeBulk from "llmfx/jobs/NodeBulk"
 *
 * const local = NodeBulk.layerLocal({ filename: "jobs.db" })
 * ```
 */

import type { ConfigError } from "effect/Config"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as SingleRunner from "effect/cluster/SingleRunner"
import * as Digest from "effect/crypto/Digest"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import type * as SqlClient from "effect/sql/SqlClient"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import { storageFailure } from "../internal/bulk/errors.ts"
import { forgetWorkers } from "../internal/bulk/store.ts"
import * as Bulk from "./Bulk.ts"
import * as NodeSqlite from "./NodeSqlite.ts"

/** One file. */
export interface LocalOptions extends Bulk.WorkerOptions {
  /** The SQLite file. It is created if it is not there. */
  readonly filename: string
}

/** What the worker of a `Bulk` needs. */
export type Services = SqlClient.SqlClient | WorkflowEngine.WorkflowEngine | RateLimiter.RateLimiter

const limiterInMemory = /*#__PURE__*/ Layer.provide(RateLimiter.layer, RateLimiter.layerStoreMemory)

/**
 * Jobs in one SQLite file, worked on by this process alone: a second one fails with `SqliteError`, kind `locked`. Other
 * processes may submit, watch and control with `layerControl`.
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

/** The database of `layerLocal` for a process that does not work: to submit, watch, control and read. */
export const layerControl = (options: {
  readonly filename: string
}): Layer.Layer<SqlClient.SqlClient, NodeSqlite.SqliteError | Bulk.BulkStorageError> =>
  Bulk.layerTables.pipe(Layer.provideMerge(NodeSqlite.layer(options)))

/** The worker has waited for its calls before the runner ends; what is left need not be waited for. */
const terminationTimeout = "1 second"
