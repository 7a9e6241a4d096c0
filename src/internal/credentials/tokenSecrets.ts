/** What a request for a token sends is as secret as what it returns. */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { execute } from "../attempt/fetchClient.ts"
import { strangeContext } from "../attempt/plainTracer.ts"
import { readText } from "../attempt/readBody.ts"
import { makeScrub, type Scrub, secretsInHeaders, secretsOf } from "../errors/redact.ts"
import { isObject } from "../json/json.ts"

/**
 * Sends a request for a token. It is not redirected, so its secrets reach nobody else; the program's trace ends here,
 * and its span holds nothing of what it sends, even if the server repeats it.
 */
export const sendForToken = (
  http: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  execute(http, request, { redirect: "manual" }, { contextOf: strangeContext(scrubOf(request)), transform: identity })

const maxBytes = 1024 * 1024

/** The text of an answer, up to 1 MiB; `undefined` if it is longer. */
export const readToken = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<string | undefined, HttpClientError.HttpClientError> =>
  Effect.catch(readText(response, maxBytes), (error) =>
    error._tag === "BodyTooLong" ? Effect.succeed(undefined) : Effect.fail(error)
  )

/** Whether a server's answer is a token that a header can hold. */
export const isToken = (token: unknown): token is string => typeof token === "string" && /^[\x21-\x7e]+$/.test(token)

/** Fields of OAuth and of the clouds' token services that say nothing secret. */
const plainFields: ReadonlySet<string> = new Set([
  "grant_type",
  "client_id",
  "scope",
  "audience",
  "resource",
  "client_assertion_type",
  "subject_token_type",
  "actor_token_type",
  "requested_token_type",
  "redirect_uri",
  "duration_seconds",
  "lifetime",
  "organization_id",
  "workspace_id",
  "service_account_id",
  "federation_rule_id",
  "identity_provider_id"
])

/** Takes what a request carries out of a text. */
export const scrubOf = ({ body, headers }: HttpClientRequest.HttpClientRequest): Scrub =>
  makeScrub({ values: [...secretsInHeaders(headers), ...secretsInBody(body)], credentials: [] })

const secretsInBody = (body: HttpClientRequest.HttpClientRequest["body"]): ReadonlyArray<string> => {
  const content = body._tag === "Uint8Array" || body._tag === "Raw" ? body.body : undefined
  const text = content instanceof Uint8Array ? new TextDecoder().decode(content) : content
  if (typeof text !== "string") return []
  return fieldsOf(text).flatMap(([name, value]) => (plainFields.has(name) ? [] : secretsOf(value)))
}

/** The fields of JSON or of a form. */
const fieldsOf = (text: string): ReadonlyArray<readonly [string, unknown]> => {
  try {
    const json: unknown = JSON.parse(text)
    return isObject(json) ? Object.entries(json) : [["", json]]
  } catch {
    return [...new URLSearchParams(text)]
  }
}
