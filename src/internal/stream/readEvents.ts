/** A streaming endpoint's values, pulled from its response. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ApiError from "../../ApiError.ts"
import * as EventStream from "../../EventStream.ts"
import { type Call, errorOf, summarize } from "../attempt/call.ts"
import { makeDeadlines } from "../attempt/deadlines.ts"
import { transportReason } from "../attempt/send.ts"
import { withNow } from "../attempt/withNow.ts"
import { bodyError, isJson } from "../decode/body.ts"
import { parseJson, schemaDecoder } from "../decode/schemaDecoder.ts"
import { done, ErrorInBody, skip } from "../dialect.ts"
import { gistOf } from "../errors/reasons.ts"
import { isObject } from "../json/json.ts"
import { makeJsonSeriesParser } from "../json/patternParser.ts"
import { BodyStart, StreamProgress } from "./progress.ts"

type Values = Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, ApiError.ApiError>

/** The values of a response as a pull whose connection lives as long as the scope. */
export const openValues = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Values, ApiError.ApiError, Scope.Scope> => {
  const progress = new StreamProgress()
  return Effect.map(openUntimed(call, response, progress), (pull) => timed(call, response, progress, pull))
}

const openUntimed = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress
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
      return Effect.map(bytes, (pull) => jsonLines(call, response, progress, pull))
    default:
      return Effect.andThen(
        isJson(response.headers["content-type"] ?? "") ? refuseContent(call, response) : Effect.void,
        Effect.map(bytes, (pull) => events(call, response, progress, pull))
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
  { error }: BrokenBody,
  head?: string,
  partial?: ApiError.PartialOutput
): ApiError.ApiError => errorOf(call, transportReason(call, error, "body"), summarize(call, response, head), partial)

/** JSON in answer to a request for a stream is an error, or a server that does not stream. */
const refuseContent = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<never, ApiError.ApiError> =>
  Effect.flatMap(
    Effect.mapError(response.text, (error) => brokenError(call, response, new BrokenBody(error))),
    (text) => notAStream(call, response, text)
  )

const refuseErrorInPlaceOfBytes = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<void, ApiError.ApiError> => {
  const contentType = response.headers["content-type"] ?? ""
  const isOther = isJson(contentType) || /^text\/html/i.test(contentType)
  return isOther && call.config.dialect.hasErrorsInPlaceOfBytes === true ? refuseContent(call, response) : Effect.void
}

/** The failure of a call that was answered with something else, of which `text` is the start. */
const notAStream = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  text: string
): Effect.Effect<never, ApiError.ApiError> =>
  withNow((now) => Effect.fail(bodyError(call, response, text, contentInPlaceOfStream(call, response, text), now)))

const contentInPlaceOfStream = (call: Call, response: HttpClientResponse.HttpClientResponse, text: string): unknown => {
  const contentType = response.headers["content-type"]
  try {
    call.config.dialect.unwrap(call.endpoint, JSON.parse(text))
  } catch (thrown) {
    if (thrown instanceof ErrorInBody) return thrown
  }
  const gist = gistOf(call.config.scrub(text))
  return new ApiError.UnexpectedResponseError({
    message: isJson(contentType ?? "")
      ? "The server answered with JSON instead of a stream of events"
      : `The server answered with ${contentType ?? "text"} instead of a stream${gist === "" ? "" : `: ${gist}`}`,
    contentType
  })
}

const events = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
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
  const contentType = response.headers["content-type"] ?? ""
  const ownFraming = call.config.framing?.(contentType)
  const framing = ownFraming ?? EventStream.makeSseDecoder
  const isEventStream = ownFraming !== undefined || /^text\/event-stream\b/i.test(contentType)
  const head = new BodyStart()
  let atEnd = false
  const noticed = Effect.tapError(bytes, (error) =>
    Effect.sync(() => {
      atEnd = Cause.isDone(error)
    })
  )
  const pull = EventStream.decodePull<unknown, BrokenBody, unknown>(
    noticed,
    (emit) => {
      const decoder = framing((event, data, id) => {
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
      }, maxEventLength)
      return {
        push: (bytes) => {
          if (progress.events === 0) head.add(bytes)
          decoder.push(bytes)
        },
        end: decoder.end
      }
    },
    (thrown) => thrown,
    () => progress.ended
  )
  const isOpenEnded = endpoint.terminal === undefined
  const start = () => (progress.events === 0 ? head.text() : undefined)
  return lingering(
    progress,
    Effect.catch(pull, (error): Values => {
      if (Cause.isDone(error)) {
        if (progress.ended) return Effect.andThen(drain(bytes), Cause.done())
        if (progress.complete) return Cause.done()
        const text = start()
        if (text !== undefined && !isEventStream && !isLikeEvents(text)) return notAStream(call, response, text)
        return isOpenEnded ? Cause.done() : Effect.fail(truncated(call, response, progress, text, undefined))
      }
      if (error instanceof BrokenBody) {
        if (progress.complete) return Cause.done()
        return Effect.fail(
          progress.events === 0 || isOpenEnded
            ? brokenError(call, response, error, start(), progress.received())
            : truncated(call, response, progress, undefined, transportReason(call, error.error, "body").message)
        )
      }
      // A body that ends within an event is not wrong but cut off.
      if (atEnd && error instanceof ApiError.DecodeError && !isOpenEnded) {
        return progress.complete ? Cause.done() : Effect.fail(truncated(call, response, progress, start(), undefined))
      }
      return failedEvent(call, response, start(), progress, error)
    })
  )
}

/** Whether a body began as events, under whatever content type a host sends them. */
const isLikeEvents = (text: string): boolean => /^\s*(?:data|event|id|retry)?:/.test(text)

const failedEvent = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  head: string | undefined,
  progress: StreamProgress,
  thrown: unknown
): Effect.Effect<never, ApiError.ApiError> => {
  const known =
    thrown instanceof EventStream.EventTooLong
      ? new ApiError.UnexpectedResponseError({
          message: thrown.message,
          contentType: response.headers["content-type"]
        })
      : thrown
  return withNow((now) => Effect.fail(bodyError(call, response, head, known, now, progress.received())))
}

const truncated = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
  head: string | undefined,
  cause: string | undefined
): ApiError.ApiError =>
  errorOf(
    call,
    new ApiError.StreamTruncatedError({
      message: `The stream ${
        cause === undefined ? "ended" : `broke (${cause})`
      } after ${progress.events} event${progress.events === 1 ? "" : "s"}, before its last one`,
      partial: progress.partial()
    }),
    summarize(call, response, head)
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
const timed = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
  pull: Values
): Values => {
  if (call.timeouts.idle === undefined && call.deadline === undefined) return pull
  const deadlines = makeDeadlines(call, () => progress.received())
  return withNow((now) => {
    deadlines.set(["idle"], now, response)
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
  progress: StreamProgress,
  bytes: Pull.Pull<ReadonlyArray<Uint8Array>, BrokenBody>
): Values => {
  const decode = schemaDecoder(call.endpoint.success, call.options.decoding ?? "open")
  const parse = makeJsonSeriesParser()
  const pull = EventStream.decodePull<unknown, BrokenBody, unknown>(
    bytes,
    (emit) =>
      EventStream.makeJsonLinesDecoder((_, line) => {
        emit(decode(parseJson(line, parse)))
        progress.events++
      }, call.config.maxEventLength),
    (thrown) => thrown
  )
  return Effect.catch(
    pull,
    (error): Values =>
      Cause.isDone(error)
        ? Cause.done()
        : error instanceof BrokenBody
          ? Effect.fail(brokenError(call, response, error, undefined, progress.received()))
          : failedEvent(call, response, undefined, progress, error)
  )
}
