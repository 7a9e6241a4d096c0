/** Which recording answers a request, and why none does. */

import { isObject, parseJson } from "../../../internal/json/json.ts"
import type { Body, RecordedRequest } from "./format.ts"

/** Whether a part of a request is the same as in a recording. Both are without secrets. */
export interface Matcher {
  readonly name: string
  readonly matches: (request: RecordedRequest, recorded: RecordedRequest) => boolean
  /** Lists the differences, one a line. */
  readonly explain: (request: RecordedRequest, recorded: RecordedRequest) => ReadonlyArray<string>
}

/** Matches if the text of a part is the same. */
const byText = (name: string, textOf: (request: RecordedRequest) => string): Matcher => ({
  name,
  matches: (request, recorded) => textOf(request) === textOf(recorded),
  explain: (request, recorded) => [`${name}: recorded ${textOf(recorded)}, sent ${textOf(request)}`]
})

export const method: Matcher = byText("method", (request) => request.method.toUpperCase())

/** The path, decoded: `/models/a%3Ab` is `/models/a:b`. A slash within a segment stays apart from one between two. */
export const path: Matcher = byText("path", ({ url }) => new URL(url).pathname.split("/").map(decoded).join("/"))

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment).replaceAll("/", "%2F")
  } catch {
    return segment
  }
}

export const query: Matcher = byText("query", ({ url }) =>
  [...new URL(url).searchParams]
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join("&")
)

export const host: Matcher = byText("host", ({ url }) => new URL(url).host)

/** The given headers. */
export const headers = (...names: ReadonlyArray<string>): Matcher =>
  byText("headers", (request) =>
    names.map((name) => `${name}: ${request.headers[name.toLowerCase()] ?? ""}`).join(", ")
  )

/**
 * The body, without the given fields. A name is a path such as `encoding_format` or `stream_options.include_usage`; `*`
 * stands for any property or item, as in `messages.*.id`.
 */
export const bodyIgnoring = (...fields: ReadonlyArray<string>): Matcher => {
  const paths = fields.map((field) => field.split("."))
  const compared = (recorded: RecordedRequest, request: RecordedRequest, limit: number): ReadonlyArray<string> => {
    if (isFormThatWasNotKept(recorded, request)) return []
    const [before, now] = [recorded.body, request.body].map((body) =>
      paths.reduce((value, path) => without(value, path), plain(body))
    )
    return differences(before, now, "", limit)
  }
  return {
    name: "body",
    matches: (request, recorded) => compared(recorded, request, 1).length === 0,
    explain: (request, recorded) => compared(recorded, request, maxLines)
  }
}

/** The body. The order of properties and the encoding of forms do not count. */
export const body: Matcher = bodyIgnoring()

/** Recorders such as VCR.py leave out the bytes of an upload. */
const isFormThatWasNotKept = (recorded: RecordedRequest, request: RecordedRequest): boolean =>
  recorded.body === undefined && request.body !== undefined && "form" in request.body

const without = (value: unknown, path: ReadonlyArray<string>): unknown => {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (Array.isArray(value)) {
    return name === "*" ? value.map((item: unknown) => without(item, rest)) : value
  }
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (name !== "*" && name !== key) return [[key, inner] as const]
      return rest.length === 0 ? [] : [[key, without(inner, rest)] as const]
    })
  )
}

const maxLines = 8

const plain = (body: Body | undefined): unknown => {
  if (body === undefined) return undefined
  if ("json" in body) return body.json
  if ("form" in body) return body.form
  return "text" in body ? parsed(body.text) : body.base64
}

const parsed = (text: string): unknown => {
  const json = parseJson(text)
  return json === undefined ? text : json
}

/** Lines such as `body.messages[0].content: recorded "a", sent "b"`, at most `limit`. */
const differences = (recorded: unknown, sent: unknown, at: string, limit: number): ReadonlyArray<string> => {
  if (limit <= 0 || Object.is(recorded, sent)) return []
  const lines: Array<string> = []
  if (Array.isArray(recorded) && Array.isArray(sent)) {
    for (let index = 0; index < Math.max(recorded.length, sent.length); index++) {
      lines.push(...differences(recorded[index], sent[index], `${at}[${index}]`, limit - lines.length))
    }
    return lines
  }
  if (isObject(recorded) && isObject(sent)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(sent)])) {
      lines.push(...differences(recorded[key], sent[key], `${at}.${key}`, limit - lines.length))
    }
    return lines
  }
  return [`body${at}: recorded ${shown(recorded)}, sent ${shown(sent)}`]
}

const shown = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

/** The recording that is most like a request, and how it is not. */
export const nearest = (
  request: RecordedRequest,
  recordings: ReadonlyArray<{ readonly request: RecordedRequest; readonly used: boolean }>,
  matchers: ReadonlyArray<Matcher>
): ReadonlyArray<string> => {
  let best: { readonly score: number; readonly lines: ReadonlyArray<string> } | undefined
  for (const recording of recordings) {
    const wrong = matchers.filter((matcher) => !matcher.matches(request, recording.request))
    const lines = wrong.flatMap((matcher) => matcher.explain(request, recording.request))
    // The earlier matchers are the coarser ones: a difference there weighs more than many in the body.
    const weight = wrong.reduce((total, matcher) => total + 1000 / (1 + matchers.indexOf(matcher)), lines.length)
    const score = weight + (recording.used ? 0.5 : 0)
    if (best !== undefined && score >= best.score) continue
    best = { score, lines: wrong.length === 0 && recording.used ? ["it has been replayed already"] : lines }
  }
  return best?.lines ?? []
}
