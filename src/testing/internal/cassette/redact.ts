/** Keeps secrets out of cassettes: what is not known to be harmless is not written. */

import { joinBytes } from "../../../internal/bytes/joinBytes.ts"
import { isKeyLike, makeScrub, type Scrub, secretsInHeaders } from "../../../internal/errors/redact.ts"
import { isObject } from "../../../internal/json/json.ts"
import { before } from "../../../internal/text.ts"
import {
  type Body,
  bytesOfBody,
  bytesOfChunk,
  type Chunk,
  chunkOf,
  type Interaction,
  type Part,
  type RecordedRequest,
  type RecordedResponse
} from "./format.ts"

const placeholder = "<redacted>"

/** Request headers whose values are kept. */
const plainRequestHeaders =
  /^(accept|content-type|user-agent|anthropic-version|anthropic-beta|openai-beta|idempotency-key)$/

/** Response headers that are kept; all others are left out. */
const plainResponseHeaders =
  /^(content-type|content-disposition|date|retry-after|retry-after-ms|x-should-retry|request-id|x-request-id|apim-request-id|x-amzn-requestid|x-tt-logid|openai-processing-ms|openai-version|x-ratelimit-[\w-]+|anthropic-ratelimit-[\w-]+|anthropic-version)$/

/** Names of properties and parameters whose values are secret. */
const secretName =
  /(^|[_-])(api[_-]?key|key|secret|password|passwd|credentials?|private[_-]?key|signature|sig|authorization(_token)?|(access|refresh|id|auth|bearer|session|security)[_-]?token|cookie)$/i

/** Tokens that have no telling name; a cursor or a word of a model is shorter or has another form. */
const tokenName = /(^|[_-])token$/i
const cursorName = /^(next_)?page_token$/i
const tokenLike = /^[\w.~+/=-]{20,}$/

/** Matches text that looks like a secret of one of many makers. */
const secretLike = /\b(?:(?:ek|sess|whsec|rk|ghp|gho|xox[abps])[_-][\w-]{12,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,})/g

/** Matches a JWT, or only the start of one: what is passed over is not looked at again. */
const jwtLike = /\beyJ[\w-]{8,}(?:\.[\w-]{8,}\.[\w-]+)?/g

/** Takes secrets out of interactions, and learns those that requests carry. */
export interface Redactor {
  readonly request: (request: RecordedRequest) => RecordedRequest
  readonly interaction: (interaction: Interaction) => Interaction
  /** Returns the secrets left in a file about to be written, or nothing. */
  readonly leaks: (interactions: ReadonlyArray<Interaction>, file: string) => ReadonlyArray<string>
}

/** Query parameters of the APIs whose values are kept, without what stands in brackets after them. */
const plainParameters = new Set(
  (
    "after after_id agent_id agent_ids api-version before before_id beta bucket_width chat_id context_windows " +
    "conversation_id created_at date depth end_time ending_at ending_date entity_id entity_type environment_ids " +
    "filter format_type group_by group_type has_caption ids include include_archived include_default " +
    "include_inherited keyword lifecycle limit line_items memory_id message_id model models name operation order " +
    "order_by next_page page page_index page_num page_size page_token path_prefix products project_id project_ids purpose roles " +
    "service_tiers session_id session_ids space_id speeds start_time starting_at starting_date status statuses " +
    "stream time_bucket_width type types user_id user_ids view workspace_id workspace_ids"
  ).split(" ")
)

const isPlainParameter = (name: string): boolean => plainParameters.has(before(name, "["))

/** Names of parameters that make an address a permission. */
const signedName = /^(?:x-(?:amz|goog|oss|cos|tos|ms)-.*|sig|sign|policy|key-pair-id|expires|se|sp|token|auth)$/i

const urlInText = /\bhttps?:\/\/[^\s"'<>\\^`{|}]+/gi

/** Takes known secrets and what looks like one out of texts, and learns more of them. */
interface Scrubber {
  readonly scrub: Scrub
  readonly learn: (secrets: ReadonlyArray<string>) => void
}

const makeScrubber = (secrets: ReadonlyArray<string>): Scrubber => {
  const known = new Set(secrets)
  let scrubKnown: Scrub | undefined
  return {
    scrub: (text) => {
      scrubKnown ??= makeScrub({ values: [...known], credentials: [] })
      return withoutPem(scrubKnown(text))
        .replace(jwtLike, (found) => (found.includes(".") ? placeholder : found))
        .replace(secretLike, placeholder)
        .replace(urlInText, withoutPermission)
    },
    learn: (found) => {
      for (const secret of found) {
        if (secret === placeholder || known.has(secret)) continue
        known.add(secret)
        scrubKnown = undefined
      }
    }
  }
}

export const makeRedactor = (secrets: ReadonlyArray<string>): Redactor => {
  const { learn, scrub } = makeScrubber(secrets)
  const { body, chunks } = bodyRedactor(scrub)

  const request = (given: RecordedRequest): RecordedRequest => {
    learn(secretsOf(given))
    return {
      method: given.method,
      url: scrub(withoutParameters(given.url)),
      headers: kept(given.headers, { plain: plainRequestHeaders, others: placeholder, scrub }),
      ...(given.body === undefined ? {} : { body: body(given.body) })
    }
  }

  const response = (given: RecordedResponse): RecordedResponse => ({
    ...given,
    headers: kept(given.headers, { plain: plainResponseHeaders, others: undefined, scrub }),
    ...(given.body === undefined
      ? {}
      : { body: "chunks" in given.body ? { chunks: chunks(given.body.chunks) } : body(given.body) })
  })

  return {
    request,
    interaction: (given) => ({
      ...given,
      request: request(given.request),
      ...(given.response === undefined ? {} : { response: response(given.response) })
    }),
    leaks: (interactions, file) => [
      ...interactions
        .filter((interaction) => bytesIn(interaction).some(holdsSecret(scrub)))
        .map(({ request: { method, url } }) => `a secret is within the bytes of ${method} ${url}`),
      ...(scrub(file) === file ? [] : ["a secret is left in the text"])
    ]
  }
}

const holdsSecret =
  (scrub: Scrub) =>
  (bytes: Uint8Array): boolean => {
    const text = new TextDecoder("latin1").decode(bytes)
    return scrub(text) !== text
  }

/** Redacts whole bodies, and those that arrived in chunks. */
const bodyRedactor = (scrub: Scrub) => {
  const value = (name: string, given: unknown): unknown => {
    if (typeof given === "string") return isSecret(name, given) ? placeholder : scrub(given)
    if (Array.isArray(given)) return given.map((item) => value(name, item))
    if (!isObject(given)) return given
    return Object.fromEntries(Object.entries(given).map(([key, item]) => [scrub(key), value(key, item)]))
  }

  const part = (given: Part): Part => ({
    ...given,
    ...(given.text === undefined ? {} : { text: String(value(given.name, given.text)) })
  })

  const body = (given: Body): Body => {
    if ("json" in given) return { json: value("", given.json) }
    if ("text" in given) return { text: scrub(given.text) }
    return "form" in given ? { form: given.form.map(part) } : given
  }

  /** A secret may be cut in two by the pieces of a stream: then they are kept as one. */
  const chunks = (given: ReadonlyArray<Chunk>): ReadonlyArray<Chunk> => {
    const whole = given.map(({ text }) => text ?? "").join("")
    if (scrub(whole) === whole) return given
    const apart = given.map((chunk) => (chunk.text === undefined ? chunk : { ...chunk, text: scrub(chunk.text) }))
    const text = apart.map((chunk) => chunk.text ?? "").join("")
    if (scrub(text) === text) return apart
    return [chunkOf(given[0]?.after ?? 0, new TextEncoder().encode(scrub(whole)))]
  }

  return { body, chunks }
}

/** The header values that are not kept, and what the URL has for this program alone. */
const secretsOf = ({ headers, url }: RecordedRequest): ReadonlyArray<string> => {
  const others = Object.entries(headers).filter(([name]) => !plainRequestHeaders.test(name.toLowerCase()))
  const { password, pathname, searchParams, username } = new URL(url)
  return [
    ...secretsInHeaders(Object.fromEntries(others)),
    ...[username, password].filter((text) => text !== "").map(decodeURIComponent),
    ...[...searchParams].flatMap(([name, given]) => (isPlainParameter(name) ? [] : [given])),
    ...pathname.split("/").filter((segment, index, all) => isKeyInPath(segment, all.slice(index + 1)))
  ]
}

/** An address without user information, and without the values of parameters that are not plain. */
const withoutParameters = (text: string): string => {
  const parsed = new URL(text)
  parsed.username = ""
  parsed.password = ""
  for (const [name, given] of [...parsed.searchParams]) {
    if (!isPlainParameter(name) || isSecret(name, given)) parsed.searchParams.set(name, placeholder)
  }
  return parsed.href
}

/** Plain headers, and the others with `others` in the place of their values, if it is given. */
const kept = (
  given: RecordedRequest["headers"],
  { others, plain, scrub }: { readonly plain: RegExp; readonly others: string | undefined; readonly scrub: Scrub }
) =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, text]) => {
      const lower = name.toLowerCase()
      if (plain.test(lower)) return [[lower, scrub(text)]]
      return others === undefined ? [] : [[lower, others]]
    })
  )

/**
 * Whether a segment of a path looks like a key. After the version of the API, ids do too: those with a prefix, and
 * UUIDs, are kept.
 */
const isKeyInPath = (segment: string, after: ReadonlyArray<string>): boolean =>
  isKeyLike(segment) &&
  (after.some((other) => /^v\d/.test(other)) || !/^(?:[a-z]+[-_]|[\da-f]{8}-[\da-f]{4}-)/.test(segment))

/** An address in a text, without user information, and without the values of a query that makes it a permission. */
const withoutPermission = (text: string): string => {
  if (!/[?@]/.test(text) || !URL.canParse(text)) return text
  const parsed = new URL(text)
  const names = [...parsed.searchParams.keys()]
  const isSigned = names.some((name) => signedName.test(name) || secretName.test(name))
  if (!isSigned && parsed.username === "" && parsed.password === "") return text
  parsed.username = ""
  parsed.password = ""
  for (const name of isSigned ? names : []) {
    if (!isPlainParameter(name)) parsed.searchParams.set(name, placeholder)
  }
  return parsed.href
}

/** A text without keys and certificates in PEM; one that is cut off goes to the end. */
const withoutPem = (text: string): string => {
  let out = ""
  let at = 0
  for (let start = text.indexOf("-----BEGIN "); start !== -1; start = text.indexOf("-----BEGIN ", at)) {
    const end = text.indexOf("-----END ", start)
    const close = end === -1 ? -1 : text.indexOf("-----", end + "-----END ".length)
    out += text.slice(at, start) + placeholder
    at = close === -1 ? text.length : close + "-----".length
  }
  return out + text.slice(at)
}

const isSecret = (name: string, text: string): boolean =>
  text !== placeholder &&
  !cursorName.test(name) &&
  (secretName.test(name) || (tokenName.test(name) && tokenLike.test(text)))

/** Returns everything written in base64, and each stream in one piece. */
const bytesIn = ({ request, response }: Interaction): ReadonlyArray<Uint8Array> => {
  const bodies = [request.body, response?.body]
  return bodies.flatMap((body) => {
    if (body === undefined) return []
    if ("chunks" in body) return [joinBytes(body.chunks.map(bytesOfChunk))]
    if ("form" in body) {
      return body.form.flatMap(({ base64 }) => (base64 === undefined ? [] : [bytesOfBody({ base64 })]))
    }
    return "base64" in body ? [bytesOfBody(body)] : []
  })
}
