/**
 * Opens sessions over WebSockets: talking with an agent, speech, transcription, interpretation. A session closes with
 * its scope. The token is sent in a header, so the runtime's WebSockets must support headers. On Node, use
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

/**
 * An open connection. It closes with its scope.
 *
 * @category models
 */
export interface Session<in Sent> {
  /** Sends an event. Waits while more than `bufferLimit` bytes are unsent. */
  readonly send: (event: Sent) => Effect.Effect<void, SessionError>
  /**
   * The server's events in order, for one consumer at a time. Ends if either side closes the session with code 1000;
   * otherwise fails with {@link ClosedError}. The socket is read only as fast as the stream.
   */
  readonly events: Stream.Stream<ServerEvent, SessionError>
  /** Closes the session, which ends its events. */
  readonly close: Effect.Effect<void>
}

/**
 * Settings of the layer.
 *
 * @category models
 */
export type RealtimeOptions = Place & {
  readonly token: Credential.Input
  /**
   * `"query"` puts the token into the URL, for browsers, which cannot send headers. URLs end up in logs, so use a token
   * that lives for minutes, such as one of `CozeAuth.jwtToken`, never a personal token. Default: `"header"`.
   */
  readonly tokenIn?: "header" | "query" | undefined
  /** The address of the sockets, such as `wss://ws.coze.com`, if it does not follow from the base URL. */
  readonly socketUrl?: string | undefined
  /** How long the handshake may take. Default: ten seconds. */
  readonly openTimeout?: Duration.Input | undefined
  /** How many bytes may be unsent. Default: 1 MiB. */
  readonly bufferLimit?: number | undefined
}

/**
 * Opens sessions.
 *
 * @category services
 */
export class CozeRealtime extends Context.Service<
  CozeRealtime,
  {
    /** Opens a session at a path. The `Websockets…` modules call it. */
    readonly open: (
      path: string,
      query: { readonly [name: string]: string | undefined }
    ) => Effect.Effect<Session<object>, SessionError, Scope.Scope>
  }
>()("llmfx/CozeRealtime") {
  /** Makes a layer that opens sessions with the given token. */
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
