/** Everything that a program, its logs, traces and metrics could show. */
import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"

/** All that an error shows, however it is printed. */
export const textsOfError = (error: unknown): ReadonlyArray<string> => [
  String(error),
  error instanceof Error ? `${error.message} ${error.stack}` : "",
  JSON.stringify(error) ?? "",
  inspect(error, { depth: 20, showHidden: true }),
  Cause.pretty(Cause.fail(error))
]

/** Runs a program and adds the logs, spans and metrics that it makes to `texts`. */
export const collectingShown =
  (texts: Array<string>) =>
  <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const logger = Logger.map(Logger.formatStructured, (entry) => {
      texts.push(inspect(entry, { depth: 20 }))
    })
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        const end = span.end.bind(span)
        span.end = (time: bigint, exit: Exit.Exit<unknown, unknown>) => {
          end(time, exit)
          texts.push(inspect([span.name, [...span.attributes], span._events, span.links], { depth: 20 }))
          if (exit._tag === "Failure") texts.push(Cause.pretty(exit.cause))
        }
        return span
      }
    })
    return Effect.andThen(Effect.exit(program), (exit) =>
      Effect.flatMap(Metric.snapshot, (metrics) => {
        texts.push(inspect(metrics, { depth: 20 }))
        return exit
      })
    ).pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "Trace"),
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  }
