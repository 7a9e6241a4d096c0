/** A streaming endpoint's values, pulled from its response. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ApiError from "../ApiError.ts"
import * as EventStream from "../EventStream.ts"
import { bodyError, isJson } from "./body.ts"
import { type Call, errorOf, summarize } from "./call.ts"
import { makeDeadlines } from "./deadlines.ts"
import { parseJson, schemaDecoder } from "./decode.ts"
import { done, ErrorInBody, isObject, type Progress, skip } from "./dialect.ts"
import { makeJsonSeriesParser } from "./jsonSeries.ts"
import { describeText } from "./reasons.ts"
import { transportReason } from "./send.ts"

type Values = Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, ApiError.ApiError>

/** The values of a response as a pull whose connection lives as long as the scope. */
export const openValues = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Values, ApiError.ApiError, Scope.Scope> =>
  Effect.map(openUntimed(call, response), (pull) => timed(call, pull))

const openUntimed = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Values, ApiError.ApiError, Scope.Scope> => {
  const bytes: Effect.Effect<
    Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, BrokenBody>,
    never,
    Scope.Scope
  > = Effect.map(Stream.toPull(response.stream), (pull) =>
    Effect.mapError(pull, (error) => (Cause.isDone(error) ? error : new BrokenBody(error)))
  )
  switch (call.endpoint.kind) {
    case "binary":
      return Effect.andThen(
        refuseErrorInPlaceOfBytes(call, response),
        Effect.map(bytes, (pull) =>
          Effect.mapError(pull, (error) => (Cause.isDone(error) ? error : brokenError(call, response, error)))
        )
      )
    case "jsonl":
      return Effect.map(bytes, (pull) => jsonLines(call, response, pull))
    default:
      return Effect.andThen(
        refuseOtherContent(call, response),
        Effect.map(bytes, (pull) => events(call, response, pull))
      )
  }
}

/** A connection that broke while the body was read. */
class BrokenBody {
  readonly error: HttpClientError.HttpClientError
  constructor(error: HttpClientError.HttpClientError) {
    this.error = error
  }
}

const brokenError = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  { error }: BrokenBody
): ApiError.ApiError => errorOf(call, transportReason(call, error, "body"), summarize(call, response, undefined))

/** JSON or a page in answer to a request for a stream is an error, or a server that does not stream. */
const refuseOtherContent = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<void, ApiError.ApiError> => {
  const contentType = response.headers["content-type"]
  if (contentType === undefined || (!isJson(contentType) && !/^text\/html/i.test(contentType))) return Effect.void
  return Effect.flatMap(
    Effect.mapError(response.text, (error) => brokenError(call, response, new BrokenBody(error))),
    (text) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.fail(bodyError(call, response, text, contentInPlaceOfStream(call, text, contentType), now))
      )
  )
}

const refuseErrorInPlaceOfBytes = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<void, ApiError.ApiError> =>
  call.config.dialect.hasErrorsInPlaceOfBytes === true ? refuseOtherContent(call, response) : Effect.void

const contentInPlaceOfStream = (call: Call, text: string, contentType: string): unknown => {
  try {
    call.config.dialect.unwrap(call.endpoint, JSON.parse(text))
  } catch (thrown) {
    if (thrown instanceof ErrorInBody) return thrown
  }
  return new ApiError.UnexpectedResponseError({
    message: isJson(contentType)
      ? "The server answered with JSON instead of a stream of events"
      : describeText(call.config.scrub(text), contentType),
    contentType
  })
}

const maxPartialText = 1_000_000

/** What has come so far, for the error of a stream that breaks off. */
class StreamProgress implements Progress {
  text = ""
  /** Joined now and then: a string for each event would outlive it. */
  readonly parts: Array<string> = []
  usage: unknown = undefined
  events = 0
  complete = false
  ended = false

  addText(text: unknown): void {
    if (typeof text !== "string" || this.text.length >= maxPartialText) return
    if (this.parts.push(text) === 256) this.flush()
  }

  flush(): void {
    this.text += this.parts.join("")
    this.parts.length = 0
  }

  setUsage(usage: unknown): void {
    if (usage !== undefined && usage !== null) this.usage = usage
  }

  partial(): ApiError.PartialOutput {
    this.flush()
    return { text: this.text, usage: this.usage, events: this.events }
  }
}

const events = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  bytes: Pull.Pull<ReadonlyArray<Uint8Array>, BrokenBody>
): Values => {
  const {
    config: { dialect, maxEventLength },
    endpoint,
    options
  } = call
  const decode = schemaDecoder(endpoint.success, options.decoding ?? "open")
  const isTerminal = terminalTest(endpoint.terminal)
  const parse = makeJsonSeriesParser()
  const progress = new StreamProgress()
  const framing = call.config.framing?.(response.headers["content-type"] ?? "") ?? EventStream.makeSseDecoder
  let atEnd = false
  const noticed = Effect.tapError(bytes, (error) =>
    Effect.sync(() => {
      atEnd = Cause.isDone(error)
    })
  )
  const pull = EventStream.decodePull<unknown, BrokenBody, unknown>(
    noticed,
    (emit) =>
      framing((event, data, id) => {
        if (progress.ended) return
        const json = dialect.event(event, data, id, parse)
        if (json === skip) return
        if (json === done) {
          progress.complete = true
          progress.ended = true
          return
        }
        const value = decode(endpoint.envelope === true ? { event, data: json } : json)
        emit(value)
        progress.events++
        if (isTerminal(value, event)) progress.complete = true
        dialect.note(value, progress)
      }, maxEventLength),
    (thrown) => thrown,
    () => progress.ended
  )
  const isOpenEnded = endpoint.terminal === undefined
  return lingering(
    progress,
    Effect.catch(pull, (error): Values => {
      if (Cause.isDone(error)) {
        if (progress.ended) return Effect.andThen(drain(bytes), Cause.done())
        return progress.complete || isOpenEnded
          ? Cause.done()
          : Effect.fail(truncated(call, response, progress, undefined))
      }
      if (error instanceof BrokenBody) {
        if (progress.complete) return Cause.done()
        return Effect.fail(
          progress.events === 0 || isOpenEnded
            ? brokenError(call, response, error)
            : truncated(call, response, progress, transportReason(call, error.error, "body").message)
        )
      }
      // A body that ends within an event is not wrong but cut off.
      if (atEnd && error instanceof ApiError.DecodeError && !isOpenEnded) {
        return progress.complete ? Cause.done() : Effect.fail(truncated(call, response, progress, undefined))
      }
      return failedEvent(call, response, error)
    })
  )
}

const failedEvent = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  thrown: unknown
): Effect.Effect<never, ApiError.ApiError> => {
  const known =
    thrown instanceof EventStream.EventTooLong
      ? new ApiError.UnexpectedResponseError({
          message: thrown.message,
          contentType: response.headers["content-type"]
        })
      : thrown
  return Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.suspend(() => Effect.fail(bodyError(call, response, undefined, known, now)))
  )
}

const truncated = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
  cause: string | undefined
): ApiError.ApiError =>
  errorOf(
    call,
    new ApiError.StreamTruncatedError({
      message: `The stream ${
        cause === undefined ? "ended" : `broke (${cause})`
      } after ${progress.events} events, before its last one`,
      partial: progress.partial()
    }),
    summarize(call, response, undefined)
  )

/** Reads on to the end after the last event, so that the connection can be used again; not for long. */
const drain = (bytes: Pull.Pull<unknown, unknown>): Effect.Effect<void> =>
  Effect.ignore(Effect.timeoutOption(Effect.forever(bytes), "1 second"))

type EventTest = (value: unknown, event: string) => boolean

const terminalTest = (terminal: Call["endpoint"]["terminal"]): EventTest => {
  if (terminal === undefined) return () => false
  if (terminal === "finishReason") return hasFinishReason
  const [only, ...others] = terminal
  const isTerminal = others.length === 0 ? (name: unknown) => name === only : (name: unknown) => names.has(name)
  const names = new Set<unknown>(terminal)
  return (value, event) => isTerminal(event === "" && isObject(value) ? (value["type"] ?? value["event"]) : event)
}

const hasFinishReason: EventTest = (value) =>
  isObject(value) &&
  Array.isArray(value["choices"]) &&
  value["choices"].some((choice: unknown) => isObject(choice) && typeof choice["finish_reason"] === "string")

/** Applies the time limits between values. */
const timed = (call: Call, pull: Values): Values => {
  if (call.timeouts.idle === undefined && call.deadline === undefined) return pull
  const deadlines = makeDeadlines(call)
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    deadlines.set(["idle"], now)
    return deadlines.guard(pull)
  })
}

/** After the terminal event nothing is awaited for long. */
const lingering = (progress: StreamProgress, pull: Values): Values =>
  Effect.suspend(() =>
    progress.complete && !progress.ended
      ? Effect.timeoutOrElse(pull, { duration: "5 seconds", orElse: () => Cause.done() })
      : pull
  )

const jsonLines = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  bytes: Pull.Pull<ReadonlyArray<Uint8Array>, BrokenBody>
): Values => {
  const decode = schemaDecoder(call.endpoint.success, call.options.decoding ?? "open")
  const parse = makeJsonSeriesParser()
  const pull = EventStream.decodePull<unknown, BrokenBody, unknown>(
    bytes,
    (emit) =>
      EventStream.makeJsonLinesDecoder((_, line) => emit(decode(parseJson(line, parse))), call.config.maxEventLength),
    (thrown) => thrown
  )
  return Effect.catch(
    pull,
    (error): Values =>
      Cause.isDone(error)
        ? Cause.done()
        : error instanceof BrokenBody
          ? Effect.fail(brokenError(call, response, error))
          : failedEvent(call, response, error)
  )
}
