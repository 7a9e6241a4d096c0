/** A streaming endpoint's values, pulled from its response. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as ApiError from "../../ApiError.ts"
import * as EventStream from "../../EventStream.ts"
import { type Call, errorOf, summarize } from "../attempt/call.ts"
import { readText } from "../attempt/readBody.ts"
import { bugIn, failUnread, maxBodyLengthOf, transportReason } from "../attempt/transportErrors.ts"
import { withNow } from "../attempt/withNow.ts"
import { bodyError, isJson, normalizerOf } from "../decode/body.ts"
import { endpointDecoder } from "../decode/endpointDecoder.ts"
import { parseJson } from "../decode/schemaDecoder.ts"
import { done, ErrorInBody, skip } from "../dialect.ts"
import { gistOf } from "../errors/reasons.ts"
import { errorInText, isErrorLike } from "../errors/serverError.ts"
import { makeJsonSeriesParser } from "../json/patternParser.ts"
import { type End, makeDecoding } from "./decoding.ts"
import { type Ending, endingsOf } from "./ending.ts"
import { framesOf } from "./frames.ts"
import { BodyStart, StrayLines, StreamProgress } from "./progress.ts"
import { openBody, openBytes, type StreamedBody } from "./streamedBody.ts"
import { type WaitLimit, waitLimit } from "./waitLimit.ts"

type Values = Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, ApiError.ApiError>

/** The values of a response as a pull whose connection lives as long as the scope. */
export const openValues = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Values, ApiError.ApiError, Scope.Scope> => {
  const progress = new StreamProgress()
  return Effect.flatMap(waitLimit(call, response, progress), (limit) => open(call, response, progress, limit))
}

const open = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
  limit: WaitLimit | undefined
): Effect.Effect<Values, ApiError.ApiError, Scope.Scope> => {
  switch (call.endpoint.kind) {
    case "binary":
      return Effect.andThen(
        refuseErrorInPlaceOfBytes(call, response),
        Effect.map(openBytes(response), (pull) => {
          const bytes = Effect.catch(
            pull,
            (error): Effect.Effect<never, ApiError.ApiError | Cause.Done> =>
              Cause.isDone(error) ? Effect.fail(error) : broken(call, response, error)
          )
          return limit === undefined ? bytes : limit.guard(bytes)
        })
      )
    case "jsonl":
      return Effect.map(openBody(response), (body) => jsonLines(call, response, progress, body, limit))
    default:
      return Effect.map(openBody(response), (body) => events(call, response, progress, body, limit))
  }
}

/** The failure of a call whose connection broke while the body was read. */
const broken = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  error: HttpClientError.HttpClientError,
  head?: string,
  partial?: ApiError.PartialOutput
): Effect.Effect<never, ApiError.ApiError> =>
  bugIn(error) ??
  Effect.fail(errorOf(call, transportReason(call, error, "body"), summarize(call, response, head), partial))

/** The failure of a call whose answer is JSON or a page in place of what was asked for. */
const refuseContent = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<never, ApiError.ApiError> =>
  Effect.flatMap(
    Effect.catch(readText(response, maxBodyLengthOf(call)), (error) => failUnread(call, response, error)),
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

/** The failure of a call that was answered with something other than a stream. `text` is the start of it. */
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
  const what =
    json === undefined ? `${contentType ?? "text"} instead of a stream` : "JSON instead of a stream of events"
  const gist = gistOf(text, call.scrub)
  return new ApiError.UnexpectedResponseError({
    message: `The server answered with ${what}${gist === "" ? "" : `: ${gist}`}`,
    contentType
  })
}

/** What the events of one response are read with. */
interface Reading {
  readonly call: Call
  readonly response: HttpClientResponse.HttpClientResponse
  readonly progress: StreamProgress
  readonly ending: Ending
  readonly head: BodyStart
  readonly stray: StrayLines
}

const endingOf = ({ config: { dialect }, endpoint, input }: Call): Ending => {
  const endings = endingsOf(endpoint)
  return dialect.ending === undefined ? endings.byName() : dialect.ending(endpoint, input, endings)
}

const events = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
  body: StreamedBody,
  limit: WaitLimit | undefined
): Values => {
  const ending = endingOf(call)
  const reading: Reading = { call, response, progress, ending, head: new BodyStart(), stray: new StrayLines() }
  return body.decode(
    makeDecoding({
      decoder: (emit) => eventDecoder(reading, emit),
      isFinished: () => progress.ended,
      end: (end) => endOfEvents(reading, body, end)
    }),
    limit
  )
}

/** Cuts bytes into events, and gives `emit` their values. */
const eventDecoder = (reading: Reading, emit: (value: unknown) => void): EventStream.Decoder => {
  const { call, ending, head, progress, response, stray } = reading
  const take = eventReader(reading, emit)
  const sink: EventStream.Sink = (event, data, id) => {
    const wasWhole = ending.isWhole()
    try {
      take(event, data, id)
    } catch (thrown) {
      // After the end of an answer nothing can spoil it.
      if (!(thrown instanceof ApiError.DecodeError) || !wasWhole) throw thrown
    }
  }
  const onOther = (line: string): void => {
    const words = stray.add(line)
    if (words !== undefined) take("error", words, undefined)
  }
  const { framing, maxEventLength } = call.config
  const make = framing?.(response.headers["content-type"] ?? "") ?? EventStream.makeSseDecoder
  const decoder = make(sink, maxEventLength, onOther)
  return {
    push: (bytes) => {
      if (progress.events === 0) head.add(bytes)
      decoder.push(bytes)
    },
    end: decoder.end
  }
}

/** Reads single events, until the last one. */
const eventReader = (
  { call: { config, endpoint, input, options }, ending, progress }: Reading,
  emit: (value: unknown) => void
): EventStream.Sink => {
  const { dialect } = config
  const decoding = options.decoding ?? "open"
  const decode = endpointDecoder(endpoint, decoding)
  const normalize = decoding === "open" ? normalizerOf({ config, endpoint }, input) : undefined
  // The parser knows which events have a shape that needs no change.
  const isInParser = dialect.normalizesByShape === true
  const frames = framesOf(makeJsonSeriesParser(dialect.parse, isInParser ? normalize : undefined))
  const normalizeEach = isInParser ? undefined : normalize
  const read = dialect.events(endpoint, frames)
  const decoded = (value: unknown, isAfterEnd: boolean): unknown => {
    try {
      return decode(value)
    } catch (thrown) {
      if (isAfterEnd) return skip
      throw thrown instanceof ApiError.DecodeError && isErrorLike(value) ? new ErrorInBody(value) : thrown
    }
  }
  return (event, data, id) => {
    if (progress.ended) return
    const given = read(event, data, id)
    if (given === skip) return
    const json = normalizeEach === undefined || given === done ? given : normalizeEach(given)
    if (json === done) {
      progress.ended = true
      progress.complete = ending.mayBeDone(event)
      return
    }
    const isAfterEnd = ending.isWhole()
    ending.see(json, event)
    const value = decoded(endpoint.envelope === true ? { event, data: json } : json, isAfterEnd)
    if (value === skip) return
    emit(value)
    progress.events++
    progress.ended = ending.isOver()
    progress.complete = ending.isWhole()
    dialect.note(value, progress)
  }
}

/** What a stream of events ends with: success only if its answer is whole. */
const endOfEvents = (
  reading: Reading,
  body: StreamedBody,
  end: End<HttpClientError.HttpClientError>
): Pull.Pull<never, ApiError.ApiError> => {
  const { call, head, progress, response } = reading
  const isOpenEnded = call.endpoint.terminal === undefined
  const start = progress.events === 0 ? head.text() : undefined
  switch (end._tag) {
    case "Finished":
      return Effect.andThen(
        body.drain,
        Effect.suspend(
          (): Pull.Pull<never, ApiError.ApiError> =>
            progress.complete ? Cause.done() : Effect.fail(truncated(reading))
        )
      )
    case "Ended":
      if (progress.complete) return Cause.done()
      if (start !== undefined && !isLikeEvents(start)) return notAStream(call, response, start)
      return isOpenEnded ? Cause.done() : Effect.fail(truncated(reading))
    case "Broken": {
      if (progress.complete) return Cause.done()
      const error = Cause.findErrorOption(end.cause)
      if (Option.isNone(error)) return Effect.failCause(end.cause as Cause.Cause<never>)
      if (progress.events === 0 || isOpenEnded) {
        return broken(call, response, error.value, start, progress.received())
      }
      return bugIn(error.value) ?? Effect.fail(truncated(reading, transportReason(call, error.value, "body").message))
    }
    case "Thrown":
      // An event that the end of the body cut is no event that does not decode.
      if (end.atEnd && end.thrown instanceof ApiError.DecodeError && !isOpenEnded) {
        return progress.complete ? Cause.done() : Effect.fail(truncated(reading))
      }
      return failedEvent(call, response, start, progress, end.thrown)
  }
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

/** The error of a stream that is cut off. `cause` says what broke it, if that is known. */
const truncated = ({ call, head, progress, response, stray }: Reading, cause?: string): ApiError.ApiError => {
  const known = cause ?? (stray.text === "" ? undefined : gistOf(stray.text, call.scrub))
  return errorOf(
    call,
    new ApiError.StreamTruncatedError({
      message: `The stream ${
        known === undefined ? "ended" : `broke (${known})`
      } after ${progress.events} event${progress.events === 1 ? "" : "s"}, before its last one`,
      partial: progress.partial()
    }),
    summarize(call, response, progress.events === 0 ? head.text() : undefined)
  )
}

const jsonLines = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
  body: StreamedBody,
  limit: WaitLimit | undefined
): Values => {
  const decode = endpointDecoder(call.endpoint, call.options.decoding)
  const parse = makeJsonSeriesParser()
  return body.decode(
    makeDecoding({
      decoder: (emit) =>
        EventStream.makeJsonLinesDecoder((_, line) => {
          emit(decode(parseJson(line, parse)))
          progress.events++
        }, call.config.maxEventLength),
      end: (end) => endOfLines(call, response, progress, end)
    }),
    limit
  )
}

const endOfLines = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress,
  end: End<HttpClientError.HttpClientError>
): Pull.Pull<never, ApiError.ApiError> => {
  switch (end._tag) {
    case "Ended":
    case "Finished":
      return Cause.done()
    case "Broken":
      return Effect.catch(Effect.failCause(end.cause), (error) =>
        broken(call, response, error, undefined, progress.received())
      )
    case "Thrown":
      return failedEvent(call, response, undefined, progress, end.thrown)
  }
}
