/**
 * A small server on 127.0.0.1 where a device can sign in. Signing in is not an endpoint of the API, so the emulator
 * lacks it.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

type Json = { readonly [key: string]: unknown }

const makeAnswers = () => {
  let looks = 0
  return (path: string): Json => {
    switch (path) {
      case "/api/permission/oauth2/device/code":
        return {
          device_code: "device-1",
          user_code: "WDJB-MJHT",
          verification_uri: "https://www.coze.com/oauth/device",
          expires_in: 300,
          interval: 1
        }
      case "/api/permission/oauth2/token":
        // The user in the demo takes a moment to decide.
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

/** Starts the server and returns its base URL. It stops with its scope. */
export const cozeServer: Effect.Effect<string, never, Scope.Scope> = Effect.gen(function* () {
  const answer = makeAnswers()
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createServer((request, response) => {
        const json = answer(new URL(request.url ?? "/", "http://127.0.0.1").pathname)
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
