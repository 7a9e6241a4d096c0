/** The calls that the demo makes to each of the three APIs. */
import type * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { ApiError, ConfigurationError } from "llmfx"

/** Token counts of one call. */
export interface Usage {
  readonly input: number
  readonly output: number
}

/** A whole answer. */
export interface Reply {
  readonly text: string
  readonly usage: Usage | undefined
}

/** The content of one stream event: text, or the latest token counts. */
export interface Piece {
  readonly text?: string | undefined
  readonly usage?: Usage | undefined
}

type Failure = ApiError.ApiError

/** One provider's calls, in terms of its service `R`. */
export interface Provider<R> {
  readonly name: string
  readonly model: string
  /** The real API, if it is configured. */
  readonly live: Layer.Layer<R, ConfigurationError.ConfigurationError, HttpClient.HttpClient> | undefined
  readonly demo: Layer.Layer<R, ConfigurationError.ConfigurationError, HttpClient.HttpClient>
  readonly chat: (question: string) => Effect.Effect<Reply, Failure, R>
  readonly stream: (question: string) => Stream.Stream<Piece, Failure, R>
  /** Names on up to three pages. */
  readonly pages: Stream.Stream<ReadonlyArray<string>, Failure, R>
  /** Asks for something that does not exist. */
  readonly missing: Effect.Effect<unknown, Failure, R>
}
