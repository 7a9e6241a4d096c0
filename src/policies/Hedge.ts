/**
 * Starts a second run of a slow program and takes whichever succeeds first.
 *
 * It costs tokens to save time. Use it only for programs that may run twice.
 *
 * @example
 * ```ts
 * import { Hedge } from "llmfx"
 * import { Responses } from "llmfx/openai"
 *
 * const answer = Responses.create({ model: "gpt-5.4-mini", input: "hi" }).pipe(Hedge.after("3 seconds"))
 * ```
 */
import type * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { dual } from "effect/Function"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Combinator, Program } from "../internal/program.ts"

/**
 * Runs a program a second time if the first run has not ended after `duration`.
 *
 * **Details**
 *
 * The first run to succeed wins and interrupts the other. For a Stream, the run whose first values arrive first
 * continues. A run that fails before `duration` fails the program; later, it fails only if both runs fail.
 *
 * @category combinators
 */
export const after: Combinator<Duration.Input> = /*#__PURE__*/ dual(2, (self: Program, duration: Duration.Input) =>
  Stream.isStream(self) ? hedgedStream(self, duration) : hedged(self, duration)
)

const hedged = <A, E, R>(program: Effect.Effect<A, E, R>, duration: Duration.Input): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.forkChild(program), (first) =>
    Effect.flatMap(Effect.timeoutOption(Fiber.await(first), duration), (ended) =>
      ended._tag === "Some" ? ended.value : Effect.race(Fiber.join(first), program)
    ).pipe(Effect.onExit(() => Fiber.interrupt(first)))
  )

const hedgedStream = <A, E, R>(stream: Stream.Stream<A, E, R>, duration: Duration.Input): Stream.Stream<A, E, R> =>
  Stream.unwrap(
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.map(hedged(started(stream, scope), duration), ({ first, rest }) =>
        Stream.concat(Stream.fromArray(first), Stream.fromPull(Effect.succeed(rest)))
      )
    )
  )

interface Started<A, E, R> {
  readonly first: ReadonlyArray<A>
  readonly rest: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E, void, R>
}

/** Returns a stream together with its first values, or with its end if it is empty. */
const started = <A, E, R>(stream: Stream.Stream<A, E, R>, outer: Scope.Scope): Effect.Effect<Started<A, E, R>, E, R> =>
  Effect.flatMap(Scope.fork(outer), (scope) =>
    Scope.provide(Stream.toPull(stream), scope).pipe(
      Effect.flatMap((rest) =>
        Effect.flatMap(Effect.exit(rest), (first): Effect.Effect<Started<A, E, R>, E> => {
          if (Exit.isSuccess(first)) return Effect.succeed({ first: first.value, rest })
          return Pull.isDoneCause(first.cause)
            ? Effect.succeed({ first: [], rest })
            : Effect.failCause(first.cause as Cause.Cause<E>)
        })
      ),
      Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void))
    )
  )
