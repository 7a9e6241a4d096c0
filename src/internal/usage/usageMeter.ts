import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Endpoint from "../../Endpoint.ts"
import * as Middleware from "../../Middleware.ts"
import { usageIn } from "./usageFields.ts"

/** The reported usage and its model. */
export type Seen = ReturnType<typeof usageIn>

export const nothingSeen: Seen = { usage: undefined, model: undefined }

/** Reports the usage of an answer once. For a stream, when it ends, fails or is interrupted. */
export const metered = (
  { endpoint }: Middleware.Call,
  answer: Middleware.Answer,
  report: (seen: Seen) => Effect.Effect<void>
): Middleware.Answer => {
  if (endpoint.kind === "stream") {
    return Effect.map(
      answer,
      Middleware.mapValues((values) => meteredValues(values, report))
    )
  }
  return reportsUsage(endpoint) ? Effect.tap(answer, ({ raw }) => report(usageIn(raw))) : answer
}

const meteredValues = <A, E>(values: Stream.Stream<A, E>, report: (seen: Seen) => Effect.Effect<void>) =>
  Stream.suspend(() => {
    let seen = nothingSeen
    return values.pipe(
      Stream.mapArray((chunk) => {
        for (const event of chunk) seen = mergeSeen(seen, usageIn(event))
        return chunk
      }),
      Stream.onExit(() => Effect.suspend(() => report(seen)))
    )
  })

const reportsUsage = ({ kind, method }: Endpoint.Metadata): boolean =>
  kind === "stream" || (kind === "json" && method === "POST")

/** Merges counts; later ones replace earlier ones of the same name. */
export const mergeSeen = (a: Seen, b: Seen): Seen =>
  b.usage === undefined && b.model === undefined
    ? a
    : {
        model: b.model ?? a.model,
        usage:
          a.usage === undefined || b.usage === undefined
            ? (b.usage ?? a.usage)
            : {
                ...a.usage,
                ...Object.fromEntries(
                  Object.entries(b.usage).filter(([, value]) => value !== null && value !== undefined)
                )
              }
      }
