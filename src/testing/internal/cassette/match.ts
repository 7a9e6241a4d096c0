/** Which recording answers a request, and why none does. */

import { isObject } from "../../../internal/json/json.ts"
import type { Body, RecordedRequest } from "./format.ts"

/** Whether a part of a request is the same as in a recording. Both are without secrets. */
export interface Matcher {
  readonly name: string
  readonly matches: (request: RecordedRequest, recorded: RecordedRequest) => boolean
  /** What is different, in lines. */
  readonly explain: (request: RecordedRequest, recorded: RecordedRequest) => ReadonlyArray<string>
}

/** A part that is the same where its text is. */
const byText = (name: string, textOf: (request: RecordedRequest) => string): Matcher => ({
  name,
  matches: (request, recorded) => textOf(request) === textOf(recorded),
  explain: (request, recorded) => [`${name}: recorded ${textOf(recorded)}, sent ${textOf(request)}`]
})

export const method: Matcher = byText("method", (request) => request.method.toUpperCase())

export const path: Matcher = byText("path", ({ url }) => new URL(url).pathname)

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

/** The body, where the order of properties and the encoding of forms do not count. */
export const body: Matcher = {
  name: "body",
  matches: (request, recorded) => differences(plain(recorded.body), plain(request.body), "", 1).length === 0,
  explain: (request, recorded) => differences(plain(recorded.body), plain(request.body), "", maxLines)
}

const maxLines = 8

const plain = (body: Body | undefined): unknown => {
  if (body === undefined) return undefined
  if ("json" in body) return body.json
  if ("form" in body) return body.form
  return "text" in body ? parsed(body.text) : body.base64
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
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
