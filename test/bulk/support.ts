/** Jobs in a file of their own, for one test. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"

/** A folder that is removed at the end. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "llmfx-bulk-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A worker on a file, in this process. */
export const worker = <I, A, R>(bulk: Bulk.Bulk<I, A, R>, filename: string, options: Bulk.WorkerOptions = {}) =>
  bulk.layer.pipe(Layer.provideMerge(NodeBulk.layerLocal({ filename, grace: "5 seconds", ...options })))

/** The inputs from 1 to a number. */
export const numbers = (count: number): Stream.Stream<Bulk.Request<number>> =>
  Stream.map(Stream.range(1, count), (input) => ({ customId: `n${input}`, input }))

/** The results of a run, in order. */
export const resultsIn = <A, E, R>(events: Stream.Stream<Bulk.Event<A>, E, R>) =>
  Effect.map(Stream.runCollect(events), (all) =>
    all.filter((event): event is Bulk.Result<A> => event._tag === "Succeeded" || event._tag === "Failed")
  )
