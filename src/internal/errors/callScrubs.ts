/** Hands the secrets of calls to what reads their answers: a server may write a secret into an answer, too. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Scrub } from "./redact.ts"

/** Is told how each call takes out its secrets. */
type Listener = (scrub: Scrub) => void

/** Who is told of the calls of the running program. */
export const ScrubListener: Context.Reference<Listener | undefined> = /*#__PURE__*/ Context.Reference<
  Listener | undefined
>("llmfx/internal/ScrubListener", { defaultValue: () => undefined })

/** A program that makes more calls than these is not answered by the first of them. */
const maxCalls = 16

/** The secrets of the calls that a watched program made last. */
export interface CallScrubs {
  readonly scrub: Scrub
  readonly watch: <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly watchStream: <A, E, R>(program: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>
}

export const makeCallScrubs = (): CallScrubs => {
  const scrubs: Array<Scrub> = []
  const listening =
    (outer: Listener | undefined): Listener =>
    (scrub) => {
      if (scrubs.push(scrub) > maxCalls) scrubs.shift()
      outer?.(scrub)
    }
  return {
    scrub: (text) => scrubs.reduce((plain, scrub) => scrub(plain), text),
    watch: (program) =>
      Effect.withFiber((fiber) =>
        Effect.provideService(program, ScrubListener, listening(fiber.getRef(ScrubListener)))
      ),
    watchStream: (program) =>
      Stream.unwrap(
        Effect.withFiber((fiber) =>
          Effect.succeed(Stream.provideService(program, ScrubListener, listening(fiber.getRef(ScrubListener))))
        )
      )
  }
}
