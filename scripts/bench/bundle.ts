import { build, type Plugin } from "esbuild"
import type { Row } from "./measure.ts"
import { root } from "./paths.ts"

/** The place to bundle programs in: a folder in which `effect` is installed, and what resolves other imports. */
interface Place {
  readonly resolveDir: string
  readonly plugins?: Array<Plugin>
}

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

const withCall = (imports: string): string => `${base}
${imports}
main(
  ChatCompletions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] }).pipe(
    Effect.provide(OpenAi.layerConfig())
  )
)`

const fromProvider = withCall(`import { ChatCompletions, OpenAi } from "llmfx/openai"`)

const fromResources = withCall(`
import * as ChatCompletions from "llmfx/openai/ChatCompletions"
import { OpenAi } from "llmfx/openai/OpenAi"`)

const withSdk = `
import OpenAI from "openai"
new OpenAI().chat.completions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] })`

const kilobytes = async (contents: string, { plugins = [], resolveDir }: Place): Promise<number> => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: "ts" },
    plugins,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    logLevel: "error"
  })
  return (outputFiles[0]?.contents.length ?? 0) / 1024
}

/** Returns how many kilobytes one call adds to a minified program that uses Effect already. */
export const oneCall = async (place: Place): Promise<{ readonly provider: number; readonly resource: number }> => {
  const effect = await kilobytes(`${base}\nmain(Effect.void)`, place)
  return {
    provider: (await kilobytes(fromProvider, place)) - effect,
    resource: (await kilobytes(fromResources, place)) - effect
  }
}

/** Bundles and minifies a program that makes one call. */
export const benchBundle = async (): Promise<ReadonlyArray<Row>> => {
  const place = { resolveDir: root }
  const { provider, resource } = await oneCall(place)
  const sdk = await kilobytes(withSdk, place)
  const row = (what: string, added: number): Row => ({
    what,
    measured: `${added.toFixed(0)} KB`,
    bar: "≤ 75 KB",
    holds: added <= 75
  })
  return [
    row(
      `bundle of one call from llmfx/openai, on top of Effect (the official SDK adds ${sdk.toFixed(0)} KB)`,
      provider
    ),
    row("bundle of one call from llmfx/openai/ChatCompletions, on top of Effect", resource)
  ]
}
