/**
 * Asks a model and makes the calls it wants, again and again, until the model is done. A loop is a Stream of events. One
 * request, its answer and the calls of that answer are a turn; after each turn the program may decide how to continue.
 *
 * Each API has its own loop, such as `ChatToolLoop`, `ResponseToolLoop` or `MessageToolLoop`. This module is what they
 * share.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 * import { Tools } from "llmfx"
 * import * as MessageToolLoop from "llmfx/anthropic/MessageToolLoop"
 *
 * const weather = Tools.make({
 *   name: "weather",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   run: ({ city }) => Effect.succeed(`Sunny in ${city}`)
 * })
 *
 * const program = MessageToolLoop.run(
 *   { model: "claude-sonnet-5", max_tokens: 500, messages: [{ role: "user", content: "Weather in Rome?" }] },
 *   [weather]
 * ).pipe(Stream.runForEach((event) => Effect.log(event._tag)))
 * ```
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
import type * as Endpoint from "../Endpoint.ts"
import { isObject, objectsOf, parseJson } from "../internal/json/json.ts"
import { jsonText } from "../internal/json/jsonText.ts"
import type * as StructuredOutput from "./StructuredOutput.ts"
import * as Tools from "./Tools.ts"

/**
 * The state of a loop as JSON: everything needed to resume it.
 *
 * @category models
 */
export interface State<out Input, out Answer> {
  /** The input of the next request. */
  readonly input: Input
  /** How many requests were made so far. */
  readonly steps: number
  /** An answer whose calls have not been made yet. */
  readonly answer: Answer | undefined
}

/**
 * A step of an answer that is arriving, such as a delta of its text.
 *
 * @category models
 */
export interface Delta {
  readonly _tag: "Delta"
  readonly step: Accumulator.Step
}

/**
 * An answer is complete.
 *
 * @category models
 */
export interface Answered<out Answer> {
  readonly _tag: "Answered"
  readonly answer: Answer
}

/**
 * A call was made.
 *
 * @category models
 */
export interface Called {
  readonly _tag: "Called"
  readonly call: Tools.Call
  readonly result: Tools.CallResult
}

/**
 * A state to store. If the loop is interrupted later, it can be resumed from this state.
 *
 * @category models
 */
export interface Checkpoint<out Input, out Answer> {
  readonly _tag: "Checkpoint"
  readonly state: State<Input, Answer>
}

/**
 * Why a loop ended although the model is not done: the answer was cut, so its calls are not made.
 *
 * @category models
 */
export type Cut =
  /** The answer reached its token limit. */
  | "maxTokens"
  /** The exchange does not fit into the model's context window. */
  | "contextWindow"
  | "contentFilter"
  /** The model declined to answer. */
  | "refusal"
  /** The answer ended in another way; see its finish reason. */
  | "incomplete"

/**
 * The loop is over.
 *
 * @category models
 */
export interface Finished<out Input, out Answer> {
  readonly _tag: "Finished"
  readonly reason:
    | "done"
    /** The decision was to stop. */
    | "stopped"
    | "maxSteps"
    | Cut
  readonly answer: Answer
  /** The whole exchange, as the input of another request. Calls that were not made are left out. */
  readonly input: Input
  readonly steps: number
}

/**
 * An event of a loop.
 *
 * @category models
 */
export type Event<Input, Answer> =
  | Delta
  | Answered<Answer>
  | Called
  | Checkpoint<Input, Answer>
  | Finished<Input, Answer>

/**
 * A finished turn: the answer, the results of its calls, and the next input.
 *
 * @category models
 */
export interface Turn<out Input, out Answer> {
  readonly steps: number
  readonly answer: Answer
  readonly results: ReadonlyArray<Tools.CallResult>
  readonly next: Input
}

/**
 * How to continue after a turn.
 *
 * @category models
 */
export type Decision<Input> = Data.TaggedEnum<{
  Continue: {}
  Stop: {}
  ContinueWith: { readonly input: Input }
}>

/**
 * The decision to send the results of the calls.
 *
 * @category constants
 */
export const Continue: Decision<never> = { _tag: "Continue" }

/**
 * The decision to end the loop before the model is done. It ends with the reason `"stopped"`.
 *
 * @category constants
 */
export const Stop: Decision<never> = { _tag: "Stop" }

/**
 * The decision to send another input than the results alone: with other tools, another model, or fewer messages.
 *
 * @category utilities
 */
export const ContinueWith = <Input>(input: Input): Decision<Input> => ({ _tag: "ContinueWith", input })

/**
 * A call with its place in the loop. The id is not enough, because servers may give several calls the same id.
 *
 * @category models
 */
export interface PlacedCall extends Tools.Call {
  /** `<turn>/<id>/<n>`: `n` counts the calls of the turn that have this id, from 0. */
  readonly place: string
}

/**
 * Remembers the results of calls, so a resumed loop does not make them again. Use one ledger for one loop: in another
 * loop, the same place is another call.
 *
 * @category models
 */
export interface Ledger<out E = never, out R = never> {
  readonly recall: (call: PlacedCall) => Effect.Effect<Tools.CallResult | undefined, E, R>
  readonly record: (call: PlacedCall, result: Tools.CallResult) => Effect.Effect<void, E, R>
}

/** A call as a ledger stores it. */
interface Entry {
  readonly name: string
  readonly arguments: string
  readonly result: Tools.CallResult
}

const entryOf = (call: PlacedCall, result: Tools.CallResult): Entry => ({
  name: call.name,
  arguments: call.arguments,
  result
})

/** An answer that was requested again may have another call in the same place. */
const resultIn = (entry: Entry | undefined, call: PlacedCall): Tools.CallResult | undefined =>
  entry !== undefined && entry.name === call.name && isSameJson(entry.arguments, call.arguments)
    ? entry.result
    : undefined

/**
 * Makes a ledger in memory.
 *
 * @category constructors
 */
export const makeMemoryLedger: Effect.Effect<Ledger> = /*#__PURE__*/ Effect.sync(() => {
  const entries = new Map<string, Entry>()
  return {
    recall: (call) => Effect.sync(() => resultIn(entries.get(call.place), call)),
    record: (call, result) =>
      Effect.sync(() => {
        entries.set(call.place, entryOf(call, result))
      })
  }
})

/** An entry that cannot be read is like none: the call is made again. */
const parseEntry = (text: string | undefined): Entry | undefined => {
  const entry = text === undefined ? undefined : parseJson(text)
  return isEntry(entry) ? entry : undefined
}

const isEntry = (value: unknown): value is Entry =>
  isObject(value) && typeof value["name"] === "string" && isObject(value["result"]) && "output" in value["result"]

/**
 * Makes a ledger that outlives the program. Its keys are the prefix and the place of a call, so loops that share a store
 * need different prefixes.
 *
 * @category constructors
 */
export const ledgerFromKeyValueStore = (
  store: KeyValueStore.KeyValueStore,
  prefix: string = "tool-call:"
): Ledger<KeyValueStore.KeyValueStoreError> => ({
  recall: (call) => Effect.map(store.get(prefix + call.place), (text) => resultIn(parseEntry(text), call)),
  record: (call, result) => store.set(prefix + call.place, JSON.stringify(entryOf(call, result)))
})

/**
 * Options of a loop.
 *
 * @category models
 */
export interface Options<Input, Answer, E = never, R = never> {
  /** How many requests the loop may make. Default: 20. */
  readonly maxSteps?: number | undefined
  /** How many calls of one answer run at a time. Default: 4. */
  readonly concurrency?: number | undefined
  /**
   * Whether a call starts as soon as it is complete, while the answer continues. Default: `false`.
   *
   * **Gotchas**
   *
   * If the answer is then cut, the call was made for nothing. A call without arguments waits for the end of the answer,
   * because until then it looks like a call that was cut.
   */
  readonly eager?: boolean | undefined
  /** Called after each answer that does not end the loop, once its calls have been made. */
  readonly decide?: ((turn: Turn<Input, Answer>) => Effect.Effect<Decision<Input>, E, R>) | undefined
  readonly ledger?: Ledger<E, R> | undefined
  /** Resumes from the state of a `Checkpoint`. The input is then ignored. */
  readonly resume?: State<Input, Answer> | undefined
}

/**
 * How an answer ended, which decides how the loop continues.
 *
 * @category models
 */
export type Ending =
  /** Nothing cut the answer, so its calls are made. If there are none, the model is done. */
  | "uncut"
  /** The answer is sent back unchanged, so the model continues. */
  | "paused"
  | Cut
  /** The server reported an error instead of an answer. */
  | ApiError

/**
 * How to ask an API, and read its answers.
 *
 * @category models
 */
export interface Api<Input, AnswerEvent, Snapshot, Answer, R> {
  readonly service: Endpoint.Service<R>
  readonly conversion: StructuredOutput.Conversion
  readonly withTools: (input: Input, tools: ReadonlyArray<Tools.ToolDescription>) => Input
  readonly events: (input: Input) => Stream.Stream<AnswerEvent, ApiError, R>
  readonly accumulator: Accumulator.Accumulator<AnswerEvent, Snapshot, Accumulator.Step>
  readonly finish: (snapshot: Snapshot | undefined) => Effect.Effect<Answer, ApiError>
  /** Returns how an answer ended. An answer that is still arriving is `"uncut"` so far. */
  readonly ending: (answer: Answer | Snapshot) => Ending
  /** Returns the calls that the model wants made, if the answer is complete. */
  readonly calls: (answer: Answer) => ReadonlyArray<Tools.Call>
  /**
   * Returns the input that follows an answer. It is valid: every call has a result, and no `tool_choice` forces another
   * call.
   */
  readonly next: (input: Input, answer: Answer, results: ReadonlyArray<Tools.CallResult>) => Input
}

/**
 * Runs the loop of an API: from `input` on, or from `options.resume`.
 *
 * @category models
 */
export type Run<First, Input, Answer, R> = <R2 = never, E3 = never, R3 = never>(
  input: First,
  tools: ReadonlyArray<Tools.Tool<R2>>,
  options?: Options<Input, Answer, E3, R3>
) => Stream.Stream<Event<Input, Answer>, ApiError | StructuredOutput.UnsupportedSchemaError | E3, R | R2 | R3>

/**
 * Runs a loop.
 *
 * @category running
 */
export const run = <Input, AnswerEvent, Snapshot, Answer, R, R2 = never, E3 = never, R3 = never>(
  api: Api<Input, AnswerEvent, Snapshot, Answer, R>,
  input: Input,
  tools: ReadonlyArray<Tools.Tool<R2>>,
  options: Options<Input, Answer, E3, R3> = {}
): Stream.Stream<Event<Input, Answer>, ApiError | StructuredOutput.UnsupportedSchemaError | E3, R | R2 | R3> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { strictTools } = yield* api.service.client
      const conversion = strictTools === false ? { ...api.conversion, strictByDefault: false } : api.conversion
      const state = options.resume ?? { input, steps: 0, answer: undefined }
      const toolbox = yield* Tools.toolbox(tools, conversion, strictSchemasIn(state.input))
      return turnsFrom<Input, AnswerEvent, Snapshot, Answer, E3, R | R2 | R3>({ api, toolbox, options }, state)
    })
  )

/** Returns the schemas of the strict tools that an input already has. */
const strictSchemasIn = (input: unknown): ReadonlyArray<unknown> =>
  objectsOf(isObject(input) ? input["tools"] : undefined)
    .filter((tool) => tool["strict"] === true)
    .map((tool) => tool["input_schema"] ?? tool["parameters"])

/** A running loop. `R` is what the API, the tools and the options need. */
interface Loop<Input, AnswerEvent, Snapshot, Answer, E, R> {
  readonly api: Api<Input, AnswerEvent, Snapshot, Answer, R>
  readonly toolbox: Tools.Toolbox<R>
  readonly options: Options<Input, Answer, E, R>
}

/** The state of a turn whose answer is complete. */
type AnsweredState<Input, Answer> = State<Input, Answer> & { readonly answer: Answer }

/** How a turn ends. */
type Outcome<Input, Answer> = Checkpoint<Input, Answer> | Finished<Input, Answer>

/** Runs one turn after the other. */
const turnsFrom = <Input, AnswerEvent, Snapshot, Answer, E, R>(
  loop: Loop<Input, AnswerEvent, Snapshot, Answer, E, R>,
  state: State<Input, Answer>
): Stream.Stream<Event<Input, Answer>, ApiError | E, R> =>
  Stream.suspend(() => {
    let last: Event<Input, Answer> | undefined
    const turn = Stream.map(oneTurn(loop, state), (event) => {
      last = event
      return event
    })
    return Stream.concat(
      turn,
      Stream.suspend(() => (last?._tag === "Checkpoint" ? turnsFrom(loop, last.state) : Stream.empty))
    )
  })

const defaultMaxSteps = 20
const defaultConcurrency = 4

/** Makes one request and its calls, or only the calls if the state has the answer. */
const oneTurn = <Input, AnswerEvent, Snapshot, Answer, E, R>(
  loop: Loop<Input, AnswerEvent, Snapshot, Answer, E, R>,
  state: State<Input, Answer>
): Stream.Stream<Event<Input, Answer>, ApiError | E, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const steps = state.answer === undefined ? state.steps + 1 : state.steps
      const runner = yield* makeRunner(executor(loop), steps, loop.options.concurrency ?? defaultConcurrency)
      const act = (answer: Answer) => actOn(loop, { ...state, steps, answer }, runner)
      if (state.answer !== undefined) return act(state.answer)
      let answer: Answer | undefined
      return Stream.concat(
        ask(loop, state.input, runner, (whole) => {
          answer = whole
        }),
        Stream.suspend(() => (answer === undefined ? Stream.empty : act(answer)))
      )
    })
  )

/** Asks once. If the loop is eager, calls start as soon as they are complete. */
const ask = <Input, AnswerEvent, Snapshot, Answer, E, R>(
  { api, options, toolbox }: Loop<Input, AnswerEvent, Snapshot, Answer, E, R>,
  input: Input,
  runner: Runner<E, R>,
  onAnswer: (answer: Answer) => void
): Stream.Stream<Event<Input, Answer>, ApiError | E, R> =>
  Stream.unwrap(
    Effect.map(
      Accumulator.streamed(api.accumulator, api.events(api.withTools(input, toolbox.descriptions)), {
        text: () => undefined,
        finish: api.finish
      }),
      ({ final, snapshot, steps }) => {
        const startEarly = (step: Accumulator.Step): Effect.Effect<void, never, R> =>
          step._tag === "ToolCallDone" && hasArguments(step)
            ? Effect.flatMap(snapshot, (soFar) =>
                soFar === undefined || api.ending(soFar) === "uncut" ? runner.start(step) : Effect.void
              )
            : Effect.void
        return Stream.concat(
          (options.eager === true ? Stream.tap(steps, startEarly) : steps).pipe(
            Stream.map((step): Event<Input, Answer> => ({ _tag: "Delta", step }))
          ),
          Stream.fromEffect(
            Effect.map(final, (answer): Event<Input, Answer> => {
              onAnswer(answer)
              return { _tag: "Answered", answer }
            })
          )
        )
      }
    )
  )

/** Returns whether a call has arguments. A call with arguments is complete as soon as they are. */
const hasArguments = (call: { readonly arguments: string }): boolean => !/^\s*(\{\s*\}\s*)?$/.test(call.arguments)

/** Makes the calls of an answer, and decides how to continue. */
const actOn = <Input, AnswerEvent, Snapshot, Answer, E, R>(
  loop: Loop<Input, AnswerEvent, Snapshot, Answer, E, R>,
  state: AnsweredState<Input, Answer>,
  runner: Runner<E, R>
): Stream.Stream<Event<Input, Answer>, ApiError | E, R> => {
  const { api } = loop
  const { answer } = state
  const ending = api.ending(answer)
  if (typeof ending !== "string") return Stream.fail(ending)
  const calls = ending === "uncut" ? api.calls(answer) : []
  if (ending !== "paused" && calls.length === 0) {
    const reason = ending === "uncut" ? "done" : ending
    return Stream.succeed(finish(reason, answer, api.next(state.input, answer, []), state.steps))
  }
  const results: Array<Tools.CallResult> = []
  const called = Stream.unwrap(
    Effect.map(Effect.forEach(calls, runner.join), (running) =>
      Stream.mapEffect(Stream.fromIterable(running), ({ call, result }) =>
        Effect.map(result, (result): Event<Input, Answer> => {
          results.push(result)
          return { _tag: "Called", call, result }
        })
      )
    )
  )
  const decided = Effect.suspend(() => decide(loop, state, results))
  return Stream.succeed<Event<Input, Answer>>({ _tag: "Checkpoint", state }).pipe(
    Stream.concat(called),
    Stream.concat(Stream.fromEffect(decided))
  )
}

/** Decides how to continue after the calls of an answer. */
const decide = <Input, AnswerEvent, Snapshot, Answer, E, R>(
  { api, options }: Loop<Input, AnswerEvent, Snapshot, Answer, E, R>,
  { answer, input, steps }: AnsweredState<Input, Answer>,
  results: ReadonlyArray<Tools.CallResult>
): Effect.Effect<Outcome<Input, Answer>, E, R> => {
  const next = api.next(input, answer, results)
  const decision: Effect.Effect<Decision<Input>, E, R> = options.decide === undefined
    ? Effect.succeed(Continue)
    : options.decide({ steps, answer, results, next })
  return Effect.map(decision, (decision): Outcome<Input, Answer> => {
    if (decision._tag === "Stop") return finish("stopped", answer, next, steps)
    if (steps >= (options.maxSteps ?? defaultMaxSteps)) return finish("maxSteps", answer, next, steps)
    const input = decision._tag === "ContinueWith" ? decision.input : next
    return { _tag: "Checkpoint", state: { input, steps, answer: undefined } }
  })
}

const finish = <Input, Answer>(
  reason: Finished<Input, Answer>["reason"],
  answer: Answer,
  input: Input,
  steps: number
): Finished<Input, Answer> => ({ _tag: "Finished", reason, answer, input, steps })

/**
 * Makes a call, unless the ledger has its result. A result is recorded even if the loop is interrupted at that moment.
 */
const executor =
  <Input, Answer, E, R>({
    options: { ledger },
    toolbox
  }: Pick<Loop<Input, unknown, unknown, Answer, E, R>, "options" | "toolbox">) =>
  (call: PlacedCall): Effect.Effect<Tools.CallResult, E, R> => {
    if (ledger === undefined) return toolbox.execute(call)
    const executed = Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(toolbox.execute(call)), (result) => ledger.record(call, result))
    )
    return Effect.flatMap(ledger.recall(call), (known) => (known === undefined ? executed : Effect.succeed(known)))
  }

/** A call that was started. */
interface Running<out E, out R> {
  readonly call: Tools.Call
  readonly result: Effect.Effect<Tools.CallResult, E, R>
}

interface Runner<out E, out R> {
  /** Starts a call early. */
  readonly start: (call: Tools.Call) => Effect.Effect<void, never, R>
  /** Awaits a call of the answer, and starts it unless it was started early. */
  readonly join: (call: Tools.Call) => Effect.Effect<Running<E, R>, never, R>
}

/** Runs at most `concurrency` calls at a time. Closing the scope interrupts them. */
const makeRunner = <E, R>(
  execute: (call: PlacedCall) => Effect.Effect<Tools.CallResult, E, R>,
  turn: number,
  concurrency: number
) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const semaphore = yield* Semaphore.make(concurrency)
    const counts = new Map<string, number>()
    const early: Array<{ readonly call: Tools.Call; readonly fiber: Fiber.Fiber<Tools.CallResult, E> }> = []
    const placed = ({ arguments: json, id, name }: Tools.Call): PlacedCall => {
      const nth = counts.get(id) ?? 0
      counts.set(id, nth + 1)
      return { id, name, arguments: json, place: [turn, id, nth].join("/") }
    }
    const begin = (call: Tools.Call) =>
      Effect.suspend(() => Effect.forkIn(semaphore.withPermit(execute(placed(call))), scope))
    const runner: Runner<E, R> = {
      start: (call) =>
        Effect.map(begin(call), (fiber) => {
          early.push({ call, fiber })
        }),
      join: (call) =>
        Effect.suspend(() => {
          const alike = early.filter((begun) => isAlike(begun.call, call))
          const begun = alike.find((begun) => begun.call.id === call.id) ?? alike[0]
          if (begun !== undefined) early.splice(early.indexOf(begun), 1)
          const fiber = begun === undefined ? begin(call) : Effect.succeed(begun.fiber)
          return Effect.map(fiber, (fiber) => ({ call, result: Fiber.join(fiber) }))
        })
    }
    return runner
  })

/** Servers may name a call by another id once the answer is complete. */
const isAlike = (a: Tools.Call, b: Tools.Call): boolean => a.name === b.name && isSameJson(a.arguments, b.arguments)

/** A complete answer may hold the arguments as a value. Written again, they can differ from the model's text. */
const isSameJson = (a: string, b: string): boolean => a === b || plainText(a) === plainText(b)

const plainText = (json: string): string => {
  const value = parseJson(json)
  return value === undefined ? json : jsonText(value)
}

/**
 * Runs a loop to its end, and returns the last event.
 *
 * @category getters
 */
export const finished = <Input, Answer, E, R>(
  events: Stream.Stream<Event<Input, Answer>, E, R>
): Effect.Effect<Finished<Input, Answer>, E, R> =>
  Effect.flatMap(Stream.runLast(events), (last) =>
    Option.isSome(last) && last.value._tag === "Finished"
      ? Effect.succeed(last.value)
      : Effect.die(new Error("A loop ends with Finished or fails"))
  )
