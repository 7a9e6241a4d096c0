/**
 * A server that answers with a model, as server-sent events. If the client leaves, the response's stream is interrupted,
 * and with it the request to the provider.
 *
 *     node scripts/run.mjs examples/server.ts
 */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { OpenAi } from "llmfx/openai"
import * as ResponseLanguageModel from "llmfx/openai/ResponseLanguageModel"
import * as NodeEmulator from "llmfx/testing/NodeEmulator"

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** `POST /ask` with `{ "question": "…" }`. */
const ask = Effect.gen(function* () {
  const { question } = yield* HttpServerRequest.schemaBodyJson(Schema.Struct({ question: Schema.String }))
  const model = yield* LanguageModel.LanguageModel
  const events = model.streamText({ prompt: question }).pipe(
    Stream.mapArray((parts) => {
      const texts = parts.map((part) => (part.type === "text-delta" ? event("text", part.delta) : ""))
      return [texts.join("")] as const
    }),
    Stream.filter((text) => text !== ""),
    // The status has been sent when an answer has begun, so what goes wrong later is an event.
    Stream.catch((error) => Stream.succeed(event("error", error.reason._tag))),
    Stream.encodeText
  )
  return HttpServerResponse.stream(events, { contentType: "text/event-stream" })
})

const app = HttpRouter.serve(HttpRouter.add("POST", "/ask", ask), { disableListenLog: true, disableLogger: true })

/** Asks the server, and leaves after some events if that is wanted. */
const question = (url: string, events = Number.POSITIVE_INFINITY) =>
  HttpClient.execute(
    HttpClientRequest.post(`${url}/ask`, { body: undefined }).pipe(
      HttpClientRequest.bodyJsonUnsafe({ question: "A story?" })
    )
  ).pipe(
    Effect.map(({ stream }) => Stream.splitLines(Stream.decodeText(stream))),
    Stream.unwrap,
    Stream.filter((line) => line.startsWith("data: ")),
    Stream.map((line) => String(JSON.parse(line.slice("data: ".length)))),
    Stream.take(events),
    Stream.mkString
  )

const program = Effect.gen(function* () {
  const provider = yield* NodeEmulator.serve({
    pace: "20 millis",
    replies: () => "Once upon a time there was a server that never said a word too much."
  })
  const model = ResponseLanguageModel.model("gpt-5.4-mini").pipe(
    Layer.provide(OpenAi.layer({ apiKey: Redacted.make("none"), baseUrl: provider.baseUrls.openai })),
    Layer.provide(FetchHttpClient.layer)
  )
  yield* Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const url = HttpServer.formatAddress(address)
    yield* Console.log(`whole: ${yield* question(url)}`)
    yield* Console.log(`left after: ${yield* question(url, 3)}`)
    yield* Effect.sleep("200 millis")
    yield* Console.log(`requests that the provider is still answering: ${provider.pending()}`)
  }).pipe(
    Effect.provide(
      app.pipe(
        Layer.provide(model),
        Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
        Layer.provideMerge(FetchHttpClient.layer)
      )
    )
  )
})

await Effect.runPromise(Effect.scoped(program))
