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

/** Counts what commits store. Metrics are updated now and then, because each update takes as long as a small commit. */
export interface Counts {
  readonly add: (finished: ReadonlyArray<Finished>, starting: ReadonlyArray<Starting>) => void
  /** Updates the metrics. */
  readonly report: Effect.Effect<void>
}

interface Counted {
  readonly metric: Metric.Counter<number>
  readonly attributes: Attributes
  by: number
}

export const makeCounts = (): Counts => {
  let counted = new Map<string, Counted>()
  let handles = new Set<JobHandle>()
  const count = (metric: Metric.Counter<number>, attributes: Attributes, by: number) => {
    if (by === 0) return
    const key = `${metric.id} ${Object.values(attributes).join(" ")}`
    const known = counted.get(key)
    if (known === undefined) counted.set(key, { metric, attributes, by })
    else known.by += by
  }
  return {
    add: (finished, starting) => {
      for (const { outcome, task } of finished) {
        const { job } = task.handle
        handles.add(task.handle)
        if (outcome.state === "notSent") continue
        count(results, { job, state: outcome.state, reason: outcome.reason ?? "" }, 1)
        count(limited, { job }, outcome.limited)
        count(tokens, { job, kind: "input" }, outcome.spent?.input ?? 0)
        count(tokens, { job, kind: "output" }, outcome.spent?.output ?? 0)
      }
      for (const { item, task } of starting) {
        const { job } = task.handle
        handles.add(task.handle)
        count(sent, { job }, 1)
        if (item.mayBeResent) count(resent, { job }, 1)
      }
    },
    report: Effect.suspend(() => {
      const updates = [
        ...[...counted.values()].map(({ attributes, by, metric }) =>
          Metric.update(Metric.withAttributes(metric, attributes), by)
        ),
        ...[...handles].map((handle) =>
          Metric.update(Metric.withAttributes(inFlight, { job: handle.job }), handle.inFlight)
        )
      ]
      counted = new Map()
      handles = new Set()
      return Effect.all(updates, { discard: true })
    })
  }
}
