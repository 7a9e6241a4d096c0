import { build } from "esbuild"
import type { Row } from "./measure.ts"
import { root } from "./paths.ts"

const base = `
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Schema from "effect/Schema"
const Answer = Schema.Struct({ name: Schema.String })
const program = Effect.gen(function*() {
  const client = yield* HttpClient.HttpClient
  const request = HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post("http://localhost"), { name: "n" })
  const response = yield* client.execute(request)
  return yield* HttpClientResponse.schemaJson(Schema.Struct({ body: Answer }))(response)
})
export const main = (other: Effect.Effect<unknown, unknown, HttpClient.HttpClient>) =>
  Effect.runPromise(Effect.andThen(program, other).pipe(Effect.provide(FetchHttpClient.layer)))
`

const withCall = `${base}
import { ChatCompletions, OpenAi } from "llmfx/openai"
main(
  ChatCompletions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] }).pipe(
    Effect.provide(OpenAi.layerConfig())
  )
)`

const withSdk = `
import OpenAI from "openai"
new OpenAI().chat.completions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] })`

const kilobytes = async (contents: string): Promise<number> => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    logLevel: "error"
  })
  return (outputFiles[0]?.contents.length ?? 0) / 1024
}

/** A program that makes one call, minified. */
export const benchBundle = async (): Promise<ReadonlyArray<Row>> => {
  const added = (await kilobytes(withCall)) - (await kilobytes(`${base}\nmain(Effect.void)`))
  const sdk = await kilobytes(withSdk)
  return [
    {
      what: `bundle of one call, on top of Effect (the official SDK adds ${sdk.toFixed(0)} KB)`,
      measured: `${added.toFixed(0)} KB`,
      bar: "≤ 25 KB",
      holds: added <= 25
    }
  ]
}
