/** A streaming endpoint's values, pulled from its response. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ApiError from "../../ApiError.ts"
import * as EventStream from "../../EventStream.ts"
import { type Call, errorOf, summarize } from "../attempt/call.ts"
import { makeDeadlines } from "../attempt/deadlines.ts"
import { readText } from "../attempt/readBody.ts"
import { maxBodyLengthOf, transportReason, unreadBody } from "../attempt/send.ts"
import { withNow } from "../attempt/withNow.ts"
import { bodyError, isJson } from "../decode/body.ts"
import { parseJson, schemaDecoder } from "../decode/schemaDecoder.ts"
import { done, ErrorInBody, skip } from "../dialect.ts"
import { gistOf } from "../errors/reasons.ts"
import { errorInText, isErrorLike } from "../errors/serverError.ts"
import { makeJsonSeriesParser } from "../json/patternParser.ts"
import { endingByName } from "./ending.ts"
import { BodyStart, StrayLines, StreamProgress } from "./progress.ts"

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
    Effect.catch(pull, (error): Effect.Effect<never, BrokenBody | Cause.Done> => {
      if (Cause.isDone(error)) return Effect.fail(error)
      return HttpClientError.isHttpClientError(error) ? Effect.fail(new BrokenBody(error)) : Effect.die(error)
    })
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
      return Effect.map(bytes, (pull) => events(call, response, progress, pull))
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

/** The failure of a call whose answer is JSON or a page in place of what was asked for. */
const refuseContent = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<never, ApiError.ApiError> =>
  Effect.flatMap(
    Effect.mapError(readText(response, maxBodyLengthOf(call)), (error) => unreadBody(call, response, error)),
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

/** The failure of a call that was answered with something else. `text` is the start of it. */
const notAStream = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  text: string
): Effect.Effect<never, ApiError.ApiError> =>
  withNow((now) => Effect.fail(bodyError(call, response, text, contentInPlaceOfStream(call, response, text), now)))

const contentInPlaceOfStream = (call: Call, response: HttpClientResponse.HttpClientResponse, text: string): unknown => {
  const contentType = response.headers["content-type"]
  const json = errorInText(text)
  if (json !== undefined) {
    try {
      call.config.dialect.unwrap(call.endpoint, json)
    } catch (thrown) {
      if (thrown instanceof ErrorInBody) return thrown
    }
    if (isErrorLike(json)) return new ErrorInBody(json)
  }
  const gist = gistOf(text, call.scrub)
  return new ApiError.UnexpectedResponseError({
    message:
      json !== undefined || isJson(contentType ?? "")
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
  const ending = dialect.ending?.(endpoint, call.input) ?? endingByName(endpoint)
  const inApiForm = (options.decoding ?? "open") === "open" ? dialect.inApiForm : undefined
  const parse = makeJsonSeriesParser(dialect.parse)
  const framing = call.config.framing?.(response.headers["content-type"] ?? "") ?? EventStream.makeSseDecoder
  const head = new BodyStart()
  const stray = new StrayLines()
  let atEnd = false
  const noticed = Effect.tapError(bytes, (error) =>
    Effect.sync(() => {
      atEnd = Cause.isDone(error)
    })
  )
  const decoded = (value: unknown): unknown => {
    try {
      return decode(value)
    } catch (thrown) {
      // After the end of an answer nothing can spoil it.
      if (ending.isWhole()) return skip
      throw thrown instanceof ApiError.DecodeError && isErrorLike(value) ? new ErrorInBody(value) : thrown
    }
  }
  const pull = EventStream.decodePull<unknown, BrokenBody, unknown>(
    noticed,
    (emit) => {
      const sink: EventStream.Sink = (event, data, id) => {
        if (progress.ended) return
        const given = dialect.event(event, data, id, parse, endpoint)
        if (given === skip) return
        const json = inApiForm === undefined || given === done ? given : inApiForm(endpoint, given)
        if (json === done) {
          progress.ended = true
          progress.complete = ending.mayBeDone(event)
          return
        }
        ending.see(json, event)
        const value = decoded(endpoint.envelope === true ? { event, data: json } : json)
        if (value === skip) return
        emit(value)
        progress.events++
        progress.ended = ending.isOver()
        progress.complete = ending.isWhole()
        dialect.note(value, progress)
      }
      const decoder = framing(
        (event, data, id) => {
          try {
            sink(event, data, id)
          } catch (thrown) {
            if (!(thrown instanceof ApiError.DecodeError) || !ending.isWhole()) throw thrown
          }
        },
        maxEventLength,
        (line) => {
          const words = stray.add(line)
          if (words !== undefined && !progress.ended) sink("error", words, undefined)
        }
      )
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
  const cut = (cause?: string) =>
    truncated(
      call,
      response,
      progress,
      start(),
      cause ?? (stray.text === "" ? undefined : gistOf(stray.text, call.scrub))
    )
  return Effect.catch(pull, (error): Values => {
    if (Cause.isDone(error)) {
      if (progress.ended) {
        const end: Values = progress.complete ? Cause.done() : Effect.fail(cut())
        return Effect.andThen(drain(bytes), end)
      }
      if (progress.complete) return Cause.done()
      const text = start()
      if (text !== undefined && !isLikeEvents(text)) return notAStream(call, response, text)
      return isOpenEnded ? Cause.done() : Effect.fail(cut())
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
      return progress.complete ? Cause.done() : Effect.fail(cut())
    }
    return failedEvent(call, response, start(), progress, error)
  })
}

/** Whether a body began as events, under whatever content type a host sends them. */
const isLikeEvents = (text: string): boolean => /^\s*(?:data|event|id|retry|error)?:/.test(text)

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
