/** The scenes of the demo, the same for every provider. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Stream from "effect/Stream"
import { type ApiError, RequestOptions } from "llmfx"
import { withFault } from "./demoServer.ts"
import type { Provider, Usage } from "./Provider.ts"
import { label, makeTypist, more, remark, seconds, text } from "./print.ts"

/** Counts the tokens that a provider's scenes use. */
export interface Meter {
  requests: number
  input: number
  output: number
}

const count = (meter: Meter, usage: Usage | undefined): string => {
  meter.input += usage?.input ?? 0
  meter.output += usage?.output ?? 0
  return usage === undefined ? "no token counts" : `${usage.input} tokens in, ${usage.output} out`
}

type Scene = <R>(provider: Provider<R>, meter: Meter) => Effect.Effect<void, ApiError.ApiError, R>

/** A question and its whole answer. */
export const chat: Scene = (provider, meter) =>
  Effect.gen(function* () {
    yield* label("chat")
    const [duration, reply] = yield* Effect.timed(provider.chat("What is Effect? Answer in one sentence."))
    yield* text(reply.text)
    yield* remark(`${count(meter, reply.usage)}, ${seconds(Duration.toMillis(duration))}`)
  })

/** The same, printed while it arrives. */
export const stream: Scene = (provider, meter) =>
  Effect.gen(function* () {
    yield* label("stream")
    const typist = makeTypist()
    const start = yield* Clock.currentTimeMillis
    let first: number | undefined
    let usage: Usage | undefined
    yield* Stream.runForEach(provider.stream("Why are answers streamed? Two sentences."), (piece) =>
      Effect.gen(function* () {
        usage = piece.usage ?? usage
        if (piece.text === undefined || piece.text === "") return
        first ??= yield* Clock.currentTimeMillis
        yield* typist.type(piece.text)
      })
    )
    yield* typist.end
    const end = yield* Clock.currentTimeMillis
    yield* remark(
      `${count(meter, usage)}, first text after ${seconds((first ?? end) - start)}, all after ${seconds(end - start)}`
    )
  })

/** Pages, each requested when the stream reaches it. */
export const list: Scene = (provider) =>
  Effect.gen(function* () {
    yield* label("pages")
    let number = 0
    yield* Stream.runForEach(provider.pages, (names) => {
      const row = `page ${++number}: ${names.length === 0 ? "empty" : names.join(", ")}`
      return number === 1 ? text(row) : more(row)
    })
    if (number === 0) yield* text("none")
  })

/** A refused call that is retried when the server allows it. */
export const retry: Scene = (provider) =>
  Effect.gen(function* () {
    yield* label("retry")
    let tries = 0
    const printed = HttpClient.tap(({ headers, status }) => {
      const { "retry-after": wait } = headers
      const row = `try ${++tries}: HTTP ${status}${wait === undefined ? "" : `, which asks to wait ${wait} s`}`
      return tries === 1 ? text(row) : more(row)
    })
    const [duration] = yield* provider.pages.pipe(
      Stream.take(1),
      withFault("rate-limit"),
      RequestOptions.withClient(printed),
      Stream.runForEach((names) => more(`page 1: ${names.join(", ")}`)),
      Effect.timed
    )
    yield* remark(`${seconds(Duration.toMillis(duration))}, the wait included`)
  })

/** A failure that is caught by its reason. */
export const failure: Scene = (provider) =>
  Effect.gen(function* () {
    yield* label("error")
    yield* provider.missing.pipe(
      Effect.andThen(text("no error: what should be missing exists")),
      Effect.catchReasons("ApiError", {
        NotFoundError: (reason, error) => caught(reason, error),
        InvalidRequestError: (reason, error) => caught(reason, error),
        PermissionDeniedError: (reason, error) => caught(reason, error)
      })
    )
  })

const caught = (reason: ApiError.Reason, error: ApiError.ApiError): Effect.Effect<void> =>
  Effect.andThen(
    text(`${reason._tag}: ${reason.message}`),
    remark(
      `caught by its reason; ${error.endpoint}, HTTP ${error.response?.status}, request id ${error.requestId}, ${
        error.isRetryable ? "worth a retry" : "not worth a retry"
      }`
    )
  )

/** A stream whose connection breaks in the middle. */
export const drop: Scene = (provider) =>
  Effect.gen(function* () {
    yield* label("drop")
    const typist = makeTypist()
    yield* Stream.runForEach(provider.stream("Tell me a story."), (piece) => typist.type(piece.text ?? "")).pipe(
      withFault("drop"),
      Effect.andThen(typist.end),
      Effect.catchReason("ApiError", "StreamTruncatedError", ({ message, partial }) =>
        Effect.gen(function* () {
          yield* typist.end
          yield* more(`StreamTruncatedError: ${message}.`)
          yield* remark(`the error holds what had come: ${partial.events} events, ${partial.text.length} characters`)
        })
      )
    )
  })
