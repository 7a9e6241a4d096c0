/** A small server on 127.0.0.1 with the parts of Coze that the demo server does not play: files, datasets, sign-in. */
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

type Json = { readonly [key: string]: unknown }

const names = ["Menu.pdf", "Opening hours.txt", "Allergens.xlsx", "Wine list.pdf", "Directions.txt"]
const documents = names.map((name, index) => ({
  document_id: `738000000000000000${index + 1}`,
  name,
  size: 1200 * (index + 1),
  char_count: 900 * (index + 1),
  status: 1,
  create_time: 1_790_000_000
}))

const text = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const makeAnswers = () => {
  const files = new Map<string | null, Json>()
  let looks = 0
  return (path: string, query: URLSearchParams, body: string): Json => {
    switch (path) {
      case "/v1/files/upload": {
        const id = `736000000000000000${files.size + 1}`
        const file_name = /filename="([^"]*)"/.exec(body)?.[1] ?? "file"
        const content = /\r\n\r\n([\s\S]*?)\r\n--/.exec(body)?.[1] ?? ""
        files.set(id, { id, file_name, bytes: Buffer.byteLength(content), created_at: 1_790_000_000 })
        return { code: 0, msg: "", data: files.get(id) }
      }
      case "/v1/files/retrieve": {
        const file = files.get(query.get("file_id"))
        return file === undefined ? { code: 4200, msg: "No such file" } : { code: 0, msg: "", data: file }
      }
      case "/open_api/knowledge/document/list": {
        const { page = 1, size = 10 } = JSON.parse(body) as { readonly page?: number; readonly size?: number }
        const document_infos = documents.slice((page - 1) * size, page * size)
        return { code: 0, msg: "", total: documents.length, document_infos }
      }
      case "/api/permission/oauth2/device/code":
        return {
          device_code: "device-1",
          user_code: "WDJB-MJHT",
          verification_uri: "https://www.coze.com/oauth/device",
          expires_in: 300,
          interval: 1
        }
      case "/api/permission/oauth2/token":
        // The user of the demo takes a moment to decide.
        return ++looks < 3
          ? { error: "authorization_pending", error_message: "The user has not decided yet" }
          : {
              access_token: "demo-token",
              refresh_token: "demo-refresh",
              expires_in: Math.floor(Date.now() / 1000) + 900
            }
      case "/v1/users/me":
        return { code: 0, msg: "", data: { user_id: "1", user_name: "demo", nick_name: "Dora Demo", avatar_url: "" } }
      default:
        return { code: 4200, msg: `No such path: ${path}` }
    }
  }
}

/** Starts the server; the scope's end closes it. Gives its base URL. */
export const cozeServer: Effect.Effect<string, never, Scope.Scope> = Effect.gen(function* () {
  const answer = makeAnswers()
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createServer(async (request, response) => {
        const url = new URL(request.url ?? "/", "http://127.0.0.1")
        const json = answer(url.pathname, url.searchParams, await text(request))
        response.writeHead("error" in json ? 400 : 200, { "content-type": "application/json", "x-tt-logid": "demo-1" })
        response.end(JSON.stringify(json))
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
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
})
