/** An `HttpClient` that is a token endpoint and an API: tokens are `token-1`, `token-2`, … and live for an hour. */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"

export interface SentToIt {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly authorization: string | undefined
  /** The JSON body, parsed. */
  readonly body: unknown
}

export interface TokenServer {
  readonly sent: ReadonlyArray<SentToIt>
  readonly layer: Layer.Layer<HttpClient.HttpClient>
  /** How many tokens it has given. */
  readonly tokens: () => number
  /** The tokens of the API's calls. */
  readonly calls: () => ReadonlyArray<string>
}

export const tokenServer = (
  api: (sent: SentToIt) => { readonly status: number; readonly body: unknown }
): TokenServer => {
  const sent: Array<SentToIt> = []
  let tokens = 0
  const answer = (request: SentToIt) => {
    if (!request.url.endsWith("/oauth/token")) return api(request)
    return { status: 200, body: { access_token: `token-${++tokens}`, expires_in: 3600, token_type: "Bearer" } }
  }
  const http = HttpClient.make((request, url) =>
    Effect.sync(() => {
      const received: SentToIt = {
        url: url.href,
        headers: { ...request.headers },
        authorization: request.headers["authorization"],
        body: bodyOf(request)
      }
      sent.push(received)
      const { body, status } = answer(received)
      return HttpClientResponse.fromWeb(request, Response.json(body, { status }))
    })
  )
  return {
    sent,
    layer: Layer.succeed(HttpClient.HttpClient, http),
    tokens: () => tokens,
    calls: () =>
      sent.flatMap(({ authorization }) => (authorization === undefined ? [] : authorization.replace("Bearer ", "")))
  }
}

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): unknown => {
  if (body._tag === "Uint8Array") return JSON.parse(new TextDecoder().decode(body.body))
  return body._tag === "Raw" && typeof body.body === "string" ? JSON.parse(body.body) : undefined
}
