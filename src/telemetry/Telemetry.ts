/**
 * Records a span for each call, and metrics of time and tokens, by OpenTelemetry's semantic conventions for generative
 * AI.
 *
 * Add it as middleware to a layer or a program. Without it, llmfx creates no spans of its own; the `HttpClient` still
 * creates one for each request. Calls of an `effect/ai` language model are recorded on the span that `effect/ai` makes.
 * Effect's exporters take spans and metrics from there.
 *
 * @example
 * ```ts
 * import { Telemetry } from "llmfx"
 * import { OpenAi } from "llmfx/openai"
 *
 * const layer = OpenAi.layerConfig({ middleware: [Telemetry.make()] })
 * ```
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import { type ApiError, isApiError } from "../ApiError.ts"
import { makeCallScrubs } from "../internal/errors/callScrubs.ts"
import { plainText, type Scrub, scrubbedStart } from "../internal/errors/redact.ts"
import { CallSpan } from "../internal/usage/callSpan.ts"
import {
  type Described,
  describe,
  inputMessages,
  instructions,
  operationOf,
  outputMessages,
  requestAttributes,
  textIn
} from "../internal/usage/genAi.ts"
import { countsOf, usageIn } from "../internal/usage/usageFields.ts"
import { mergeSeen, nothingSeen } from "../internal/usage/usageMeter.ts"
import { make as around, type Call, type Middleware, mapValues } from "../Middleware.ts"
import * as RequestOptions from "../RequestOptions.ts"
import type { Tokens } from "./Usage.ts"

/**
 * Options of {@link make}.
 *
 * @category models
 */
export interface Options {
  /**
   * The value of `gen_ai.provider.name`, for back ends such as `azure.ai.openai`, `aws.bedrock` and `gcp.vertex_ai`.
   * Default: the provider's own name.
   */
  readonly provider?: string | undefined
  /**
   * Whether spans hold messages and answers. Default: `false`. `maxLength` is in characters for each attribute and
   * defaults to 10,000.
   */
  readonly content?: boolean | { readonly maxLength: number } | undefined
  /** Whether requests carry `traceparent` and `b3` headers. Default: as the `HttpClient` is set. */
  readonly propagate?: boolean | undefined
}

/**
 * The metric `gen_ai.client.operation.duration`, in seconds, by operation, provider, model, server and error.
 *
 * @category utilities
 */
export const operationDuration: Metric.Histogram<number> = /*#__PURE__*/ Metric.histogram(
  "gen_ai.client.operation.duration",
  {
    description: "GenAI operation duration",
    attributes: { unit: "s" },
    boundaries: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
  }
)

/**
 * The metric `gen_ai.client.token.usage`, by `gen_ai.token.type` (`input`, `output`) and the attributes of the
 * duration.
 *
 * @category utilities
 */
export const tokenUsage: Metric.Histogram<number> = /*#__PURE__*/ Metric.histogram("gen_ai.client.token.usage", {
  description: "Number of input and output tokens used",
  attributes: { unit: "{token}" },
  boundaries: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
})

/**
 * The metric `gen_ai.client.operation.time_to_first_chunk` of streams, in seconds, with the attributes of the duration.
 *
 * @category utilities
 */
export const timeToFirstChunk: Metric.Histogram<number> = /*#__PURE__*/ Metric.histogram(
  "gen_ai.client.operation.time_to_first_chunk",
  {
    description: "Time until the first event of a stream",
    attributes: { unit: "s" },
    boundaries: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
  }
)

/**
 * Makes middleware that traces and measures all calls.
 *
 * **Details**
 *
 * The span of a call ends with its response. The span of a stream ends when the stream ends or its reader stops, and
 * has the usage reported by then. The requests of each attempt are child spans, made by the `HttpClient`.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Middleware =>
  around((call, next) => {
    const operation = operationOf(call.endpoint)
    const model = usageIn(call.input).model
    const name = model === undefined ? operation : `${operation} ${model}`
    const secrets = makeCallScrubs()
    const measured = Effect.flatMap(
      Effect.flatMap(CallSpan, (given) =>
        given === undefined ? Effect.makeSpan(name, { kind: "client" }) : Effect.succeed(given)
      ),
      (span) =>
        Effect.flatMap(begin(call, span, operation, model, secrets.scrub, options), (record) =>
          secrets.watch(next({ ...call, options: RequestOptions.merge(call.options, record.options) })).pipe(
            Effect.withParentSpan(span, { captureStackTrace: false }),
            Effect.tap((response) => Effect.sync(() => record.answered(response))),
            Effect.map(mapValues((values) => recordedValues(values, record))),
            Effect.onExit((exit) =>
              Exit.isFailure(exit) || !Stream.isStream(exit.value.value) ? record.end(exit) : Effect.void
            )
          )
        )
    )
    return options.propagate === undefined
      ? measured
      : Effect.provideService(measured, HttpClient.TracerPropagationEnabled, options.propagate)
  })

const recordedValues = <A>(values: Stream.Stream<A, ApiError>, record: CallRecord): Stream.Stream<A, ApiError> =>
  values.pipe(
    Stream.mapArray((chunk) => {
      record.received(chunk)
      return chunk
    }),
    Stream.onExit((exit) => record.end(exit))
  )

/** The record of one call. */
interface CallRecord {
  /** Call options that report where the requests go. */
  readonly options: RequestOptions.RequestOptions
  readonly answered: (response: { readonly attempts: number; readonly raw: unknown }) => void
  /** Records the values of a stream. */
  readonly received: (values: ReadonlyArray<unknown>) => void
  /** Ends the record; later calls are ignored. */
  readonly end: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
}

/** Writes attributes to a span, without those that have no value. */
const attributesTo =
  (span: Tracer.Span) =>
  (attributes: { readonly [name: string]: unknown }): void => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && !(Array.isArray(value) && value.length === 0)) span.attribute(name, value)
    }
  }

/** Writes messages to a span as JSON of at most `maxLength` characters. */
const messagesTo =
  (span: Tracer.Span, maxLength: number, scrub: Scrub) =>
  (attributes: { readonly [name: string]: ReadonlyArray<unknown> }): void => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value.length === 0) continue
      const text = jsonOf(value)
      const start = scrubbedStart(text, maxLength, scrub)
      span.attribute(name, text.length > maxLength ? `${start}…` : start)
    }
  }

/** The facts that a response, or the events of a stream, report about themselves. */
class Observed {
  readonly described: Described = { id: undefined, finishReasons: [] }
  readonly #maxText: number
  text = ""
  seen = nothingSeen

  constructor(maxText: number) {
    this.#maxText = maxText
  }

  add(value: unknown): void {
    this.seen = mergeSeen(this.seen, usageIn(value))
    describe(this.described, value)
    if (this.text.length < this.#maxText) this.text += textIn(value)
  }
}

const contentLength = ({ content = false }: Options): number => {
  if (content === false) return 0
  return content === true ? 10_000 : content.maxLength
}

const begin = Effect.fnUntraced(function* (
  call: Call,
  span: Tracer.Span,
  operation: string,
  model: string | undefined,
  scrub: Scrub,
  options: Options
) {
  const { provider = call.endpoint.provider } = options
  const clock = yield* Clock.Clock
  const given = yield* CallSpan
  const start = clock.currentTimeMillisUnsafe()
  const seconds = () => (clock.currentTimeMillisUnsafe() - start) / 1000
  const maxLength = contentLength(options)
  const observed = new Observed(maxLength)
  const set = attributesTo(span)
  const setMessages = maxLength === 0 ? () => undefined : messagesTo(span, maxLength, scrub)
  let firstChunk: number | undefined
  let server: URL | undefined
  let hasEnded = false

  const named = { "gen_ai.operation.name": operation, "gen_ai.provider.name": provider }
  const close = closing({ set, setMessages, scrub, named: { ...named, "gen_ai.request.model": model } })

  set({ ...named, "llmfx.endpoint": call.endpoint.id, ...requestAttributes(call.input) })
  setMessages({
    "gen_ai.input.messages": inputMessages(call.input),
    "gen_ai.system_instructions": instructions(call.input)
  })

  const record: CallRecord = {
    options: {
      transformClient: HttpClient.tapRequest((request) =>
        Effect.sync(() => {
          server = new URL(request.url)
        })
      )
    },
    answered: ({ attempts, raw }) => {
      set({ "http.request.resend_count": attempts > 1 ? attempts - 1 : undefined })
      if (call.endpoint.kind === "json") observed.add(raw)
    },
    received: (values) => {
      firstChunk ??= seconds()
      if (call.endpoint.kind === "stream") for (const value of values) observed.add(value)
    },
    end: (exit) =>
      Effect.suspend(() => {
        if (hasEnded) return Effect.void
        hasEnded = true
        const measured = close({ exit, observed, firstChunk, server, seconds: seconds() })
        // The span of a language model's call is ended by the core of `effect/ai`.
        if (span !== given) span.end(clock.currentTimeNanosUnsafe(), Exit.asVoid(exit))
        return measured
      })
  }
  // A stream that is never read ends with its scope.
  yield* Effect.addFinalizer(record.end)
  return record
})

/** How long a name that a server chooses may be in a span or a metric, in characters. */
const maxName = 200

/** The outcome of a call, once it is known. */
interface Outcome {
  readonly exit: Exit.Exit<unknown, unknown>
  readonly observed: Observed
  readonly firstChunk: number | undefined
  readonly server: URL | undefined
  readonly seconds: number
}

/** Writes the outcome of a call to its span, and returns how to add it to the metrics. */
const closing =
  ({
    named,
    scrub,
    set,
    setMessages
  }: {
    readonly set: ReturnType<typeof attributesTo>
    readonly setMessages: ReturnType<typeof messagesTo>
    readonly scrub: Scrub
    readonly named: { readonly [name: string]: string | undefined }
  }) =>
  ({ exit, firstChunk, observed, seconds, server }: Outcome): Effect.Effect<void> => {
    const { described, seen, text } = observed
    const counts = countsOf(seen.usage)
    const plain = (name: string | undefined): string | undefined =>
      name === undefined ? undefined : plainText(name, maxName, scrub)
    const shared = {
      "gen_ai.response.model": plain(seen.model),
      "error.type": errorType(exit),
      "server.address": server?.hostname,
      "server.port": portOf(server)
    }
    set({
      ...shared,
      ...usageAttributes(counts),
      "gen_ai.response.id": plain(described.id),
      "gen_ai.response.finish_reasons": described.finishReasons.map((reason) => plainText(reason, maxName, scrub)),
      "gen_ai.response.time_to_first_chunk": firstChunk
    })
    setMessages({ "gen_ai.output.messages": outputMessages(text, described) })
    return measure({ attributes: { ...named, ...shared }, seconds, firstChunk, counts })
  }

const measure = (call: {
  readonly attributes: { readonly [name: string]: string | number | undefined }
  readonly seconds: number
  readonly firstChunk: number | undefined
  readonly counts: Tokens | undefined
}): Effect.Effect<void> => {
  const { counts, firstChunk, seconds } = call
  const attributes = Object.fromEntries(
    Object.entries(call.attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  )
  const update = (metric: Metric.Histogram<number>, value: number, own: { readonly [name: string]: string } = {}) =>
    Metric.update(Metric.withAttributes(metric, { ...attributes, ...own }), value)
  return Effect.gen(function* () {
    yield* update(operationDuration, seconds)
    if (firstChunk !== undefined) yield* update(timeToFirstChunk, firstChunk)
    if (counts === undefined) return
    yield* update(tokenUsage, counts.input, { "gen_ai.token.type": "input" })
    yield* update(tokenUsage, counts.output, { "gen_ai.token.type": "output" })
  })
}

const usageAttributes = (counts: Tokens | undefined) =>
  counts === undefined
    ? {}
    : {
        "gen_ai.usage.input_tokens": counts.input,
        "gen_ai.usage.output_tokens": counts.output,
        "gen_ai.usage.cache_read.input_tokens": counts.cacheRead || undefined,
        "gen_ai.usage.cache_creation.input_tokens": counts.cacheWrite || undefined
      }

/** Interruption is not an error. */
const errorType = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return undefined
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  return failure !== undefined && isApiError(failure.error) ? failure.error.reason._tag : "_OTHER"
}

const portOf = (url: URL | undefined): number | undefined =>
  url === undefined ? undefined : Number(url.port || (url.protocol === "https:" ? 443 : 80))

/** An input that cannot be written as JSON counts as empty. */
const jsonOf = (value: unknown): string => {
  try {
    return JSON.stringify(value)
  } catch {
    return ""
  }
}
