/** An HTTP server on 127.0.0.1 that answers by script, and can misbehave in every way a network does. */
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A request as it arrived. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/** A request and the means to answer it. */
export interface Exchange {
  readonly request: Received
  readonly response: Http.ServerResponse
  readonly socket: Socket
}

/** One answer of the script. */
export type Reply = (exchange: Exchange) => void

export interface LoopbackServer {
  /** Without a slash at the end. */
  readonly url: string
  readonly requests: ReadonlyArray<Received>
  /** The requests that are neither answered to their end nor given up by the client. */
  readonly pending: () => number
  /** The connections that are open now. */
  readonly connections: () => number
  /** The connections that are no longer open. */
  readonly closed: () => number
}

/** Starts a server: the first request gets the first reply, and so on; the last reply repeats. */
export const loopback = (
  first: Reply,
  ...rest: ReadonlyArray<Reply>
): Effect.Effect<LoopbackServer, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => start([first, ...rest])),
      ({ server, sockets }) =>
        Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              server.close(() => resolve())
              for (const socket of sockets) socket.destroy()
            })
        )
    ),
    ({ counts, requests, server, sockets }) => ({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      requests,
      pending: () => counts.pending,
      connections: () => sockets.size,
      closed: () => counts.closed
    })
  )

const start = (replies: ReadonlyArray<Reply>) => {
  const requests: Array<Received> = []
  const sockets = new Set<Socket>()
  const counts = { pending: 0, closed: 0 }
  const server = Http.createServer((incoming, response) => {
    const chunks: Array<Buffer> = []
    counts.pending++
    response.on("close", () => counts.pending--)
    incoming.on("error", () => undefined)
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.on("end", () => {
      const request: Received = {
        method: incoming.method ?? "",
        url: incoming.url ?? "",
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString("latin1")
      }
      requests.push(request)
      const reply = replies[Math.min(requests.length, replies.length) - 1]
      reply?.({ request, response, socket: incoming.socket })
    })
  })
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("error", () => undefined)
    socket.on("close", () => {
      sockets.delete(socket)
      counts.closed++
    })
  })
  return new Promise<{
    readonly server: Http.Server
    readonly requests: Array<Received>
    readonly sockets: Set<Socket>
    readonly counts: { readonly pending: number; readonly closed: number }
  }>((resolve) => server.listen(0, "127.0.0.1", () => resolve({ server, requests, sockets, counts })))
}

/** The URL of a port that nobody listens on. */
export const refusingUrl: Effect.Effect<string> = Effect.promise(
  () =>
    new Promise<string>((resolve) => {
      const server = Http.createServer()
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        server.close(() => resolve(`http://127.0.0.1:${port}`))
      })
    })
)

interface Head {
  readonly status?: number
  readonly headers?: Http.OutgoingHttpHeaders
}

/** A whole response. */
export const text =
  (body: string | Uint8Array, { headers = {}, status = 200 }: Head = {}): Reply =>
  ({ response }) => {
    response.writeHead(status, headers).end(body)
  }

export const json = (value: unknown, { headers = {}, status = 200 }: Head = {}): Reply =>
  text(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } })

export const gzipped = (value: unknown): Reply =>
  text(gzipSync(JSON.stringify(value)), {
    headers: { "content-type": "application/json", "content-encoding": "gzip" }
  })

export const redirect = (location: string, status = 307): Reply => text("", { status, headers: { location } })

export const stallBeforeHeaders: Reply = () => undefined

/** Resets the connection instead of answering the request. */
export const resetBeforeHeaders: Reply = ({ socket }) => {
  socket.resetAndDestroy()
}

/** How a body continues after its first part. */
export type Ending = "end" | "stall" | "reset" | "truncate"

/** A chunked response that ends in the given way after `body`. */
export const partial =
  (body: string, ending: Ending, { headers = {}, status = 200 }: Head = {}): Reply =>
  ({ response, socket }) => {
    response.writeHead(status, headers)
    response.flushHeaders()
    const finish = (): void => {
      if (ending === "end") response.end()
      // Later than the write, so that the client has read the part before the connection is gone.
      else if (ending === "reset") setTimeout(() => socket.resetAndDestroy(), 20)
      else if (ending === "truncate") setTimeout(() => socket.end(), 20)
    }
    if (body === "") finish()
    else response.write(body, finish)
  }

/** A stream of server-sent events, each a JSON value or the text of its `data`. */
export const events = (values: ReadonlyArray<unknown>, ending: Ending = "end", head: Head = {}): Reply =>
  partial(values.map(eventText).join(""), ending, {
    ...head,
    headers: { "content-type": "text/event-stream; charset=utf-8", ...head.headers }
  })

/** Server-sent events with names. */
export const namedEvents = (
  values: ReadonlyArray<readonly [event: string, data: unknown]>,
  ending: Ending = "end"
): Reply =>
  partial(values.map(([event, data]) => `event: ${event}\n${eventText(data)}`).join(""), ending, {
    headers: { "content-type": "text/event-stream" }
  })

const eventText = (data: unknown): string => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
