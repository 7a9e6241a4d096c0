/**
 * A stand-in for an API on 127.0.0.1, so that the examples run without a key: each of them says what it answers. With
 * OPENAI_API_KEY or ANTHROPIC_API_KEY set, the example talks to the real API instead.
 */
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import process from "node:process"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Anthropic } from "llmfx/anthropic"
import { OpenAi } from "llmfx/openai"

export interface StandInRequest {
  readonly method: string
  /** Without the base URL, with its query. */
  readonly path: string
  readonly text: string
  /** The JSON body; `{}` where there is none. */
  readonly body: { readonly [field: string]: unknown }
}

/** A JSON document, a text, or a stream of events. */
export type StandInAnswer =
  | { readonly json: unknown; readonly status?: number; readonly headers?: { readonly [name: string]: string } }
  | { readonly text: string }
  | { readonly events: ReadonlyArray<unknown>; readonly breaks?: boolean }

export type Answers = (request: StandInRequest) => StandInAnswer

/** Starts a stand-in; gives its URL. */
const standIn = (answers: Answers): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer(async (incoming, response) => {
          const chunks: Array<Uint8Array> = []
          for await (const chunk of incoming) chunks.push(chunk)
          const text = Buffer.concat(chunks).toString("utf8")
          const request = { method: incoming.method ?? "GET", path: incoming.url ?? "/", text, body: objectIn(text) }
          write(response, answers(request))
        })
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        return server
      }),
      (server) =>
        Effect.promise(() => {
          server.closeAllConnections()
          return new Promise<void>((resolve) => server.close(() => resolve()))
        })
    ),
    (server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
    }
  )

const objectIn = (text: string): StandInRequest["body"] => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === "object" && json !== null ? (json as StandInRequest["body"]) : {}
  } catch {
    return {}
  }
}

const write = (response: ServerResponse, answer: StandInAnswer): void => {
  if ("json" in answer) {
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers })
    response.end(JSON.stringify(answer.json))
  } else if ("text" in answer) {
    response.writeHead(200, { "content-type": "text/plain" }).end(answer.text)
  } else {
    response.writeHead(200, { "content-type": "text/event-stream" })
    for (const event of answer.events) {
      response.write(`data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`)
    }
    if (answer.breaks === true) setTimeout(() => response.destroy(), 50)
    else response.end()
  }
}

/** OpenAI, or a stand-in that gives these answers. */
export const openAi = (answers: Answers): Layer.Layer<OpenAi> =>
  Layer.orDie(
    process.env["OPENAI_API_KEY"] === undefined
      ? Layer.unwrap(
          Effect.map(standIn(answers), (baseUrl) => OpenAi.layer({ apiKey: Redacted.make("none"), baseUrl }))
        )
      : OpenAi.layerConfig()
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** Anthropic, or a stand-in that gives these answers. */
export const anthropic = (answers: Answers): Layer.Layer<Anthropic> =>
  Layer.orDie(
    process.env["ANTHROPIC_API_KEY"] === undefined
      ? Layer.unwrap(
          Effect.map(standIn(answers), (baseUrl) => Anthropic.layer({ apiKey: Redacted.make("none"), baseUrl }))
        )
      : Anthropic.layerConfig()
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** The chunks of a chat completion with this text. */
export const chatChunks = (...pieces: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  const common = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-5.4-mini" }
  const choice = (delta: object, finish_reason: string | null) => ({
    ...common,
    choices: [{ index: 0, delta, finish_reason }]
  })
  return [
    choice({ role: "assistant", content: "" }, null),
    ...pieces.map((content) => choice({ content }, null)),
    choice({}, "stop"),
    {
      ...common,
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: pieces.length, total_tokens: 9 + pieces.length }
    },
    "[DONE]"
  ]
}

/** A chat completion with this message. */
export const chatCompletion = (message: object, finish_reason = "stop"): unknown => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-5.4-mini",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: null, refusal: null, ...message },
      logprobs: null,
      finish_reason
    }
  ],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
})
