/** Metrics of a worker, by job. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { Finished, JobHandle, Starting } from "./model.ts"

const results = /*#__PURE__*/ Metric.counter("llmfx_bulk_results", {
  description: "Results that were stored, by state and reason",
  incremental: true
})

const sent = /*#__PURE__*/ Metric.counter("llmfx_bulk_sent", {
  description: "Calls that have begun",
  incremental: true
})

const resent = /*#__PURE__*/ Metric.counter("llmfx_bulk_resent", {
  description: "Calls for inputs that may have been sent before",
  incremental: true
})

const limited = /*#__PURE__*/ Metric.counter("llmfx_bulk_limited", {
  description: "Answers that said that a limit is reached",
  incremental: true
})

const tokens = /*#__PURE__*/ Metric.counter("llmfx_bulk_tokens", {
  description: "Tokens that were used, by kind",
  incremental: true
})

const inFlight = /*#__PURE__*/ Metric.gauge("llmfx_bulk_in_flight", { description: "Calls in flight" })

type Attributes = { readonly [name: string]: string }

/** Counts what a commit has stored. */
export const countCommit = (
  finished: ReadonlyArray<Finished>,
  starting: ReadonlyArray<Starting>
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const counts = new Map<
      string,
      { readonly metric: Metric.Counter<number>; readonly attributes: Attributes; by: number }
    >()
    const handles = new Set<JobHandle>()
    const add = (metric: Metric.Counter<number>, attributes: Attributes, by: number) => {
      if (by === 0) return
      const key = `${metric.id} ${Object.values(attributes).join(" ")}`
      const known = counts.get(key)
      if (known === undefined) counts.set(key, { metric, attributes, by })
      else known.by += by
    }
    for (const { outcome, task } of finished) {
      const { job } = task.handle
      handles.add(task.handle)
      if (outcome.state === "notSent") continue
      add(results, { job, state: outcome.state, reason: outcome.reason ?? "" }, 1)
      add(limited, { job }, outcome.limited)
      add(tokens, { job, kind: "input" }, outcome.spent?.input ?? 0)
      add(tokens, { job, kind: "output" }, outcome.spent?.output ?? 0)
    }
    for (const { item, task } of starting) {
      const { job } = task.handle
      handles.add(task.handle)
      add(sent, { job }, 1)
      if (item.mayBeResent) add(resent, { job }, 1)
    }
    return Effect.andThen(
      Effect.forEach(
        counts.values(),
        ({ attributes, by, metric }) => Metric.update(Metric.withAttributes(metric, attributes), by),
        { discard: true }
      ),
      Effect.forEach(
        handles,
        (handle) => Metric.update(Metric.withAttributes(inFlight, { job: handle.job }), handle.inFlight),
        { discard: true }
      )
    )
  })
