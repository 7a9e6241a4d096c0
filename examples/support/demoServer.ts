/**
 * A small server on 127.0.0.1 that speaks the wire formats of the three APIs: JSON, server-sent events, pages, errors.
 * A request with the header `x-demo-fault` has bad luck: of those with `rate-limit` the first one to each API is refused
 * with 429 and `retry-after: 1`; with `drop` the connection breaks in the middle of the stream.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { anthropic } from "./server/anthropic.ts"
import { makeCoze } from "./server/coze.ts"
import { openai } from "./server/openai.ts"
import type { Answer, Api, DemoRequest, SentEvent } from "./server/wire.ts"

/** Base URLs for the three layers. Any key or token will do. */
export interface DemoServer {
  readonly openai: string
  readonly anthropic: string
  readonly coze: string
}

/** The header that asks for a fault, and the faults there are. */
export const faultHeader = "x-demo-fault"
export type Fault = "rate-limit" | "drop"

/** Starts a server on a free port; the scope's end closes it with all its connections. */
export const demoServer: Effect.Effect<DemoServer, never, Scope.Scope> = Effect.gen(function* () {
  const handle = makeHandler()
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createServer((request, response) => {
        handle(request, response).catch((error: unknown) => response.destroy(error as Error))
      })
    ),
    (server) =>
      Effect.promise(() => {
        server.closeAllConnections()
        return new Promise<void>((resolve) => server.close(() => resolve()))
      })
  )
  yield* Effect.promise(() => {
    server.listen(0, "127.0.0.1")
    return once(server, "listening")
  })
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const url = `http://127.0.0.1:${port}`
  return { openai: `${url}/openai/v1`, anthropic: `${url}/anthropic`, coze: `${url}/coze` }
})

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const makeHandler = (): Handler => {
  const apis: ReadonlyArray<readonly [prefix: string, api: Api]> = [
    ["/openai/v1", openai],
    ["/anthropic", anthropic],
    ["/coze", makeCoze()]
  ]
  const refused = new Set<Api>()
  let requests = 0
  return async (incoming, response) => {
    const url = new URL(incoming.url ?? "/", "http://127.0.0.1")
    const [prefix, api] = apis.find(([prefix]) => url.pathname.startsWith(`${prefix}/`)) ?? []
    if (prefix === undefined || api === undefined) {
      response.writeHead(404).end()
      return
    }
    const request = await readRequest(incoming, url, prefix)
    const fault = request.headers[faultHeader]
    response.setHeader(api.requestIdHeader, `demo-${++requests}`)
    const isRefused = fault === "rate-limit" && !refused.has(api)
    if (isRefused) refused.add(api)
    await write(response, isRefused ? api.rateLimited : answer(api, request), fault === "drop")
  }
}

const answer = (api: Api, request: DemoRequest): Answer =>
  request.headers["authorization"] === undefined && request.headers["x-api-key"] === undefined
    ? api.unauthorized
    : api.answer(request)

const readRequest = async (incoming: IncomingMessage, url: URL, prefix: string): Promise<DemoRequest> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of incoming) chunks.push(chunk)
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
  return {
    method: incoming.method ?? "GET",
    path: url.pathname.slice(prefix.length),
    query: url.searchParams,
    headers,
    body: parseObject(Buffer.concat(chunks).toString("utf8"))
  }
}

const parseObject = (text: string): DemoRequest["body"] => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === "object" && json !== null ? (json as DemoRequest["body"]) : {}
  } catch {
    return {}
  }
}

const write = async (response: ServerResponse, answer: Answer, drops: boolean): Promise<void> => {
  if ("json" in answer) {
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers })
    response.end(JSON.stringify(answer.json))
    return
  }
  response.writeHead(200, { "content-type": "text/event-stream" })
  const { events } = answer
  const end = drops ? Math.floor(events.length / 2) : events.length
  for (const event of events.slice(0, end)) {
    if (event.pause !== undefined) await sleep(event.pause)
    if (response.destroyed) return
    response.write(format(event))
  }
  if (drops) {
    // What was written has to reach the client before the connection breaks.
    await sleep(20)
    response.destroy()
  } else {
    response.end()
  }
}

const format = ({ data, event }: SentEvent): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
