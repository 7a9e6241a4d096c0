import * as Effect from "effect/Effect"

/** Runs an effect whose failure matters to nobody. `Effect.ignore` can log, and so brings loggers into every bundle. */
export const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  Effect.catch(Effect.asVoid(effect), () => Effect.void)
