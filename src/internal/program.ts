/** The types of programs that options, policies and counters can wrap: Effects and Streams. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

export type Program = Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>

/** The same program with more errors and requirements. */
export type Same<P extends Program, E2 = never, R2 = never> =
  P extends Stream.Stream<infer A, infer E, infer R>
    ? Stream.Stream<A, E | E2, R | R2>
    : P extends Effect.Effect<infer A, infer E, infer R>
      ? Effect.Effect<A, E | E2, R | R2>
      : never

// A single signature for Effects and Streams. With overloads, `pipe` would pick the last one for every program.
export interface Combinator<Option> {
  (option: Option): <P extends Program>(self: P) => Same<P>
  <P extends Program>(self: P, option: Option): Same<P>
}
