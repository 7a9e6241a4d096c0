/** The body of a response, read as it arrives. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import { brokenBody, webBody } from "../attempt/readBody.ts"
import { forAtMost } from "../attempt/untilTime.ts"
import { quietly } from "../quietly.ts"
import { type Decoding, pullDecoded } from "./decoding.ts"
import type { WaitLimit } from "./waitLimit.ts"

type Response = HttpClientResponse.HttpClientResponse

/** A body that is open until its scope closes. */
export interface StreamedBody {
  /** Pulls the values that a decoder makes of the bytes. */
  readonly decode: <A>(
    decoding: Decoding<A, HttpClientError.HttpClientError, ApiError>,
    limit: WaitLimit | undefined
  ) => Pull.Pull<Arr.NonEmptyReadonlyArray<A>, ApiError>
  /** Reads on to the end, for at most a second, so that the connection can be used again. */
  readonly drain: Effect.Effect<void>
}

export const openBody = (response: Response): Effect.Effect<StreamedBody, never, Scope.Scope> => {
  const body = webBody(response)
  if (body === undefined || body === null || body.locked) return Effect.map(openBytes(response), ofPull)
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => body.getReader()),
      (reader) => Effect.sync(() => void reader.cancel().catch(() => undefined))
    ),
    (reader) => ofReader(response, reader)
  )
}

/** The bytes of a body as a pull. A program may fail with what it likes, in spite of the types: that is a defect. */
export const openBytes = (
  response: Response
): Effect.Effect<
  Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, HttpClientError.HttpClientError>,
  never,
  Scope.Scope
> =>
  Effect.map(
    // One reader pulls, so nothing has to keep several from pulling at once, as `Stream.toPull` does.
    Effect.flatMap(Effect.scope, (scope) => Channel.toPullScoped(Stream.toChannel(response.stream), scope)),
    (pull) =>
      Effect.catch(pull, (error) =>
        Cause.isDone(error) || HttpClientError.isHttpClientError(error) ? Effect.fail(error) : Effect.die(error)
      )
  )

const drainTime = 1000

const ofPull = (bytes: Pull.Pull<ReadonlyArray<Uint8Array>, HttpClientError.HttpClientError>): StreamedBody => ({
  decode: (decoding, limit) => {
    const pull = pullDecoded(bytes, decoding)
    return limit === undefined ? pull : limit.guard(pull)
  },
  drain: quietly(forAtMost(drainTime, Effect.forever(bytes)))
})

/**
 * Reads a web stream with callbacks. Most events of a slow stream are a chunk of their own, and a chunk costs less than
 * half of what it does as an effect.
 */
const ofReader = (response: Response, reader: ReadableStreamDefaultReader<Uint8Array>): StreamedBody => ({
  decode: <A>(decoding: Decoding<A, HttpClientError.HttpClientError, ApiError>, limit: WaitLimit | undefined) => {
    const timer = limit?.timer
    let resume: ((values: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, ApiError>) => void) | undefined
    const arrived = ({ done, value }: ReadableStreamReadResult<Uint8Array>): void => {
      if (done) decoding.end()
      else decoding.push(value)
      settle()
    }
    const failed = (cause: unknown): void => {
      decoding.fail(Cause.fail(brokenBody(response, cause)))
      settle()
    }
    const settle = (): void => {
      const taken = decoding.take()
      if (taken === undefined) reader.read().then(arrived, failed)
      else {
        timer?.end()
        resume?.(taken)
      }
    }
    return Effect.callback<Arr.NonEmptyReadonlyArray<A>, ApiError | Cause.Done>((then) => {
      resume = then
      timer?.begin(then)
      settle()
    })
  },
  drain: Effect.callback((resume) => {
    const end = (): void => {
      clearTimeout(timer)
      resume(Effect.void)
    }
    const next = (): Promise<void> => reader.read().then(({ done }) => (done ? end() : next()))
    const timer = setTimeout(end, drainTime)
    next().catch(end)
    return Effect.sync(() => clearTimeout(timer))
  })
})
