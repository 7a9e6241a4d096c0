/**
 * Sessions over WebSockets: talking with an agent, speech, transcription, interpretation. A session lives as long as
 * its scope. The token travels in a header, so the platform's sockets have to support headers: on Node that is
 * `NodeWS.layerWebSocketConstructor` of `@effect/platform-node`.
 *
 * @example
 * ```ts
 * import * as NodeWS from "@effect/platform-node/NodeWS"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import * as Stream from "effect/Stream"
 * import { CozeRealtime, WebsocketsAudioSpeech } from "llmfx/coze"
 *
 * const program = Effect.gen(function*() {
 *   const session = yield* WebsocketsAudioSpeech.create()
 *   yield* session.send({ event_type: "input_text_buffer.append", data: { delta: "Hello" } })
 *   yield* session.send({ event_type: "input_text_buffer.complete" })
 *   yield* session.events.pipe(
 *     Stream.takeUntil((event) => event.event_type === "speech.audio.completed"),
 *     Stream.runForEach((event) => Effect.log(event.event_type))
 *   )
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(CozeRealtime.layer({ platform: "com", token: Redacted.make("pat_*****") })),
 *   Effect.provide(NodeWS.layerWebSocketConstructor)
 * )
 * ```
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import * as Credential from "../credentials/Credential.ts"
import type { ServerEvent } from "./api/WebsocketsEvents.ts"
import { type Place, socketUrl } from "./internal/platform.ts"
import { openSession } from "./internal/session.ts"
import { ConnectError, SessionError } from "./SessionError.ts"

export { ClosedError, ConnectError, EventDecodeError, SessionError, type SessionReason } from "./SessionError.ts"

/** An open connection. Its scope's end closes it. */
export interface Session<in Sent> {
  /** Sends an event. Waits while the connection has more to send than `bufferLimit`. */
  readonly send: (event: Sent) => Effect.Effect<void, SessionError>
  /**
   * What comes back, in order, to one consumer at a time. Ends when either side closes the session (code 1000), fails
   * with a {@link ClosedError} when it closes otherwise. The server is not read faster than the stream is.
   */
  readonly events: Stream.Stream<ServerEvent, SessionError>
  /** Says goodbye: the events end. */
  readonly close: Effect.Effect<void>
}

/** Settings of the layer. */
export type RealtimeOptions = Place & {
  readonly token: Credential.Input
  /**
   * `"query"` puts the token into the URL, for browsers, which cannot send headers. URLs end up in logs: give a token
   * that is good for minutes only, such as one of `CozeAuth.jwtToken`, never a personal one.
   */
  readonly tokenIn?: "header" | "query" | undefined
  /** The sockets' own address, such as `wss://ws.coze.com`, where it does not follow from the base URL. */
  readonly socketUrl?: string | undefined
  /** How long the handshake may take: ten seconds unless set. */
  readonly openTimeout?: Duration.Input | undefined
  /** Bytes that may wait to be sent: 1 MiB unless set. */
  readonly bufferLimit?: number | undefined
}

/** Opens sessions. */
export class CozeRealtime extends Context.Service<
  CozeRealtime,
  {
    /** Opens a session at a path; the modules of the sessions call it. */
    readonly open: (
      path: string,
      query: { readonly [name: string]: string | undefined }
    ) => Effect.Effect<Session<object>, SessionError, Scope.Scope>
  }
>()("llmfx/CozeRealtime") {
  /** Sessions with the given token. */
  static readonly layer = (options: RealtimeOptions): Layer.Layer<CozeRealtime, never, Socket.WebSocketConstructor> =>
    Layer.effect(
      CozeRealtime,
      Effect.map(Socket.WebSocketConstructor, (construct) => {
        const credential = Credential.make(options.token)
        const token: Effect.Effect<Redacted.Redacted, SessionError> = Effect.mapError(
          credential.get,
          ({ message }) => new SessionError({ reason: new ConnectError({ message, status: undefined }) })
        )
        return {
          open: (path, query) =>
            openSession({
              construct,
              token,
              url: `${options.socketUrl ?? socketUrl(options)}${path}`,
              query,
              tokenIn: options.tokenIn ?? "header",
              openTimeout: options.openTimeout ?? "10 seconds",
              bufferLimit: options.bufferLimit ?? 1024 * 1024
            })
        }
      })
    )
}
