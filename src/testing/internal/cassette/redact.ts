/** Keeps secrets out of cassettes: what is not known to be harmless is not written. */

import { joinBytes } from "../../../internal/bytes/joinBytes.ts"
import { decoded, isKeyLike, makeScrub, type Scrub, secretsInHeaders } from "../../../internal/errors/redact.ts"
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
  type RecordedResponse,
  textOfBytes
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
  /(^|[_-])(api[_-]?key|key|secret|password|passwd|credentials?|private[_-]?key|signature|sig|authorization(_token)?|(access|refresh|id|auth|bearer|session|security|subject|actor)[_-]?token|code[_-]?verifier|assertion|cookie)$/i

/** Names of properties that are secret in one API and a plain word in another. */
const vagueName = /^(?:key|sig|signature|cookie|credentials?)$/i

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

/** An address in a text, which JSON may have escaped. */
const urlInText = /\bhttps?:(?:\\{0,8}\/){2}[^\s"'<>^`{|}]+/gi

/** User information of such an address. */
const userInformation = /^(https?:(?:\\{0,8}\/){2})[^/?#\\]*@/i

/** A parameter of such an address: what separates it, its name, and its value. JSON and HTML write `&` and `=` their way. */
const parameterInText =
  /((?:[?&#]|\\{1,8}u0026)(?:amp;|#38;|#x26;)?)([^=&#?\\]{1,200})(=|\\{1,8}u003d)((?:[^&#\\]|\\{1,8}\/|\\{1,8}u003d)*)/gi

/** A string property in a text of JSON. */
const propertyInText = /"([\w-]{1,64})"(\s{0,8}:\s{0,8})"((?:[^"\\]|\\.)*)"/g

/** Takes known secrets and what looks like one out of texts, and learns more of them. */
interface Scrubber {
  readonly scrub: Scrub
  readonly learn: (secrets: ReadonlyArray<string>) => void
}

const makeScrubber = (secrets: ReadonlyArray<string>): Scrubber => {
  const known = new Set<string>()
  let scrubKnown: Scrub | undefined
  return {
    scrub: (text) => {
      scrubKnown ??= makeScrub({ values: [...known], credentials: secrets })
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
    learn(secretsInBody(given.body))
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
    const nameOf = namesIn(given)
    return Object.fromEntries(Object.entries(given).map(([key, item]) => [scrub(key), value(nameOf(key), item)]))
  }

  const text = (given: string): string =>
    scrub(
      fieldsOf(given) === undefined
        ? given.replace(propertyInText, (property, name: string, colon: string, content: string) =>
            isSecret(name, content) ? `"${name}"${colon}"${placeholder}"` : property
          )
        : given
            .split("&")
            .map((pair) => {
              const [name, content] = fieldOf(pair)
              return isFormSecret(name, content) ? `${before(pair, "=")}=${placeholder}` : pair
            })
            .join("&")
    )

  const part = (given: Part): Part => ({
    ...given,
    ...(given.text === undefined ? {} : { text: String(value(given.name, given.text)) })
  })

  const body = (given: Body): Body => {
    if ("json" in given) return { json: value("", given.json) }
    if ("text" in given) return { text: text(given.text) }
    return "form" in given ? { form: given.form.map(part) } : given
  }

  /** A secret may be cut in two by the pieces of a stream: then they are kept as one. */
  const chunks = (given: ReadonlyArray<Chunk>): ReadonlyArray<Chunk> => {
    const whole = textOfBytes(joinBytes(given.map(bytesOfChunk)))
    const clean = whole === undefined ? undefined : text(whole)
    if (clean === whole && whole !== undefined) return given
    const apart = given.map((chunk) => (chunk.text === undefined ? chunk : { ...chunk, text: text(chunk.text) }))
    if (clean === undefined || apart.map((chunk) => chunk.text).join("") === clean) return apart
    return [chunkOf(given[0]?.after ?? 0, new TextEncoder().encode(clean))]
  }

  return { body, chunks }
}

/** The header values that are not kept, and what the URL has for this program alone. */
const secretsOf = ({ headers, url }: RecordedRequest): ReadonlyArray<string> => {
  const others = Object.entries(headers).filter(([name]) => !plainRequestHeaders.test(name.toLowerCase()))
  const { password, pathname, searchParams, username } = new URL(url)
  return [
    ...secretsInHeaders(Object.fromEntries(others)),
    ...[username, password].filter((text) => text !== "").map(decoded),
    ...[...searchParams].flatMap(([name, given]) => (isPlainParameter(name) ? [] : [given])),
    ...pathname
      .split("/")
      .map(decoded)
      .filter((segment, index, all) => isKeyInPath(segment, all.slice(index + 1)))
  ]
}

/** The values that a body names as secret, for a server may repeat them elsewhere. */
const secretsInBody = (body: Body | undefined): ReadonlyArray<string> => {
  if (body === undefined) return []
  const found: Array<string> = []
  const add = (name: string, text: string, is: typeof isSecret = isSecret): void => {
    if (text.length >= 8 && is(name, text) && (isKeyLike(text) || !vagueName.test(name))) found.push(text)
  }
  const look = (name: string, given: unknown): void => {
    if (typeof given === "string") add(name, given)
    else if (Array.isArray(given)) for (const item of given) look(name, item)
    else if (isObject(given)) {
      const nameOf = namesIn(given)
      for (const [key, item] of Object.entries(given)) look(nameOf(key), item)
    }
  }
  if ("json" in body) look("", body.json)
  if ("form" in body) for (const { name, text } of body.form) add(name, text ?? "")
  if ("text" in body) {
    for (const [name, text] of fieldsOf(body.text) ?? []) add(name, text, isFormSecret)
    for (const [, name = "", text = ""] of body.text.matchAll(propertyInText)) add(name, unescaped(text))
  }
  return found
}

/** The content of a string in JSON. */
const unescaped = (text: string): string => {
  try {
    return String(JSON.parse(`"${text}"`))
  } catch {
    return text
  }
}

/** How to read the names of an object's properties: the code of a request for a token is secret. */
const namesIn =
  (object: { readonly [name: string]: unknown }) =>
  (name: string): string =>
    name === "code" && "grant_type" in object ? "secret" : name

/** The fields of a URL-encoded form; `undefined` if the text is not one. */
const fieldsOf = (text: string): ReadonlyArray<readonly [name: string, value: string]> | undefined => {
  if (!text.includes("=") || /[\s"<>{}]/.test(text)) return undefined
  const pairs = text.split("&")
  return pairs.every((pair) => /^[\w.~%+*[\]-]+=/.test(pair)) ? pairs.map(fieldOf) : undefined
}

const fieldOf = (pair: string): readonly [name: string, value: string] => {
  const name = before(pair, "=")
  return [decoded(name), decoded(pair.slice(name.length + 1).replaceAll("+", " "))]
}

/** In a form, a code is the one that an authorization server gave. */
const isFormSecret = (name: string, text: string): boolean => isSecret(name === "code" ? "secret" : name, text)

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
      if (plain.test(lower)) return [[scrub(lower), scrub(text)]]
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
  const address = text.replace(userInformation, "$1")
  const names = Array.from(address.matchAll(parameterInText), ([, , name = ""]) => decoded(name))
  if (!names.some((name) => signedName.test(name) || isSecretName(name))) return address
  return address.replace(parameterInText, (parameter, separator: string, name: string, equals: string) =>
    isPlainParameter(decoded(name)) ? parameter : `${separator}${name}${equals}${encodedPlaceholder}`
  )
}

const encodedPlaceholder = /*#__PURE__*/ encodeURIComponent(placeholder)

/** A text without keys and certificates in PEM. One that is cut off goes to the end of the string it is in. */
const withoutPem = (text: string): string => {
  let out = ""
  let at = 0
  for (let start = text.indexOf(pemStart); start !== -1; start = text.indexOf(pemStart, at)) {
    out += text.slice(at, start) + placeholder
    at = endOfPem(text, start + pemStart.length)
  }
  return out + text.slice(at)
}

const pemStart = "-----BEGIN "
const pemEnd = "-----END "

const endOfPem = (text: string, start: number): number => {
  const end = text.indexOf(pemEnd, start)
  const close = end === -1 ? -1 : text.indexOf("-----", end + pemEnd.length)
  const next = text.indexOf(pemStart, start)
  if (close !== -1 && (next === -1 || next > end)) return close + "-----".length
  const quote = text.indexOf('"', start)
  let stop = quote === -1 ? text.length : quote
  if (next !== -1) stop = Math.min(stop, next)
  while (stop > start && text[stop - 1] === "\\") stop--
  return stop
}

/** Names are read in the form of most APIs, so `clientSecret` is `client_Secret`. */
const isSecretName = (name: string): boolean => secretName.test(name.replace(/([a-z\d])([A-Z])/g, "$1_$2"))

const isSecret = (name: string, text: string): boolean =>
  text !== placeholder &&
  !cursorName.test(name) &&
  (isSecretName(name) || (tokenName.test(name) && tokenLike.test(text)))

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
