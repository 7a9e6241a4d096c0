import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ApiError, isApiError, type Reason } from "../../src/ApiError.ts"

/** The error of a program that has to fail. */
export const failureOf = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<E, A, R> => Effect.flip(program)

/** The error of a stream that has to fail, and what came before it. */
export const streamFailure = <A, E, R>(
  stream: Stream.Stream<A, E, R>
): Effect.Effect<{ readonly error: E; readonly values: ReadonlyArray<A> }, unknown, R> =>
  Effect.suspend(() => {
    const values: Array<A> = []
    return Effect.map(
      Effect.flip(
        Stream.runForEach(stream, (value) =>
          Effect.sync(() => {
            values.push(value)
          })
        )
      ),
      (error) => ({ error, values })
    )
  })

/** The reason of an error, which has to be of the given kind. */
export const reasonOf = <Tag extends Reason["_tag"]>(error: ApiError, tag: Tag): Extract<Reason, { _tag: Tag }> => {
  const { reason } = error
  const isOf = (reason: Reason): reason is Extract<Reason, { _tag: Tag }> => reason._tag === tag
  if (!isOf(reason)) throw new Error(`expected ${tag}, got ${error.message}`)
  return reason
}

/** A failure, which has to be an `ApiError`. */
export const apiError = (error: unknown): ApiError => {
  if (!isApiError(error)) throw new Error(`expected an ApiError, got ${String(error)}`)
  return error
}
