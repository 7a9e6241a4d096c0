import * as Effect from "effect/Effect"

/** A stream that is read after its scope has closed its connection: a mistake in the program, said in its words. */
export const afterScope: Effect.Effect<never> = /*#__PURE__*/ Effect.suspend(() =>
  Effect.die(
    new Error(
      "The stream was read after its scope had ended, which closed its connection. Read it within the Effect.scoped that opened it."
    )
  )
)
