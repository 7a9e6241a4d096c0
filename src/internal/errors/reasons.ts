import * as Duration from "effect/Duration"
import * as ApiError from "../../ApiError.ts"
import * as RateLimit from "../../policies/RateLimit.ts"
import { levelsOf } from "./networkFailure.ts"
import { type Scrub, scrubbedStart } from "./redact.ts"

type Headers = { readonly [name: string]: string }

/**
 * Returns the server's wait: `retry-after-ms`, or `retry-after` as seconds or a date. Ignores negative waits, past
 * dates and other text, and zero unless it is accepted.
 */
export const retryAfterOf = (headers: Headers, now: number, acceptZero = true): Duration.Duration | undefined => {
  const millis = numberOf(headers["retry-after-ms"])
  const wait = millis === undefined || (millis === 0 && !acceptZero) ? waitOf(headers["retry-after"], now) : millis
  return wait === undefined || !Number.isFinite(wait) || wait < 0 || (wait === 0 && !acceptZero)
    ? undefined
    : Duration.millis(wait)
}

const waitOf = (after: string | undefined, now: number): number | undefined => {
  const seconds = numberOf(after)
  return seconds === undefined ? Date.parse(after ?? "") - now : seconds * 1000
}

/** The number that a text begins with. */
const numberOf = (text: string | undefined): number | undefined => {
  const value = Number.parseFloat(text ?? "")
  return Number.isNaN(value) ? undefined : value
}

/** The reason for a response that is an error: by the provider's words first, then by the status. */
export const reasonOf = (
  status: number,
  detail: ApiError.ServerDetail,
  headers: Headers,
  now: number
): ApiError.Reason => {
  const retryAfter = retryAfterOf(headers, now)
  const words = `${plainWord(detail.code)} ${plainWord(detail.type)}`
  if (isQuota(status, detail, words)) return new ApiError.QuotaExceededError(detail)
  if (status < 500 && /content_policy|content_filter|moderation_blocked|safety_violation/.test(words)) {
    return new ApiError.ContentPolicyError(detail)
  }
  switch (status) {
    case 401:
      return new ApiError.AuthenticationError(detail)
    case 403:
      return new ApiError.PermissionDeniedError(detail)
    case 404:
      return new ApiError.NotFoundError(detail)
    case 409:
      return new ApiError.ConflictError(detail)
    case 429:
      return new ApiError.RateLimitError({ ...detail, retryAfter, limits: RateLimit.fromHeaders(headers, now) })
    case 529:
      return new ApiError.OverloadedError({ ...detail, retryAfter })
  }
  if (status >= 500) {
    return /overloaded|slow_down/.test(words)
      ? new ApiError.OverloadedError({ ...detail, retryAfter })
      : new ApiError.ServerError({ ...detail, retryAfter })
  }
  return status >= 400 ? new ApiError.InvalidRequestError(detail) : reasonOfWords(words, detail, headers, now)
}

/** A code in lower case, with `_` between its words. */
const plainWord = (code = ""): string =>
  code
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replace(/[\s-]+/g, "_")
    .toLowerCase()

const isQuota = (status: number, detail: ApiError.ServerDetail, words: string): boolean =>
  status === 402 ||
  /insufficient_(?:quota|balance|credits?|funds)|billing|quota_exceeded|credit_balance|out_of_credits?/.test(words) ||
  (status === 400 && /credit balance is too low/i.test(detail.message))

/** The reason for an error that came with a successful status: what the status would have been. */
const reasonOfWords = (
  words: string,
  detail: ApiError.ServerDetail,
  headers: Headers,
  now: number
): ApiError.Reason => {
  const status = statuses.find(([pattern]) => pattern.test(words))?.[1]
  return status === undefined
    ? new ApiError.StreamError({ ...detail, raw: undefined })
    : reasonOf(status, detail, headers, now)
}

const statuses: ReadonlyArray<readonly [RegExp, number]> = [
  [/overloaded|server_busy|at_capacity|\b529\b/, 529],
  [/payment_required|\b402\b/, 402],
  [/rate_limit|too_many_requests|throttl|resource_exhausted|not_ready|\b429\b/, 429],
  [/authentication|unauthenticated|invalid_api_key|unauthorized|\b401\b/, 401],
  [/permission|forbidden|access_?denied|\b403\b/, 403],
  [/not_?found|\b404\b/, 404],
  [/conflict|already_exists|\b409\b/, 409],
  [
    /api_error|server_error|internal|unavailable|time_?d?_?out|deadline|stream_error|model_error|upstream|gateway|\b5\d\d\b/,
    500
  ],
  [
    /invalid|validation|bad_request|context_(?:length|window)|too_(?:large|long|many_tokens)|unsupported|missing|\b4(?:00|13|22)\b/,
    400
  ]
]

/** The phase and code of a broken connection, from the runtime's error and its causes. */
export const networkError = (
  cause: unknown,
  phase: "headers" | "body",
  scrub: (text: string) => string
): ApiError.NetworkError => {
  const levels = levelsOf(cause) as ReadonlyArray<{ readonly message?: unknown; readonly code?: unknown }>
  const messages = levels.flatMap(({ message }) => (typeof message === "string" && message !== "" ? [message] : []))
  const code = levels.map(({ code }) => code).find((code): code is string => typeof code === "string" && code !== "")
  return new ApiError.NetworkError({
    message:
      scrub(messages.length === 0 ? "The connection failed" : [...new Set(messages)].join(": ")) +
      (runtimeLimits.get(code) ?? ""),
    phase: phaseOf(code, phase),
    code
  })
}

/** Limits that are not `Timeouts`: the runtime's client has them, five minutes each in Node. */
const runtimeLimits: ReadonlyMap<string | undefined, string> = new Map([
  ["UND_ERR_HEADERS_TIMEOUT", ". This is the runtime's own limit: raise headersTimeout of its dispatcher"],
  ["UND_ERR_BODY_TIMEOUT", ". This is the runtime's own limit: raise bodyTimeout of its dispatcher"]
])

const phaseOf = (code = "", phase: "headers" | "body"): ApiError.NetworkError["phase"] =>
  phases.find(([, codes]) => codes.test(code))?.[0] ?? phase

const phases: ReadonlyArray<readonly [ApiError.NetworkError["phase"], RegExp]> = [
  ["dns", /^(?:ENOTFOUND|EAI_(?:AGAIN|FAIL|NODATA))$/],
  [
    "connect",
    /^(?:E(?:CONNREFUSED|ADDRNOTAVAIL|HOSTDOWN|(?:HOST|NET)UNREACH|NETDOWN|TIMEDOUT)|ConnectionRefused|UND_ERR_CONNECT_TIMEOUT)$/
  ],
  ["request", /^EPIPE$/],
  ["tls", /^EPROTO$|CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/]
]

/** A readable line about a body that is not JSON: the title of a page, or its first words. */
export const describeText = (text: string, contentType: string | undefined, scrub: Scrub): string => {
  const gist = gistOf(text, scrub)
  if (gist === "") return `The response has no body${contentType === undefined ? "" : ` (${contentType})`}`
  return titleOf(text.slice(0, maxLooked)) === undefined ? gist : `The server answered with ${gist}`
}

/** Only this much of a text is looked at, however long it is. */
const maxLooked = 8192

/** The title of a page, or the first words of a text. */
export const gistOf = (text: string, scrub: Scrub): string => {
  const start = scrubbedStart(text, maxLooked, scrub)
  const title = titleOf(start)
  if (title !== undefined) return `a page titled ${JSON.stringify(title)}`
  return start
    .replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200)
}

const titleOf = (text: string): string | undefined => /<title[^<>]*>([^<]{1,200})<\/title>/i.exec(text)?.[1]?.trim()
