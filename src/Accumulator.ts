/**
 * Folds the events of a stream into an answer.
 *
 * An accumulator is a value: it folds recorded events, runs as a `Sink`, and follows a live stream, always in linear
 * time. Each API has its own, such as `ChatCompletionStream.accumulator` and `MessageStream.accumulator`.
 *
 * @example
 * ```ts
 * import * as Stream from "effect/Stream"
 * import { Accumulator } from "llmfx"
 * import { ChatCompletionStream, ChatCompletions } from "llmfx/openai"
 *
 * const completion = ChatCompletions.stream({
 *   model: "gpt-5.4-mini",
 *   messages: [{ role: "user", content: "hi" }]
 * }).pipe(Stream.run(Accumulator.sink(ChatCompletionStream.accumulator)))
 * ```
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { afterScope } from "./internal/stream/afterScope.ts"

/**
 * How events add up to a snapshot of the answer, and which steps they consist of.
 *
 * @category models
 */
export interface Accumulator<in Event, out Snapshot, out Step = never> {
  /** A fold that has seen nothing yet. */
  readonly start: () => Fold<Event, Snapshot, Step>
}

/**
 * A fold on its way.
 *
 * @category models
 */
export interface Fold<in Event, out Snapshot, out Step = never> {
  /** Takes one more event; gives what it says, in order. Never throws, whatever the event is. */
  readonly push: (event: Event) => ReadonlyArray<Step>
  /** The answer so far; `undefined` before its first event. Later events do not change an earlier snapshot. */
  readonly snapshot: () => Snapshot | undefined
}

/**
 * A place in the answer.
 *
 * @category models
 */
export interface Place {
  /** The choice of a chat completion, the item of a response, the block of a message. */
  readonly index: number
  /** The part within it: of a response's item its content or summary part, else 0. */
  readonly part: number
}

/**
 * A piece of text that has arrived.
 *
 * @category models
 */
export interface Delta<Tag extends string> extends Place {
  readonly _tag: Tag
  readonly delta: string
}

/**
 * A text that is whole.
 *
 * @category models
 */
export interface Done<Tag extends string> extends Place {
  readonly _tag: Tag
  readonly text: string
}

/**
 * A call of a tool has begun.
 *
 * @category models
 */
export interface ToolCallStarted extends Place {
  readonly _tag: "ToolCallStarted"
  readonly id: string
  readonly name: string
}

/**
 * A piece of a call's arguments has arrived.
 *
 * @category models
 */
export interface ToolCallDelta extends Delta<"ToolCallDelta"> {
  readonly id: string
}

/**
 * A call of a tool is whole.
 *
 * @category models
 */
export interface ToolCallDone extends Place {
  readonly _tag: "ToolCallDone"
  readonly id: string
  readonly name: string
  /** The text of the arguments: JSON, unless the tool takes free text. */
  readonly arguments: string
}

/**
 * A source that the answer names.
 *
 * @category models
 */
export interface CitationAdded extends Place {
  readonly _tag: "CitationAdded"
  readonly citation: unknown
}

/**
 * An event that cannot be right, such as one with a negative index. It is not part of the snapshot.
 *
 * @category models
 */
export interface EventRefused {
  readonly _tag: "EventRefused"
  readonly event: unknown
  readonly message: string
}

/**
 * A step: the content of one event, in the same form for every API.
 *
 * @category models
 */
export type Step =
  | Delta<"TextDelta">
  | Done<"TextDone">
  | Delta<"RefusalDelta">
  | Done<"RefusalDone">
  | Delta<"ReasoningDelta">
  | Done<"ReasoningDone">
  | ToolCallStarted
  | ToolCallDelta
  | ToolCallDone
  | CitationAdded
  | EventRefused

/**
 * Returns the answer after all events, or `undefined` if there are none.
 *
 * @category getters
 */
export const fold = <Event, Snapshot>(
  self: Accumulator<Event, Snapshot, unknown>,
  events: Iterable<Event>
): Snapshot | undefined => {
  const folding = self.start()
  for (const event of events) folding.push(event)
  return folding.snapshot()
}

/**
 * Returns a sink that yields the answer after all events, or `undefined` if there are none.
 *
 * @category getters
 */
export const sink = <Event, Snapshot>(
  self: Accumulator<Event, Snapshot, unknown>
): Sink.Sink<Snapshot | undefined, Event> =>
  Sink.map(
    Sink.reduce<Fold<Event, Snapshot, unknown>, Event>(self.start, (folding, event) => {
      folding.push(event)
      return folding
    }),
    (folding) => folding.snapshot()
  )

/**
 * Emits the steps of the events.
 *
 * @category running
 */
export const steps =
  <Event, Step>(self: Accumulator<Event, unknown, Step>) =>
  <E, R>(events: Stream.Stream<Event, E, R>): Stream.Stream<Step, E, R> =>
    Stream.mapAccumArray(events, self.start, (folding, events) => [
      folding,
      events.flatMap((event) => folding.push(event))
    ])

/**
 * The answer so far, after each read: events that arrive together give one snapshot.
 *
 * @category constants
 */
export const snapshots =
  <Event, Snapshot>(self: Accumulator<Event, Snapshot, unknown>) =>
  <E, R>(events: Stream.Stream<Event, E, R>): Stream.Stream<Snapshot, E, R> =>
    Stream.mapAccumArray(events, self.start, (folding, events) => {
      for (const event of events) folding.push(event)
      const snapshot = folding.snapshot()
      return [folding, snapshot === undefined ? [] : [snapshot]]
    })

/**
 * A stream that is being read, and its answer.
 *
 * **Details**
 *
 * `events`, `steps`, `text` and `snapshots` are views of one stream: an event read through one view is not emitted by
 * another, but counts toward the answer.
 *
 * @category models
 */
export interface Streamed<out Event, out Snapshot, out Step, out Final, out E> {
  readonly events: Stream.Stream<Event, E>
  readonly steps: Stream.Stream<Step, E>
  /** The pieces of the text; of a chat completion, those of its first choice. */
  readonly text: Stream.Stream<string, E>
  /** The answer so far, after each read. */
  readonly snapshots: Stream.Stream<Snapshot, E>
  /** The answer so far: also after the stream has failed or was abandoned, with the usage known by then. */
  readonly snapshot: Effect.Effect<Snapshot | undefined>
  /** Reads on to the end, and gives the whole answer. */
  readonly final: Effect.Effect<Final, E>
}

/**
 * The parts of {@link streamed} that differ between APIs.
 *
 * @category models
 */
export interface StreamedOptions<in Snapshot, in Step, out Final, out E> {
  /** The text of a step, for the view `text`. */
  readonly text: (step: Step) => string | undefined
  /** The whole answer, once the stream has ended well. */
  readonly finish: (snapshot: Snapshot | undefined) => Effect.Effect<Final, E>
}

/**
 * Starts a stream and follows it with an accumulator. The connection is closed with the scope. The options and middleware
 * of this effect apply to the call; those of its readers do not.
 *
 * @category running
 */
export const streamed = <Event, Snapshot, Step, Final, E, R, E2>(
  self: Accumulator<Event, Snapshot, Step>,
  events: Stream.Stream<Event, E, R>,
  options: StreamedOptions<Snapshot, Step, Final, E2>
): Effect.Effect<Streamed<Event, Snapshot, Step, Final, E | E2>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const pull = yield* Stream.toPull(events)
    // The call keeps the options, middleware and span it was made with, whoever reads it first.
    const read = yield* shared(Effect.updateContext(pull, () => context))
    const folding = self.start()
    const pushAll = (events: ReadonlyArray<Event>): ReadonlyArray<Step> =>
      events.flatMap((event) => folding.push(event))

    const view = <A>(see: (events: ReadonlyArray<Event>) => ReadonlyArray<A>): Stream.Stream<A, E> => {
      const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E> = Effect.flatMap(read, (events) => {
        const seen = see(events)
        return Arr.isReadonlyArrayNonEmpty(seen) ? Effect.succeed(seen) : pull
      })
      return Stream.fromPull(Effect.succeed(pull))
    }

    return {
      events: view((events) => {
        pushAll(events)
        return events
      }),
      steps: view(pushAll),
      text: view((events) =>
        pushAll(events).flatMap((step) => {
          const text = options.text(step)
          return text === undefined ? [] : [text]
        })
      ),
      snapshots: view((events) => {
        pushAll(events)
        const snapshot = folding.snapshot()
        return snapshot === undefined ? [] : [snapshot]
      }),
      snapshot: Effect.sync(() => folding.snapshot()),
      final: Effect.andThen(
        Stream.runDrain(view(pushAll)),
        Effect.suspend(() => options.finish(folding.snapshot()))
      )
    }
  })

/**
 * A pull for several readers: one read at a time, the end for every reader. A reader interrupted while waiting does not
 * lose an event.
 */
const shared = <A, E>(pull: Pull.Pull<A, E>): Effect.Effect<Pull.Pull<A, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const semaphore = yield* Semaphore.make(1)
    let pending: Fiber.Fiber<A, E | Cause.Done> | undefined
    let ended: Exit.Exit<never, E | Cause.Done> | undefined
    const fork = Effect.uninterruptibleMask((restore) =>
      Effect.map(Effect.forkIn(restore(pull), scope), (fiber) => {
        pending = fiber
        return fiber
      })
    )
    return semaphore.withPermit(
      Effect.suspend(() => {
        if (ended !== undefined) return ended
        if (scope.state._tag === "Closed") return afterScope
        return Effect.flatMap(pending === undefined ? fork : Effect.succeed(pending), (fiber) =>
          Effect.flatMap(Fiber.await(fiber), (exit) => {
            pending = undefined
            if (Exit.isSuccess(exit)) return exit
            if (scope.state._tag === "Closed" && Cause.hasInterruptsOnly(exit.cause)) return afterScope
            ended = Exit.failCause(exit.cause)
            return exit
          })
        )
      })
    )
  })
