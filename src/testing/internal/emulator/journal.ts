/** Lists requests and their outcomes, for assertions of tests in any language. */
import type { JsonObject } from "../../../internal/json/json.ts"
import * as Reply from "../../Reply.ts"
import { type Incoming, isFileField } from "./incoming.ts"

/** One request. Its headers are those that say what kind of request it is: never a credential. */
export interface Entry {
  /** Counts from 1; a request that the journal no longer has keeps its number. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly provider: string
  /** The id of the endpoint, such as `chat.completions.create:stream`. `null` if no endpoint matches. */
  readonly endpoint: string | null
  readonly method: string
  /** Below the provider's base URL. */
  readonly path: string
  readonly query: JsonObject
  readonly headers: { readonly [name: string]: string }
  /** The JSON as it was sent, or the fields of a form; files as their name, type and size. */
  readonly body: unknown
  readonly status: number
  /** The error that was the answer. */
  readonly error: unknown
}

export interface Journal {
  readonly add: (
    incoming: Incoming,
    made: Pick<Entry, "at" | "provider" | "endpoint" | "path">,
    reply: Reply.Reply
  ) => void
  readonly entries: () => ReadonlyArray<Entry>
  readonly clear: () => void
  /** Answers a request for the journal itself; `undefined` for any other. */
  readonly answer: (incoming: Incoming) => Reply.Reply | undefined
}

const journalPath = "/__llmfx/journal"

/** A long run keeps its last requests. */
const maxEntries = 1000
const maxBody = 1_000_000
const maxCharacters = 16_000_000

export const makeJournal = (): Journal => {
  const kept: Array<Entry> = []
  /** The length of each entry's body, and of all. */
  const sizes: Array<number> = []
  let total = 0
  let number = 0
  const clear = (): void => {
    kept.length = 0
    sizes.length = 0
    total = 0
  }
  return {
    add: (incoming, made, reply) => {
      const size = Math.min(incoming.text.length, maxBody)
      sizes.push(size)
      total += size
      kept.push({
        number: ++number,
        ...made,
        ...asked(incoming, made.path),
        status: reply.status,
        error: errorOf(reply)
      })
      while (kept.length > maxEntries || total > maxCharacters) {
        kept.shift()
        total -= sizes.shift() ?? 0
      }
    },
    entries: () => [...kept],
    clear,
    answer: ({ method, url }) => {
      if (url.pathname !== journalPath) return undefined
      switch (method) {
        case "GET":
          return Reply.json({ object: "list", data: kept })
        case "DELETE":
          clear()
          return Reply.empty()
        default:
          return Reply.text("The journal has GET and DELETE", { status: 405, headers: { allow: "GET, DELETE" } })
      }
    }
  }
}

const harmless =
  /^(accept|content-type|user-agent|openai-beta|anthropic-(beta|version)|idempotency-key|x-stainless-.*)$/

const asked = (incoming: Incoming, path: string): Pick<Entry, "method" | "query" | "headers" | "body"> => ({
  method: incoming.method,
  query: incoming.query,
  headers: Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => harmless.test(name))),
  body: bodyOf(incoming, /\/oauth2\//.test(path))
})

const bodyOf = ({ body, isOther, text }: Incoming, isAuth: boolean): unknown => {
  if (text.length > maxBody) return { omitted: `${text.length} characters` }
  if (isAuth) return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, isOpen(name) ? value : "…"]))
  const given = isOther ? body["body"] : body
  return JSON.parse(
    JSON.stringify(given, (_, value: unknown) =>
      isFileField(value) ? { name: value.name, type: value.type, bytes: value.bytes.length } : value
    ) ?? "null"
  )
}

/** Whether a field of a token request is safe to show. */
const isOpen = (name: string): boolean => /^(grant_type|client_id|redirect_uri|scope|duration_seconds)$/.test(name)

const errorOf = ({ body, status }: Reply.Reply): unknown => {
  if (status < 400 || typeof body !== "string") return null
  try {
    const json: unknown = JSON.parse(body)
    return typeof json === "object" && json !== null && "error" in json ? json.error : json
  } catch {
    return body.slice(0, 1000)
  }
}
