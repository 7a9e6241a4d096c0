/**
 * The emulator behind `node:http`, for programs in other processes and clients that bring their own network.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as NodeEmulator from "llmfx/testing/NodeEmulator"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const { baseUrls } = yield* NodeEmulator.serve({ port: 0 })
 *     return baseUrls.openai
 *   })
 * )
 * ```
 */
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { type Duplex, Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Emulator from "./Emulator.ts"
import type * as Faults from "./Faults.ts"
import { ConnectionLost } from "./internal/ConnectionLost.ts"
import { isLoopbackName } from "./internal/emulator/origins.ts"

/**
 * Settings of the server.
 *
 * @category models
 */
export interface Options extends Emulator.Options {
  /** 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** The address to listen on. Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * The names under which requests may come, besides those of this machine and `host`: a page elsewhere cannot reach
   * the emulator by a name of its own. Default: none.
   */
  readonly allowedHosts?: "any" | ReadonlyArray<string> | undefined
}

/**
 * A server that runs until its scope ends.
 *
 * @category models
 */
export interface Server {
  readonly url: string
  readonly baseUrls: { readonly [K in Emulator.Provider]: string }
  /** How many connections are open. */
  readonly connections: () => number
  /** How many requests are being answered. */
  readonly pending: () => number
  /** The faults that have hit requests so far. */
  readonly hits: Effect.Effect<ReadonlyArray<Faults.Hit>>
  /** The last 1,000 requests, oldest first; also at `/__llmfx/journal`. */
  readonly journal: Effect.Effect<ReadonlyArray<Emulator.Entry>>
  readonly clearJournal: Effect.Effect<void>
}

/**
 * The server could not start, for example because the port is taken.
 *
 * @category errors
 */
export class ServeError extends Data.TaggedError("ServeError")<{ readonly message: string; readonly cause: unknown }> {}

/**
 * Starts an emulator and listens.
 *
 * @category running
 */
export const serve = (options: Options = {}): Effect.Effect<Server, ServeError, Scope.Scope> =>
  Effect.flatMap(Emulator.make(options), (emulator) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.tryPromise({
          try: () => listen(emulator, options),
          catch: (cause) =>
            new ServeError({
              message: `The emulator cannot listen: ${cause instanceof Error ? cause.message : cause}`,
              cause
            })
        }),
        ({ server, sockets }) => Effect.promise(() => close(server, sockets))
      ),
      ({ pending, server, sockets }) => {
        const { address, family, port } = server.address() as AddressInfo
        const url = `http://${family === "IPv6" ? `[${address}]` : address}:${port}`
        return {
          url,
          baseUrls: { openai: `${url}/openai/v1`, anthropic: `${url}/anthropic`, coze: `${url}/coze` },
          connections: () => sockets.size,
          pending,
          hits: emulator.hits,
          journal: emulator.journal,
          clearJournal: emulator.clearJournal
        }
      }
    )
  )

interface Listening {
  readonly server: Http.Server
  readonly sockets: ReadonlySet<Socket>
  readonly pending: () => number
}

const listen = (
  emulator: Emulator.Emulator,
  { allowedHosts = [], host = "127.0.0.1", port = 0 }: Options
): Promise<Listening> => {
  const isAllowed = (name: string): boolean =>
    isLoopbackName(name) || name === host || allowedHosts === "any" || allowedHosts.includes(name)
  const sockets = new Set<Socket>()
  let pending = 0
  const server = Http.createServer((incoming, outgoing) => {
    pending++
    answer(emulator, isAllowed, incoming, outgoing)
      .catch((error: unknown) => {
        if (error instanceof ConnectionLost || outgoing.headersSent || outgoing.destroyed) outgoing.destroy()
        else outgoing.writeHead(500, { "content-type": "text/plain" }).end(String(error))
      })
      .finally(() => pending--)
  })
  // Node closes such a connection without a word, or, with a listener, leaves its errors to that.
  server.on("connect", (_: Http.IncomingMessage, socket: Duplex) => {
    socket.on("error", () => socket.destroy())
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
  })
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => resolve({ server, sockets, pending: () => pending }))
  })
}

const close = async (server: Http.Server, sockets: ReadonlySet<Socket>): Promise<void> => {
  const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)))
  const ended = new Promise((resolve) => server.close(resolve))
  for (const socket of sockets) socket.destroy()
  await Promise.all([ended, ...closed])
}

const answer = async (
  emulator: Emulator.Emulator,
  isAllowed: (hostname: string) => boolean,
  incoming: Http.IncomingMessage,
  outgoing: Http.ServerResponse
): Promise<void> => {
  const gone = new AbortController()
  outgoing.on("close", () => gone.abort())
  const unsound = unsoundness(incoming, isAllowed)
  if (unsound !== undefined) {
    // The rest of an unread body must not be taken for the next request.
    outgoing.writeHead(unsound.status, { connection: "close", "content-type": "application/json" })
    outgoing.end(
      JSON.stringify({ error: { message: unsound.message, type: "invalid_request_error", param: null, code: null } })
    )
    return
  }
  const response = await emulator.fetch(requestOf(incoming, gone.signal)).catch((error: unknown) => {
    if (gone.signal.aborted) return undefined
    throw error
  })
  if (response === undefined) return
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) {
    outgoing.end()
    return
  }
  const reader = response.body.getReader()
  gone.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (!outgoing.write(value)) await drained(outgoing)
    }
  } catch (error) {
    // Written bytes have to reach the client before the connection breaks.
    await sleep(20)
    throw error
  }
  outgoing.end()
}

const drained = (outgoing: Http.ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      outgoing.off("drain", settle)
      outgoing.off("close", settle)
      resolve()
    }
    outgoing.on("drain", settle)
    outgoing.on("close", settle)
  })

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** Why a request is none for the emulator, whatever its path. */
const unsoundness = (
  { headers: { host }, method = "GET", url = "/" }: Http.IncomingMessage,
  isAllowed: (hostname: string) => boolean
): { readonly status: number; readonly message: string } | undefined => {
  if (!methods.has(method)) return { status: 405, message: `The method ${method} is not supported` }
  const base = `http://${host ?? "localhost"}`
  if (!URL.canParse(base) || /[/?#@\s]/.test(host ?? ""))
    return { status: 400, message: "The Host header is malformed" }
  const target = URL.canParse(url, base) ? new URL(url, base) : undefined
  if (target === undefined || !/^https?:$/.test(target.protocol) || `${target.username}${target.password}` !== "") {
    return { status: 400, message: "The request target is malformed" }
  }
  const name = new URL(base).hostname
  return isAllowed(name)
    ? undefined
    : { status: 403, message: `Requests to the host ${name} are not served: allow it if they should be` }
}

const requestOf = (incoming: Http.IncomingMessage, signal: AbortSignal): Request => {
  const { headers, method = "GET", url = "/" } = incoming
  const hasBody = method !== "GET" && method !== "HEAD"
  const init: RequestInit & { readonly duplex?: "half" } = {
    method,
    signal,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? "")
    ]),
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" } : {})
  }
  return new Request(new URL(url, `http://${headers.host ?? "localhost"}`), init)
}
