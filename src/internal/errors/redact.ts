/** Keeps secrets out of everything that is printed. */
import * as Redacted from "effect/Redacted"

const placeholder = "<redacted>"

/** Replaces every secret in a text. */
export type Scrub = (text: string) => string

/** What a key or token looks like, for secrets of others that a server or a user puts into a text. */
const secretLike = /\b(?:sk-(?:ant-)?|pat_|sat_|Bearer\s+)[\w.~+/=-]{12,}/g

/** Secrets that are used later, such as a token that expires, are learned on the way. */
export interface Scrubber {
  readonly scrub: Scrub
  readonly learn: (secret: string) => void
}

const maxLearned = 16

/**
 * Replaces the given secrets, and all that look like one. Values that only may be a secret are none where they are very
 * short; a short credential is replaced where it stands alone.
 */
export const makeScrubber = (values: Iterable<string>, credentials: Iterable<string> = []): Scrubber => {
  const long = [...values, ...credentials].filter((value) => !isShort(value))
  const short = [...credentials].filter((credential) => credential !== "" && isShort(credential))
  const known = [...new Set([...long, ...short])].sort((a, b) => b.length - a.length)
  const learned: Array<string> = []
  return {
    scrub: (text) => {
      let out = text
      for (const secret of [...known, ...learned]) {
        for (const form of formsOf(secret)) out = out.replaceAll(isShort(form) ? alone(form) : form, placeholder)
      }
      return out.replace(secretLike, placeholder)
    },
    learn: (secret) => {
      if (secret === "" || known.includes(secret) || learned.includes(secret)) return
      learned.push(secret)
      if (learned.length > maxLearned) learned.shift()
    }
  }
}

const isShort = (text: string): boolean => text.length < 6

const alone = (text: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}_-])${text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}(?![\\p{L}\\p{N}_-])`, "gu")

/** A secret as it stands in a URL, a form, JSON and a text; the plain one last, for it may be within the others. */
const formsOf = (secret: string): ReadonlySet<string> =>
  new Set([
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    secret
  ])

/** The value with every secret in its strings replaced; the value itself where there is none. */
export const scrubDeep = (value: unknown, scrub: Scrub): unknown => {
  if (typeof value === "string") return scrub(value)
  if (typeof value !== "object" || value === null) return value
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const json: unknown = value.toJSON()
    const plain = scrubDeep(json, scrub)
    return plain === json ? value : plain
  }
  if (Array.isArray(value)) {
    const plain = value.map((item) => scrubDeep(item, scrub))
    return plain.some((item, index) => item !== value[index]) ? plain : value
  }
  const entries = Object.entries(value)
  const plain = entries.map(([key, item]) => [scrub(key), scrubDeep(item, scrub)] as const)
  return plain.some(([key, item], index) => key !== entries[index]?.[0] || item !== entries[index]?.[1])
    ? Object.fromEntries(plain)
    : value
}

/** Replaces every secret in an error that nobody has seen yet, its stack included. */
export const scrubError = (error: object, scrub: Scrub): void => {
  for (const key of Reflect.ownKeys(error)) {
    const value: unknown = Reflect.get(error, key)
    const plain = scrubDeep(value, scrub)
    if (plain !== value) Reflect.set(error, key, plain)
  }
}

/** Request headers whose values say nothing secret. */
const plainHeaders = new Set([
  "accept",
  "content-type",
  "user-agent",
  "anthropic-version",
  "anthropic-beta",
  "openai-beta",
  "idempotency-key",
  "x-stainless-retry-count"
])

/** Request headers for an error or a log: only values that cannot be a secret. */
export const plainRequestHeaders = (
  headers: { readonly [name: string]: string },
  scrub: Scrub
): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, plainHeaders.has(name) ? scrub(value) : placeholder])
  )

const maxHeaderLength = 500

/** Response headers for an error or a log. */
export const plainResponseHeaders = (
  headers: { readonly [name: string]: string },
  scrub: Scrub
): { readonly [name: string]: string } => {
  const out: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value === undefined || name === "set-cookie" || name === "location") continue
    out[name] = scrub(value).slice(0, maxHeaderLength)
  }
  return out
}

/** A URL without user information, and without the query values that did not come from the endpoint's input. */
export const plainUrl = (url: URL, isInput: (name: string) => boolean, scrub: Scrub): string => {
  const copy = new URL(url)
  copy.username = ""
  copy.password = ""
  for (const name of [...copy.searchParams.keys()]) {
    if (!isInput(name)) copy.searchParams.set(name, placeholder)
  }
  return scrub(copy.href)
}

/** Query parameters that say nothing secret. */
export const plainQuery: ReadonlySet<string> = new Set(["beta", "api-version"])

/** Every value of a header that may be a secret, and the part after its scheme. */
export const secretsInHeaders = (
  headers: { readonly [name: string]: string | null } | undefined
): ReadonlyArray<string> =>
  Object.entries(headers ?? {}).flatMap(([name, value]) =>
    value === null || plainHeaders.has(name.toLowerCase()) ? [] : [value, value.slice(value.lastIndexOf(" ") + 1)]
  )

/** Every value of a URL's query that may be a secret, and every part of its path that looks like one. */
export const secretsInUrl = (text: string): ReadonlyArray<string> => {
  try {
    const { pathname, searchParams } = new URL(text)
    return [
      ...[...searchParams].flatMap(([name, value]) => (plainQuery.has(name) ? [] : [value])),
      ...pathname.split("/").map(decodeURIComponent).filter(isKeyLike)
    ]
  } catch {
    return []
  }
}

/** Long, of letters and digits without a word in it. */
const isKeyLike = (segment: string): boolean =>
  /^[\w+=~-]{20,}$/.test(segment) && /\d/.test(segment) && !/^(?:[a-z]+|\d+)(?:[-_](?:[a-z]+|\d+))*$/i.test(segment)

/** Every string under a value that the user marked or that may be a secret. */
export const secretsOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (Redacted.isRedacted(value)) return secretsOf(Redacted.value(value))
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(secretsOf)
  return []
}
