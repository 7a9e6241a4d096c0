/** A WebSocket server on 127.0.0.1 that answers by script. */
import type { IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type WebSocket, WebSocketServer } from "ws"

export interface SocketServer {
  /** `ws://127.0.0.1:…` */
  readonly url: string
  readonly handshakes: ReadonlyArray<IncomingMessage>
  /** The parsed events that clients sent. */
  readonly received: ReadonlyArray<{ readonly [key: string]: unknown }>
  /** The codes that clients closed with. */
  readonly closeCodes: ReadonlyArray<number>
  readonly open: () => number
}

interface Script {
  readonly onOpen?: (socket: WebSocket) => void
  readonly onMessage?: (socket: WebSocket, event: { readonly [key: string]: unknown }) => void
  /** Refuses the handshake with this status. */
  readonly refuse?: number
}

export const socketServer = ({ onMessage, onOpen, refuse }: Script): Effect.Effect<SocketServer, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<WebSocketServer>((resume) => {
        const server: WebSocketServer = new WebSocketServer({
          host: "127.0.0.1",
          port: 0,
          verifyClient: (_info, done) => done(refuse === undefined, refuse)
        })
        server.on("listening", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          for (const client of server.clients) client.terminate()
          server.close(() => resume(Effect.void))
        })
    ),
    (server) => {
      const handshakes: Array<IncomingMessage> = []
      const received: Array<{ readonly [key: string]: unknown }> = []
      const closeCodes: Array<number> = []
      server.on("connection", (socket, request) => {
        handshakes.push(request)
        socket.on("message", (data) => {
          const event = JSON.parse(String(data)) as { readonly [key: string]: unknown }
          received.push(event)
          onMessage?.(socket, event)
        })
        socket.on("close", (code) => closeCodes.push(code))
        onOpen?.(socket)
      })
      return {
        url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
        handshakes,
        received,
        closeCodes,
        open: () => server.clients.size
      }
    }
  )

/** Sends an event to a client. */
export const tell = (socket: WebSocket, event_type: string, data?: unknown): void =>
  socket.send(JSON.stringify({ id: "e1", event_type, data, detail: { logid: "LOG-1" } }))
