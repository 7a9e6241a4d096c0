/** A loopback server that says yes to everything, and keeps what it was asked. */
import * as Effect from "effect/Effect"
import { json, type LoopbackServer, loopback, namedEvents, type Received } from "../../support/LoopbackServer.ts"

/** A request without what depends on the client library. */
export interface Asked {
  readonly method: string
  readonly path: ReadonlyArray<string>
  readonly query: ReadonlyArray<readonly [string, string]>
  readonly body: unknown
  readonly contentType: string | undefined
  readonly conversion: string | undefined
}

export const recorder = loopback((exchange) => {
  const isStream =
    /"stream":true/.test(exchange.request.body) || /stream_run|stream_resume|workflows\/chat/.test(exchange.request.url)
  const reply = isStream
    ? namedEvents([
        ["done", '"[DONE]"'],
        ["Done", "{}"]
      ])
    : json({ code: 0, msg: "", data: {} })
  reply(exchange)
})

/** The first request that a program sends; how it ends is all the same. */
export const askedBy = (
  server: LoopbackServer,
  program: Effect.Effect<unknown, unknown>
): Effect.Effect<Asked | undefined> =>
  Effect.gen(function* () {
    const before = server.requests.length
    yield* Effect.exit(program)
    const received = server.requests[before]
    return received === undefined ? undefined : yield* Effect.promise(() => summary(received))
  })

const summary = async (received: Received): Promise<Asked> => {
  const url = new URL(received.url, "http://localhost")
  const contentType = received.headers["content-type"]
  return {
    method: received.method,
    path: url.pathname.split("/").map(decodeURIComponent),
    query: sorted([...url.searchParams]),
    body: await bodyOf(received, contentType),
    contentType: received.body === "" ? undefined : contentType?.split(";")[0],
    conversion: received.headers["agw-js-conv"]?.toString()
  }
}

const sorted = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

const bodyOf = async ({ body }: Received, contentType: string | undefined): Promise<unknown> => {
  if (body === "") return undefined
  if (contentType?.startsWith("multipart/") !== true) return JSON.parse(Buffer.from(body, "latin1").toString("utf8"))
  const bytes = new Uint8Array(Buffer.from(body, "latin1"))
  const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData()
  const parts = [...form].map(async ([name, value]) =>
    typeof value === "string" ? [name, value] : [name, value.name, await value.text()]
  )
  return sorted(await Promise.all(parts))
}
