/** Requests short-lived tokens: over a safe connection, without redirects, bounded, and checked. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Credential from "../../credentials/Credential.ts"
import { plainText } from "../errors/redact.ts"
import { isObject, parseJson, stringOf } from "../json/json.ts"
import { isToken, readToken, scrubOf, sendForToken } from "./tokenSecrets.ts"

/** The endpoint, and how to ask it. */
export interface TokenRequest {
  readonly http: HttpClient.HttpClient
  /** Names the endpoint in messages: `Google's token endpoint`. */
  readonly from: string
  readonly request: HttpClientRequest.HttpClientRequest
  /** Whether it is a metadata service, which does not have TLS: the machine's own network is the boundary. */
  readonly isLocal?: boolean
  /** Tells the reader of the message what to do about a 401. */
  readonly hint?: string | undefined
}

/** Returns the text of a successful response. Broken connections, 429 and 5xx are tried three times. */
export const requestText = (asked: TokenRequest): Effect.Effect<string, Credential.CredentialError> => {
  const { from, http, isLocal = false, request } = asked
  if (!isLocal && !isSafe(request.url)) {
    return fail(`${from} is not asked: it is no https address, and what is sent to it is secret`)
  }
  return sendForToken(http, request).pipe(
    Effect.flatMap((response) => Effect.map(readToken(response), (text) => ({ response, text }))),
    Effect.timeout(isLocal ? "10 seconds" : "30 seconds"),
    Effect.mapError(() => new Failure(`${from} cannot be reached`, true)),
    Effect.flatMap(({ response, text }) => (text === undefined ? tooLong(from) : checked(asked, response, text))),
    Effect.retry({ schedule: Schedule.exponential("500 millis"), times: 2, while: ({ isTransient }) => isTransient }),
    Effect.catch(({ message }) => fail(message))
  )
}

/** Reads the response of an OAuth token endpoint. The token's lifetime counts from before the request. */
export const requestToken = (
  asked: TokenRequest,
  defaultLife?: number
): Effect.Effect<Credential.Token, Credential.CredentialError> =>
  Effect.flatMap(Clock.currentTimeMillis, (start) =>
    Effect.flatMap(requestText(asked), (text) => tokenOf(asked, text, start, defaultLife))
  )

class Failure {
  readonly message: string
  readonly isTransient: boolean
  constructor(message: string, isTransient: boolean) {
    this.message = message
    this.isTransient = isTransient
  }
}

const fail = (message: string) => Effect.fail(new Credential.CredentialError({ message }))

const tooLong = (from: string) => Effect.fail(new Failure(`${from} answered with more than 1 MiB`, false))

/** Returns whether nobody on the way can read along. */
const isSafe = (address: string): boolean => {
  try {
    const { hostname, protocol } = new URL(address)
    return protocol === "https:" || (protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
  } catch {
    return false
  }
}

const checked = (
  { from, hint, request }: TokenRequest,
  response: HttpClientResponse.HttpClientResponse,
  text: string
): Effect.Effect<string, Failure> => {
  const { headers, status } = response
  if (status >= 200 && status < 300) return Effect.succeed(text)
  const id = headers["request-id"] ?? headers["x-request-id"]
  const scrub = scrubOf(request)
  const detail = [
    plainText(describe(text), 500, scrub),
    id === undefined ? "" : `request id ${plainText(id, 200, scrub)}`
  ]
    .filter((part) => part !== "")
    .join(", ")
  const message = `${from} answered HTTP ${status}${detail === "" ? "" : ` (${detail})`}`
  return Effect.fail(
    new Failure(status === 401 && hint !== undefined ? `${message}. ${hint}` : message, status === 429 || status >= 500)
  )
}

/** Quotes only the fields that OAuth defines for errors: the rest of the body may repeat what was sent. */
const describe = (text: string): string => {
  const body = parseJson(text)
  if (!isObject(body)) return ""
  const { error, error_description: description, message } = body
  const words = isObject(error) ? [error["type"], error["message"]] : [error, description ?? message]
  return words.flatMap((word) => stringOf(word) ?? []).join(": ")
}

const tokenOf = (
  { from, request }: TokenRequest,
  text: string,
  start: number,
  defaultLife: number | undefined
): Effect.Effect<Credential.Token, Credential.CredentialError> => {
  const body = parseJson(text)
  if (!isObject(body)) return fail(`${from} answered with something other than JSON`)
  const { access_token: token, expires_in: life = defaultLife, token_type: type } = body
  if (!isToken(token)) return fail(`${from} answered without a usable token`)
  if (typeof type === "string" && type.toLowerCase() !== "bearer") {
    return fail(
      `${from} gave a token of the type ${JSON.stringify(plainText(type, 40, scrubOf(request)))}, not a bearer token`
    )
  }
  const seconds = Number(life)
  if (!Number.isFinite(seconds) || seconds <= 0 || seconds > 10 ** 9) {
    return fail(`${from} did not say how long the token is good`)
  }
  return Effect.succeed({ value: Redacted.make(token), expiresAt: start + seconds * 1000 })
}
