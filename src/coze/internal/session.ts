import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { DecodeError } from "../../ApiError.ts"
import { schemaDecoder } from "../../internal/decode/schemaDecoder.ts"
import { quietly } from "../../internal/quietly.ts"
import { ServerEvent } from "../api/WebsocketsEvents.ts"
import type { Session } from "../CozeRealtime.ts"
import { ClosedError, ConnectError, EventDecodeError, SessionError, type SessionReason } from "../SessionError.ts"
import { inCloudForm } from "./cloudForm.ts"
import { parseWide } from "./wideNumbers.ts"

interface Config {
  readonly construct: (url: string, options?: Socket.WebSocketConstructorOptions) => Socket.WebSocketLike
  readonly token: Effect.Effect<Redacted.Redacted, SessionError>
  readonly url: string
  readonly query: { readonly [name: string]: string | undefined }
  readonly tokenIn: "header" | "query"
  readonly openTimeout: Duration.Input
  readonly bufferLimit: number
}

const normalClosure = 1000

export const openSession = (config: Config): Effect.Effect<Session<object>, SessionError, Scope.Scope> =>
  Effect.gen(function* () {
    const ws = yield* Effect.acquireRelease(dial(config, yield* config.token), (ws) =>
      Effect.sync(() => ws.close(normalClosure))
    )
    const socket = yield* Socket.fromWebSocket(Effect.succeed(ws), { openTimeout: config.openTimeout })
    const { pull } = yield* Effect.mapError(socket.reader, connectError)
    const { write } = yield* socket.writer
    const turn = Semaphore.makeUnsafe(1)
    const decode = schemaDecoder(ServerEvent, "open")
    return {
      send: (event) =>
        turn.withPermits(1)(
          Effect.andThen(
            roomToSend(ws, config.bufferLimit),
            Effect.mapError(write(JSON.stringify({ id: crypto.randomUUID(), ...event })), closedError)
          )
        ),
      events: Stream.fromPull(
        Effect.succeed(
          Effect.matchEffect(pull, {
            onSuccess: (frames) => Effect.try({ try: () => mapFrames(frames, decode), catch: decodeError }),
            onFailure: (error): Effect.Effect<never, Cause.Done | SessionError> =>
              isNormal(error) ? Cause.done() : Effect.fail(closedError(error))
          })
        )
      ),
      close: quietly(write(new Socket.CloseEvent(normalClosure)))
    }
  })

const dial = (config: Config, token: Redacted.Redacted): Effect.Effect<Socket.WebSocketLike, SessionError> =>
  Effect.try({
    try: () => {
      const url = new URL(config.url)
      for (const [name, value] of Object.entries(config.query)) {
        if (value !== undefined) url.searchParams.set(name, value)
      }
      const authorization = `Bearer ${Redacted.value(token)}`
      if (config.tokenIn === "header") return config.construct(url.href, { headers: { Authorization: authorization } })
      url.searchParams.set("authorization", authorization)
      return config.construct(url.href)
    },
    catch: () =>
      failure(
        new ConnectError({
          message:
            config.tokenIn === "header"
              ? "The socket could not be made: its platform may not support headers (see tokenIn)"
              : "The socket could not be made",
          status: undefined
        })
      )
  })

/** A WebSocket accepts everything at once and only reports how much is unsent. */
const roomToSend = (ws: Socket.WebSocketLike, limit: number): Effect.Effect<void, SessionError> =>
  Effect.suspend(() => {
    if (ws.readyState > 1) {
      return Effect.fail(
        failure(new ClosedError({ message: "The session is closed", code: 1006, closeReason: undefined }))
      )
    }
    return bufferedOf(ws) <= limit ? Effect.void : Effect.delay(roomToSend(ws, limit), "10 millis")
  })

const bufferedOf = (ws: Socket.WebSocketLike): number =>
  "bufferedAmount" in ws && typeof ws.bufferedAmount === "number" ? ws.bufferedAmount : 0

type Frames = readonly [string | Uint8Array, ...ReadonlyArray<string | Uint8Array>]

const mapFrames = (
  [first, ...rest]: Frames,
  decode: (json: unknown) => unknown
): readonly [ServerEvent, ...ReadonlyArray<ServerEvent>] => {
  const event = (frame: string | Uint8Array): ServerEvent => decode(parse(frame)) as ServerEvent
  return [event(first), ...rest.map(event)]
}

const parse = (frame: string | Uint8Array): unknown => {
  const text = typeof frame === "string" ? frame : new TextDecoder().decode(frame)
  try {
    return inCloudForm(parseWide(text))
  } catch {
    throw new DecodeError({ message: "The event is not JSON", path: [], expected: "JSON", raw: text })
  }
}

const decodeError = (thrown: unknown): SessionError =>
  failure(
    thrown instanceof DecodeError
      ? new EventDecodeError({ message: thrown.message, raw: thrown.raw })
      : new EventDecodeError({ message: String(thrown), raw: undefined })
  )

const isNormal = ({ reason }: Socket.SocketError): boolean =>
  reason._tag === "SocketCloseError" && (reason.code === normalClosure || reason.code === 1005)

const closedError = ({ message, reason }: Socket.SocketError): SessionError =>
  failure(
    reason._tag === "SocketCloseError"
      ? new ClosedError({
          message: `The session was closed with code ${reason.code}${
            reason.closeReason ? ` (${reason.closeReason})` : ""
          }`,
          code: reason.code,
          closeReason: reason.closeReason === "" ? undefined : reason.closeReason
        })
      : new ClosedError({ message, code: 1006, closeReason: undefined })
  )

const connectError = (error: Socket.SocketError): SessionError => {
  const { reason } = error
  if (reason._tag !== "SocketOpenError") return failure(new ConnectError({ message: error.message, status: undefined }))
  const said = messageIn(reason.cause)
  const status = /Unexpected server response: (\d{3})/.exec(said ?? "")?.[1]
  return failure(
    new ConnectError({
      message: reason.kind === "Timeout" ? "The handshake took too long" : `The handshake failed: ${said ?? "unknown"}`,
      status: status === undefined ? undefined : Number(status)
    })
  )
}

const messageIn = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "message" in cause && typeof cause.message === "string"
    ? cause.message
    : undefined

const failure = (reason: SessionReason): SessionError => new SessionError({ reason })
