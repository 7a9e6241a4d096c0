/**
 * The emulator on 127.0.0.1, with answers, lists and faults. A request with `fault=rate-limit` in its query is refused
 * once for each address, with 429 and `retry-after: 1`. With `fault=drop`, the connection breaks in the middle of the
 * stream.
 */
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { FileSource, RequestOptions } from "llmfx"
import { Conversations, Coze } from "llmfx/coze"
import { Files, OpenAi } from "llmfx/openai"
import { type Emulator, Faults } from "llmfx/testing"
import * as NodeEmulator from "llmfx/testing/NodeEmulator"

/** Base URLs for the three layers. Any key or token is accepted. */
export type DemoServer = NodeEmulator.Server["baseUrls"]

/** Makes the requests of a program meet a fault on this server. */
export const withFault = (fault: "rate-limit" | "drop") => RequestOptions.withQuery({ fault })

const faults: Faults.Plan = ({ attempt, url }) => {
  switch (new URL(url).searchParams.get("fault")) {
    case "rate-limit":
      return attempt === 1 ? Faults.rateLimit({ retryAfter: "1 second" }) : undefined
    case "drop":
      return Faults.dropAfterEvents(18)
    default:
      return undefined
  }
}

const sayings: ReadonlyArray<readonly [about: RegExp, saying: string]> = [
  [
    /effect/i,
    "Effect is a TypeScript library in which a program is a value: it says what it needs, what it gives, and how it can fail, before it runs."
  ],
  [
    /stream/i,
    "A stream hands over each token as soon as the model has it, so the reader can begin while the writer is still thinking, and may leave before the end."
  ],
  [
    /story/i,
    "Once there was a client that trusted every connection to last. One day a cable was pulled in the middle of a sentence, and nobody ever heard how it went on."
  ]
]

/** Not a model: it knows a few words and repeats the rest. */
const reply = ({ messages }: Emulator.ChatRequest): string => {
  const question = messages.at(-1)?.text ?? ""
  return sayings.find(([about]) => about.test(question))?.[1] ?? `You said: ${question}`
}

/** Files are listed newest first. */
const fileNames = ["map.png", "notes.txt", "letters.jsonl", "manual.pdf", "prices.csv"]
const conversationNames = [
  "Opening hours",
  "A late parcel",
  "Vegetarian dishes",
  "A table for six",
  "Lost and found",
  "Thanks"
]

/** Creates what the demo lists. */
const fill = Effect.all([
  Effect.forEach(fileNames, (name) =>
    Files.create({ purpose: "user_data", file: FileSource.fromText(`The content of ${name}`, { name }) })
  ),
  Effect.forEach(conversationNames, (name) => Conversations.create({ name }))
])

/** Starts the server on a free port. It stops with its scope and closes all connections. */
export const demoServer: Effect.Effect<DemoServer, never, Scope.Scope | HttpClient.HttpClient> = Effect.gen(
  function* () {
    const { baseUrls } = yield* NodeEmulator.serve({ replies: reply, pace: "20 millis", faults })
    const key = Redacted.make("demo-key")
    yield* Effect.provide(
      fill,
      Layer.mergeAll(
        OpenAi.layer({ apiKey: key, baseUrl: baseUrls.openai }),
        Coze.layer({ token: key, baseUrl: baseUrls.coze })
      )
    )
    return baseUrls
  }
).pipe(Effect.orDie)
