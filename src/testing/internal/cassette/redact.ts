/** Keeps secrets out of cassettes: what is not known to be harmless is not written. */
import { joinBytes } from "../../../internal/bytes/joinBytes.ts"
import { makeScrubber } from "../../../internal/errors/redact.ts"
import { isObject } from "../../../internal/json/json.ts"
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

/** What secrets of many makers look like. */
const secretLike =
  /\b(?:eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+|(?:ek|sess|whsec|rk|ghp|gho|xox[abps])[_-][\w-]{12,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,})/g

/** Takes secrets out of interactions, and learns those that requests carry. */
export interface Redactor {
  readonly request: (request: RecordedRequest) => RecordedRequest
  readonly interaction: (interaction: Interaction) => Interaction
  /** What is still secret in a file about to be written; empty where nothing is. */
  readonly leaks: (interactions: ReadonlyArray<Interaction>, file: string) => ReadonlyArray<string>
}

const credentialHeaders = ["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"]

export const makeRedactor = (secrets: ReadonlyArray<string>): Redactor => {
  const scrubber = makeScrubber(secrets)
  const scrub = (text: string): string => scrubber.scrub(text).replace(secretLike, placeholder)

  const learn = ({ headers }: RecordedRequest): void => {
    for (const name of credentialHeaders) {
      const value = headers[name]
      if (value === undefined) continue
      scrubber.learn(value)
      scrubber.learn(value.replace(/^\w+\s+/, ""))
    }
  }

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

  const url = (text: string): string => {
    const parsed = new URL(text)
    parsed.username = ""
    parsed.password = ""
    for (const [name, given] of [...parsed.searchParams]) {
      if (isSecret(name, given)) parsed.searchParams.set(name, placeholder)
    }
    return scrub(parsed.href)
  }

  const headers = (given: RecordedRequest["headers"], plain: RegExp, others: string | undefined) =>
    Object.fromEntries(
      Object.entries(given).flatMap(([name, text]) => {
        const lower = name.toLowerCase()
        if (plain.test(lower)) return [[lower, scrub(text)]]
        return others === undefined ? [] : [[lower, others]]
      })
    )

  const request = (given: RecordedRequest): RecordedRequest => {
    learn(given)
    return {
      method: given.method,
      url: url(given.url),
      headers: headers(given.headers, plainRequestHeaders, placeholder),
      ...(given.body === undefined ? {} : { body: body(given.body) })
    }
  }

  const response = (given: RecordedResponse): RecordedResponse => ({
    ...given,
    headers: headers(given.headers, plainResponseHeaders, undefined),
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
      ...(scrub(file) === file ? [] : ["a secret is left in the text"]),
      ...interactions.flatMap((interaction) =>
        bytesIn(interaction).some((bytes) => {
          const text = new TextDecoder("latin1").decode(bytes)
          return scrub(text) !== text
        })
          ? [`a secret is within the bytes of ${interaction.request.method} ${interaction.request.url}`]
          : []
      )
    ]
  }
}

const isSecret = (name: string, text: string): boolean =>
  text !== placeholder &&
  !cursorName.test(name) &&
  (secretName.test(name) || (tokenName.test(name) && tokenLike.test(text)))

/** What is written in base64, and all of a stream in one piece. */
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
