/** What the parts of the demo server have in common: requests, answers, and the words that it says. */

/** A request, as far as the server looks at it. */
export interface DemoRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: { readonly [name: string]: string | undefined }
  /** The JSON body; `{}` where there is none. */
  readonly body: { readonly [field: string]: unknown }
}

/** One server-sent event; `pause` is how long the server thinks before it, in milliseconds. */
export interface SentEvent {
  readonly event?: string
  readonly data: unknown
  readonly pause?: number
}

/** A JSON document or a stream of events. */
export type Answer =
  | {
      readonly status: number
      readonly headers?: { readonly [name: string]: string }
      readonly json: unknown
    }
  | { readonly events: ReadonlyArray<SentEvent> }

/** One of the three APIs. */
export interface Api {
  readonly requestIdHeader: string
  readonly answer: (request: DemoRequest) => Answer
  readonly unauthorized: Answer
  /** Refuses a request for a second. */
  readonly rateLimited: Answer
}

/** How long a refused client has to wait. */
export const retryAfter = { "retry-after": "1" }

const pause = 25

/** A text in pieces of about a token, each with its pause. */
const pieces = (text: string): ReadonlyArray<string> => text.match(/\s*\S{1,8}/g) ?? []

/** An event for each piece of a text. */
export const pieceEvents = (
  text: string,
  toEvent: (piece: string) => { readonly event?: string; readonly data: unknown }
): ReadonlyArray<SentEvent> => pieces(text).map((piece) => ({ ...toEvent(piece), pause }))

export const countTokens = (text: string): number => pieces(text).length

const sayings: ReadonlyArray<readonly [about: RegExp, saying: string]> = [
  [
    /effect/i,
    "Effect is a TypeScript library in which a program is a value: it says what it needs, what it gives, and how it can fail, before it runs."
  ],
  [
    /stream/i,
    "A stream hands over each token as soon as the model has it, so the reader can begin while the writer is still thinking, and may leave before the end."
  ],
  [/retry|patien/i, "Thank you for waiting."],
  [
    /story/i,
    "Once there was a client that trusted every connection to last. One day a cable was pulled in the middle of a sentence, and nobody ever heard how it went on."
  ]
]

/** What the server says to a question. It is no model: it knows a few words and repeats the rest. */
export const reply = (question: string): string =>
  sayings.find(([about]) => about.test(question))?.[1] ?? `You said: ${question}`

/** The text of a message's content, in either of the forms that the APIs take. */
const textOf = (content: unknown): string => {
  if (typeof content === "string") return content
  if (!Array.isArray(content)) return ""
  return content
    .map((part: unknown) =>
      typeof part === "object" && part !== null && "text" in part && typeof part.text === "string" ? part.text : ""
    )
    .join("")
}

/** The text of the last message. */
export const lastMessage = (messages: unknown): string => {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined
  return typeof last === "object" && last !== null && "content" in last ? textOf(last.content) : ""
}

/** The part of a list between `start` and `start + size`, and whether there is more. */
export const window = <A>(items: ReadonlyArray<A>, start: number, size: number) => {
  const page = items.slice(start, start + size)
  return { page, more: start + page.length < items.length }
}

/** A number in a query. */
export const numberIn = (query: URLSearchParams, name: string, fallback: number): number => {
  const value = Number(query.get(name) ?? fallback)
  return Number.isInteger(value) && value > 0 ? value : fallback
}
