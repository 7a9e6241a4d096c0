/**
 * Answers and tool calls in turn, until the model is done: a Stream of what happens, with a say after each step.
 *
 * The providers have a loop for each of their APIs: `ChatToolLoop`, `ResponseToolLoop`, `MessageToolLoop`.
 */
import type * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Accumulator from "../Accumulator.ts"
import type { ApiError } from "../ApiError.ts"
import type * as StructuredOutput from "./StructuredOutput.ts"
import * as Tools from "./Tools.ts"

/** Where a loop is: all that it takes to go on from there, as JSON. */
export interface State<out Input, out Answer> {
  /** The input of the next request. */
  readonly input: Input
  /** The steps so far. */
  readonly steps: number
  /** An answer whose calls are not made yet. */
  readonly answer: Answer | undefined
}

/** A piece of an answer. */
export interface Delta {
  readonly _tag: "Delta"
  readonly step: Accumulator.Step
}

/** An answer is whole. */
export interface Answered<out Answer> {
  readonly _tag: "Answered"
  readonly answer: Answer
}

/** A call has been made. */
export interface Called {
  readonly _tag: "Called"
  readonly call: Tools.Call
  readonly result: Tools.CallResult
}

/** A state to keep: a loop that is interrupted after it can be resumed there. */
export interface Checkpoint<out Input, out Answer> {
  readonly _tag: "Checkpoint"
  readonly state: State<Input, Answer>
}

/** The loop is over. */
export interface Finished<out Input, out Answer> {
  readonly _tag: "Finished"
  readonly reason:
    | "done"
    /** The decision was to stop. */
    | "stopped"
    | "maxSteps"
  readonly answer: Answer
  /** The whole exchange, as the input of a further request. */
  readonly input: Input
  readonly steps: number
}

/** What happens in a loop. */
export type Event<Input, Answer> =
  | Delta
  | Answered<Answer>
  | Called
  | Checkpoint<Input, Answer>
  | Finished<Input, Answer>

/** A step that is over: the answer, the results of its calls, and the input that would come next. */
export interface Turn<out Input, out Answer> {
  readonly steps: number
  readonly answer: Answer
  readonly results: ReadonlyArray<Tools.CallResult>
  readonly next: Input
}

/** What to do after a step. */
export type Decision<Input> = Data.TaggedEnum<{
  Continue: {}
  Stop: {}
  /** With another input: other tools, another model, fewer messages. */
  ContinueWith: { readonly input: Input }
}>

/** Goes on. */
export const Continue: Decision<never> = { _tag: "Continue" }

/** Ends the loop. */
export const Stop: Decision<never> = { _tag: "Stop" }

/** Goes on with another input. */
export const ContinueWith = <Input>(input: Input): Decision<Input> => ({ _tag: "ContinueWith", input })

/** Remembers the results of calls, so that a loop that is resumed does not make them again. */
export interface Ledger<out E = never, out R = never> {
  readonly recall: (callId: string) => Effect.Effect<Tools.CallResult | undefined, E, R>
  readonly record: (result: Tools.CallResult) => Effect.Effect<void, E, R>
}

/** A ledger in memory. */
export const makeMemoryLedger: Effect.Effect<Ledger> = /*#__PURE__*/ Effect.sync(() => {
  const results = new Map<string, Tools.CallResult>()
  return {
    recall: (callId) => Effect.sync(() => results.get(callId)),
    record: (result) =>
      Effect.sync(() => {
        results.set(result.id, result)
      })
  }
})

/** A ledger that outlives the program. */
export const ledgerFromKeyValueStore = (
  store: KeyValueStore.KeyValueStore,
  prefix: string = "tool-call:"
): Ledger<KeyValueStore.KeyValueStoreError> => ({
  recall: (callId) =>
    Effect.map(store.get(prefix + callId), (text) =>
      text === undefined ? undefined : (JSON.parse(text) as Tools.CallResult)
    ),
  record: (result) => store.set(prefix + result.id, JSON.stringify(result))
})

/** How a loop goes. */
export interface Options<Input, Answer, E = never, R = never> {
  /** The most requests, 20 unless set. */
  readonly maxSteps?: number | undefined
  /** Calls of one answer that run at a time, four unless set. */
  readonly concurrency?: number | undefined
  /**
   * Whether a call begins as soon as it is whole, while the answer goes on; not unless set. Should the answer then
   * break off, such a call was made for nothing.
   */
  readonly eager?: boolean | undefined
  /** Called after each answer that has calls, once they are made. */
  readonly decide?: ((turn: Turn<Input, Answer>) => Effect.Effect<Decision<Input>, E, R>) | undefined
  readonly ledger?: Ledger<E, R> | undefined
  /** Where to begin: the state of a `Checkpoint`, instead of the input. */
  readonly resume?: State<Input, Answer> | undefined
}

/** How an API is asked, and how its answers are read. */
export interface Api<Input, AnswerEvent, Snapshot, Answer, R> {
  readonly conversion: StructuredOutput.Conversion
  readonly withTools: (input: Input, tools: ReadonlyArray<Tools.ToolDescription>) => Input
  readonly events: (input: Input) => Stream.Stream<AnswerEvent, ApiError, R>
  readonly accumulator: Accumulator.Accumulator<AnswerEvent, Snapshot, Accumulator.Step>
  readonly finish: (snapshot: Snapshot | undefined) => Effect.Effect<Answer, ApiError>
  readonly calls: (answer: Answer) => ReadonlyArray<Tools.Call>
  /** Whether the answer is to be sent back as it is, for the model to go on. */
  readonly isPaused: (answer: Answer) => boolean
  /** The input that follows on an answer. */
  readonly next: (input: Input, answer: Answer, results: ReadonlyArray<Tools.CallResult>) => Input
}

/** Runs a loop. */
export const run = <Input, AnswerEvent, Snapshot, Answer, R, R2 = never, E3 = never, R3 = never>(
  api: Api<Input, AnswerEvent, Snapshot, Answer, R>,
  input: Input,
  tools: ReadonlyArray<Tools.Tool<R2>>,
  options: Options<Input, Answer, E3, R3> = {}
): Stream.Stream<Event<Input, Answer>, ApiError | StructuredOutput.UnsupportedSchemaError | E3, R | R2 | R3> =>
  Stream.unwrap(
    Effect.map(Tools.toolbox(tools, api.conversion), (toolbox) => {
      const { concurrency = 4, decide, eager = false, ledger, maxSteps = 20 } = options

      /** What a call has done is recorded even where an interruption comes in between. */
      const executeAndRecord = (call: Tools.Call, ledger: Ledger<E3, R3>) =>
        Effect.uninterruptibleMask((restore) => Effect.tap(restore(toolbox.execute(call)), ledger.record))

      const execute = (call: Tools.Call): Effect.Effect<Tools.CallResult, E3, R2 | R3> =>
        ledger === undefined || call.id === ""
          ? toolbox.execute(call)
          : Effect.flatMap(
              ledger.recall(call.id),
              (known): Effect.Effect<Tools.CallResult, E3, R2 | R3> =>
                known === undefined ? executeAndRecord(call, ledger) : Effect.succeed(known)
            )

      /** One request, its calls, and what comes after. */
      const from = (state: State<Input, Answer>): Stream.Stream<Event<Input, Answer>, ApiError | E3, R | R2 | R3> =>
        Stream.suspend(() => {
          const steps = state.answer === undefined ? state.steps + 1 : state.steps
          let after: Stream.Stream<Event<Input, Answer>, ApiError | E3, R | R2 | R3> = Stream.empty
          const step = Stream.unwrap(
            Effect.gen(function* () {
              const calls = yield* makeRunner(execute, concurrency)
              let answer = state.answer
              const answering =
                answer === undefined
                  ? ask(api, state.input, toolbox.descriptions, eager ? calls.start : undefined, (whole) => {
                      answer = whole
                    })
                  : Stream.empty
              const acting = Stream.suspend(() => (answer === undefined ? Stream.empty : act(answer, calls)))
              return Stream.concat(answering, acting)
            })
          )
          const finished = (
            reason: Finished<Input, Answer>["reason"],
            answer: Answer,
            input: Input
          ): Finished<Input, Answer> => ({ _tag: "Finished", reason, answer, input, steps })

          const act = (
            answer: Answer,
            runner: Runner<E3, R2 | R3>
          ): Stream.Stream<Event<Input, Answer>, E3, R2 | R3> => {
            const calls = api.calls(answer)
            if (calls.length === 0 && !api.isPaused(answer)) {
              return Stream.succeed(finished("done", answer, api.next(state.input, answer, [])))
            }
            const results: Array<Tools.CallResult> = []
            const called = Stream.mapEffect(Stream.fromIterable(calls), (call) =>
              Effect.map(runner.result(call), (result): Event<Input, Answer> => {
                results.push(result)
                return { _tag: "Called", call, result }
              })
            )
            const checkpoint = (state: State<Input, Answer>): Event<Input, Answer> => ({ _tag: "Checkpoint", state })
            const decided = Effect.gen(function* () {
              const next = api.next(state.input, answer, results)
              const decision: Decision<Input> =
                decide === undefined ? Continue : yield* decide({ steps, answer, results, next })
              if (decision._tag === "Stop") return finished("stopped", answer, next)
              if (steps >= maxSteps) return finished("maxSteps", answer, next)
              const following = {
                input: decision._tag === "ContinueWith" ? decision.input : next,
                steps,
                answer: undefined
              }
              after = from(following)
              return checkpoint(following)
            })
            return Stream.succeed(checkpoint({ input: state.input, steps, answer })).pipe(
              Stream.concat(Stream.unwrap(Effect.as(Effect.forEach(calls, runner.start), called))),
              Stream.concat(Stream.fromEffect(decided))
            )
          }
          return Stream.concat(
            step,
            Stream.suspend(() => after)
          )
        })

      return from(options.resume ?? { input, steps: 0, answer: undefined })
    })
  )

/** Asks once; `onCall` gets each call as soon as it is whole. */
const ask = <Input, AnswerEvent, Snapshot, Answer, R, E2, R2>(
  api: Api<Input, AnswerEvent, Snapshot, Answer, R>,
  input: Input,
  tools: ReadonlyArray<Tools.ToolDescription>,
  onCall: ((call: Tools.Call) => Effect.Effect<unknown, E2, R2>) | undefined,
  onAnswer: (answer: Answer) => void
): Stream.Stream<Event<Input, Answer>, ApiError | E2, R | R2> =>
  Stream.unwrap(
    Effect.map(
      Accumulator.streamed(api.accumulator, api.events(api.withTools(input, tools)), {
        text: () => undefined,
        finish: api.finish
      }),
      ({ final, steps }) =>
        Stream.concat(
          steps.pipe(
            Stream.tap((step) => (onCall !== undefined && step._tag === "ToolCallDone" ? onCall(step) : Effect.void)),
            Stream.map((step): Event<Input, Answer> => ({ _tag: "Delta", step }))
          ),
          Stream.fromEffect(
            Effect.map(final, (answer): Event<Input, Answer> => {
              onAnswer(answer)
              return { _tag: "Answered", answer }
            })
          )
        )
    )
  )

interface Runner<out E, out R> {
  /** Begins a call, unless it was begun before. */
  readonly start: (call: Tools.Call) => Effect.Effect<void, never, R>
  readonly result: (call: Tools.Call) => Effect.Effect<Tools.CallResult, E, R>
}

/** Runs calls side by side, some at a time; the scope's end interrupts them. */
const makeRunner = <E, R>(execute: (call: Tools.Call) => Effect.Effect<Tools.CallResult, E, R>, concurrency: number) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const semaphore = yield* Semaphore.make(concurrency)
    const running = new Map<string, Fiber.Fiber<Tools.CallResult, E>>()
    const keyOf = ({ arguments: json, id, name }: Tools.Call): string => (id === "" ? JSON.stringify([name, json]) : id)
    const runner: Runner<E, R> = {
      start: (call) =>
        Effect.suspend(() =>
          running.has(keyOf(call))
            ? Effect.void
            : Effect.map(Effect.forkIn(semaphore.withPermit(execute(call)), scope), (fiber) => {
                running.set(keyOf(call), fiber)
              })
        ),
      result: (call) =>
        Effect.suspend(() => {
          const fiber = running.get(keyOf(call))
          return fiber === undefined ? execute(call) : Fiber.join(fiber)
        })
    }
    return runner
  })

/** The end of a loop. */
export const finished = <Input, Answer, E, R>(
  events: Stream.Stream<Event<Input, Answer>, E, R>
): Effect.Effect<Finished<Input, Answer>, E, R> =>
  Effect.flatMap(Stream.runLast(events), (last) =>
    Option.isSome(last) && last.value._tag === "Finished"
      ? Effect.succeed(last.value)
      : Effect.die(new Error("A loop ends with Finished or fails"))
  )
