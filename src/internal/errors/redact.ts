/** Keeps secrets out of everything that is printed. */
import * as Redacted from "effect/Redacted"
import { mapTexts } from "../json/mapTexts.ts"
import { makeFinder } from "./secretFinder.ts"

const placeholder = "<redacted>"

/** Replaces every secret in a text. */
export type Scrub = (text: string) => string

/** Matches text that looks like a key or token, for foreign secrets that a server or a user puts into a text. */
const secretLike = /\b(?:sk-(?:ant-)?|pat_|sat_|Bearer\s+)[\w.~+/=-]{12,}/g

/** The secrets that must not be printed. */
export interface Secrets {
  /** Values that may be a secret. Very short ones are not. */
  readonly values: ReadonlyArray<string>
  /** Values that are one. A very short one is replaced if it stands alone. */
  readonly credentials: ReadonlyArray<string>
}

const isShort = (text: string): boolean => text.length < 6

/** Replaces the given secrets, in whatever encoding, and everything that looks like a key or a token. */
export const makeScrub = ({ credentials, values }: Secrets): Scrub => {
  const find = makeFinder([
    ...values.filter((text) => !isShort(text)).map((text) => ({ text, isShort: false })),
    ...credentials.map((text) => ({ text, isShort: isShort(text) }))
  ])
  return (text) => {
    let out = ""
    let at = 0
    for (const { end, start } of find(text)) {
      out += text.slice(at, start) + placeholder
      at = end
    }
    return (at === 0 ? text : out + text.slice(at)).replace(secretLike, placeholder)
  }
}

/** Looks beyond the part of a text that is shown, for a secret that begins within it. */
const context = 16_384

/** The first characters of a text, without secrets. Takes as long for a long text as for a short one. */
export const scrubbedStart = (text: string, max: number, scrub: Scrub): string => {
  if (text.length <= max + context) return scrub(text).slice(0, max)
  const seen = scrub(text.slice(0, max + context))
  // A secret that the end of what was looked at cuts in two may have moved to the front.
  return seen.slice(0, Math.max(0, seen.length - context)).slice(0, max)
}

/** Replaces every secret in a value's strings. Returns the value itself if it has none. Handles deep nesting. */
export const scrubDeep = (value: unknown, scrub: Scrub): unknown => mapTexts(value, scrub)

/** Replaces every secret in an error that nobody has seen yet, its stack included. */
export const scrubError = (error: object, scrub: Scrub): void => {
  for (const key of Reflect.ownKeys(error)) {
    const value: unknown = Reflect.get(error, key)
    const plain = scrubDeep(value, scrub)
    if (plain === value || Reflect.set(error, key, plain)) continue
    // Effect keeps what an error was made of in a property that cannot be replaced, and writes it to JSON.
    if (typeof value === "object" && value !== null) scrubError(value, scrub)
  }
}

/** How long a message of an error may be, in characters. */
export const maxMessage = 4000

const maxTexts: { readonly [field: string]: number } = { stack: 16_000 }

/** Cuts texts of an error that a server can make long, such as a message that names a property. */
export const limitTexts = (error: object): void => {
  for (const key of Reflect.ownKeys(error)) {
    const value: unknown = Reflect.get(error, key)
    if (typeof value !== "string" || typeof key !== "string" || key === "raw") continue
    const max = maxTexts[key] ?? maxMessage
    const plain = visible(value.length > max ? `${value.slice(0, max)}…` : value)
    if (plain !== value) Reflect.set(error, key, plain)
  }
}

/** Request headers whose values say nothing secret. */
const plainHeaders = new Set([
  "accept",
  "content-type",
  "user-agent",
  "idempotency-key",
  "x-stainless-retry-count",
  "accept-encoding",
  "content-length",
  "traceparent",
  "tracestate",
  "b3"
])

/** A vendor's own headers for versions and betas hold names, not secrets. */
const isPlainHeader = (name: string): boolean => plainHeaders.has(name) || /^[a-z]+-(?:beta|version)$/.test(name)

/** Request headers for an error or a log: only values that cannot be a secret. */
export const plainRequestHeaders = (
  headers: { readonly [name: string]: string },
  scrub: Scrub
): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isPlainHeader(name) ? scrub(value) : placeholder])
  )

const maxHeaderLength = 500
const maxHeaders = 100

/** Response headers for an error or a log. */
export const plainResponseHeaders = (
  headers: { readonly [name: string]: string },
  scrub: Scrub
): { readonly [name: string]: string } => {
  const out: Record<string, string> = {}
  for (const name of Object.keys(headers).slice(0, maxHeaders)) {
    const value = headers[name]
    if (value === undefined || name === "set-cookie" || name === "location") continue
    out[scrubbedStart(name, maxHeaderLength, scrub)] = visible(scrubbedStart(value, maxHeaderLength, scrub))
  }
  return out
}

/** A URL without user information, and without the query values that did not come from the endpoint's input. */
export const plainUrl = (url: URL, isInput: (name: string) => boolean, scrub: Scrub): string => {
  const copy = new URL(url)
  copy.username = ""
  copy.password = ""
  copy.hash = ""
  for (const name of [...copy.searchParams.keys()]) {
    if (!isInput(name)) copy.searchParams.set(name, placeholder)
  }
  return scrub(copy.href)
}

/** Characters that a terminal or a log would obey instead of showing them; not new lines and tabs. */
const invisible = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** The text with its control characters written as JSON writes them. */
export const visible = (text: string): string =>
  text.replace(invisible, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** A text of a server for a message: without secrets and control characters, and not longer than `max`. */
export const plainText = (text: string, max: number, scrub: Scrub): string => {
  const plain = visible(scrubbedStart(text, max, scrub))
  return text.length > max && plain.length >= max ? `${plain.slice(0, max)}…` : plain.slice(0, max)
}

/** Query parameters that say nothing secret. */
export const plainQuery: ReadonlySet<string> = new Set(["beta", "api-version"])

/** Every value of a header that may be a secret, and the part after its scheme. */
export const secretsInHeaders = (
  headers: { readonly [name: string]: string | null } | undefined
): ReadonlyArray<string> =>
  Object.entries(headers ?? {}).flatMap(([name, value]) =>
    value === null || isPlainHeader(name.toLowerCase())
      ? []
      : [value, value.slice(value.lastIndexOf(" ") + 1), ...secretsInBasic(value), ...secretsInPairs(value)]
  )

/** Returns the values of cookies and of parameters that can be a key. */
const secretsInPairs = (value: string): ReadonlyArray<string> =>
  [...value.matchAll(/=\s*"?([^;,"\s]{6,})/g)].flatMap(([, text = ""]) =>
    /\d/.test(text) ? [text, decoded(text)] : []
  )

/** Returns the credentials inside `Basic` authentication, which sends them in base64. */
const secretsInBasic = (value: string): ReadonlyArray<string> => {
  if (!/^basic /i.test(value)) return []
  try {
    const text = atob(value.slice(6).trim())
    return [text, text.slice(text.indexOf(":") + 1)]
  } catch {
    return []
  }
}

/** Every value of query parameters that may be a secret. */
export const secretsInQuery = (query: { readonly [name: string]: unknown } | undefined): ReadonlyArray<string> =>
  Object.entries(query ?? {}).flatMap(([name, value]) => (plainQuery.has(name) ? [] : secretsOf(value)))

/** Every value of a URL's query and user information that may be a secret, and every part of its path that looks like one. */
export const secretsInUrl = (text: string): ReadonlyArray<string> => {
  try {
    const { password, pathname, searchParams, username } = new URL(text)
    return [
      ...[...searchParams].flatMap(([name, value]) => (plainQuery.has(name) ? [] : [value])),
      ...[username, password].filter((text) => text !== "").map(decoded),
      ...pathname.split("/").map(decoded).filter(isKeyLike)
    ]
  } catch {
    return []
  }
}

/** Undoes percent-encoding, if the text has it and has it right. */
export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Long, or with letters of both cases and digits, and not made of words and numbers. */
export const isKeyLike = (segment: string): boolean =>
  segment.length >= 12 &&
  /\d/.test(segment) &&
  (segment.length >= 20 || (/[a-z]/.test(segment) && /[A-Z]/.test(segment))) &&
  /^[\w+=~.-]+$/.test(segment) &&
  !segment.split(/[-_.]/).every((word) => /^(?:[a-z]+\d{0,3}|[A-Z][a-z]+|v?\d+)$/.test(word))

/** Every string under a value that the user marked or that may be a secret. */
export const secretsOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (Redacted.isRedacted(value)) return secretsOf(Redacted.value(value))
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(secretsOf)
  return []
}
