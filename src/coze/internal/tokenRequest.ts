import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Redacted from "effect/Redacted"
import { readToken, scrubOf, sendForToken } from "../../internal/credentials/tokenSecrets.ts"
import { plainText } from "../../internal/errors/redact.ts"
import { isObject, type JsonObject, parseJson, stringOf } from "../../internal/json/json.ts"
import { CozeAuthError, type CozeAuthReason } from "../CozeAuthError.ts"

/** Posts to the authorization server. Its errors are OAuth codes or the API's envelope, with any status. */
export const post = (
  url: string,
  body: JsonObject,
  bearer?: Redacted.Redacted | undefined
): Effect.Effect<JsonObject, CozeAuthError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const request = HttpClientRequest.post(url).pipe(
      HttpClientRequest.bodyJsonUnsafe(body),
      HttpClientRequest.acceptJson,
      bearer === undefined ? (self) => self : HttpClientRequest.bearerToken(bearer)
    )
    const scrub = scrubOf(request)
    const sent = sendForToken(yield* HttpClient.HttpClient, request)
    const { headers, status, text } = yield* Effect.flatMap(sent, (response) =>
      Effect.map(readToken(response), (text) => ({ headers: response.headers, status: response.status, text }))
    ).pipe(
      Effect.mapError((error) => unreachable(plainText(error.message, maxMessage, scrub))),
      Effect.timeoutOrElse({
        duration: longestWait,
        orElse: () => Effect.fail(unreachable(`The authorization server did not answer within ${longestWait}`))
      })
    )
    const answer = parseJson(text ?? "")
    const givenId = headers["x-tt-logid"] ?? (isObject(answer) ? logIdIn(answer) : undefined)
    const logId = givenId === undefined ? undefined : plainText(givenId, maxName, scrub)
    if (!isObject(answer)) {
      return yield* new CozeAuthError({
        reason: "invalid_response",
        message: `The authorization server answered with HTTP ${status} and ${text === undefined ? "more than 1 MiB" : "no JSON"}`,
        code: undefined,
        logId
      })
    }
    const failure = failureIn(answer, status)
    if (failure !== undefined) {
      return yield* new CozeAuthError({
        ...failure,
        message: plainText(failure.message, maxMessage, scrub),
        code: failure.code === undefined ? undefined : plainText(failure.code, maxName, scrub),
        logId
      })
    }
    return isObject(answer["data"]) ? answer["data"] : answer
  })

/** Calls wait for the renewal of a shared token, which must not take forever. */
const longestWait = "30 seconds"

const unreachable = (message: string): CozeAuthError =>
  new CozeAuthError({ reason: "network", message, code: undefined, logId: undefined })

const maxMessage = 2000
const maxName = 200

const logIdIn = (answer: JsonObject): string | undefined =>
  isObject(answer["detail"]) ? stringOf(answer["detail"]["logid"]) : undefined

const polling: ReadonlySet<string> = new Set<CozeAuthReason>([
  "authorization_pending",
  "slow_down",
  "access_denied",
  "expired_token"
])

const failureIn = (
  answer: JsonObject,
  status: number
): { readonly reason: CozeAuthReason; readonly message: string; readonly code: string | undefined } | undefined => {
  const error = stringOf(answer["error"])
  const code = stringOf(answer["error_code"]) ?? stringOf(answer["code"])
  if (status < 400 && error === undefined && (code === undefined || code === "0")) return undefined
  return {
    reason: error !== undefined && polling.has(error) ? (error as CozeAuthReason) : "refused",
    message:
      stringOf(answer["error_message"]) ??
      stringOf(answer["error_description"]) ??
      stringOf(answer["msg"]) ??
      error ??
      `HTTP ${status}`,
    code: error ?? code
  }
}

/**
 * Returns when something expires, in milliseconds since 1970. The field `expires_in` is a point in time for tokens, but
 * a duration for device codes.
 */
export const expiryOf = (expiresIn: unknown): Effect.Effect<number> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const seconds = Number(expiresIn)
    if (!Number.isFinite(seconds)) return now
    return seconds > 1_000_000_000 ? seconds * 1000 : now + seconds * 1000
  })
