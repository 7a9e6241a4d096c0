/**
 * Calls OpenAI on Azure, on both surfaces, with a key and with an Entra token. Set AZURE_OPENAI_ENDPOINT and
 * AZURE_OPENAI_API_KEY to call Azure; otherwise a stand-in on this machine answers.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as Azure from "llmfx/openai/Azure"
import { chat } from "./poem.ts"
import { completion, standIn } from "./standIn.ts"

const deployment = process.env["AZURE_OPENAI_DEPLOYMENT"] ?? "poet"

/** Looks like `new DefaultAzureCredential()`, and returns a token that the stand-in knows. */
const tokenCredential = {
  getToken: async (scope: string | Array<string>) => ({
    token: `entra-token-for-${String(scope)}`,
    expiresOnTimestamp: Date.now() + 3_600_000
  })
}

const local = Effect.gen(function* () {
  const endpoint = yield* standIn(({ headers, url }) => {
    const isKnown =
      headers["api-key"] === "azure-key-123" || headers.authorization === `Bearer entra-token-for-${Azure.scope}`
    return isKnown
      ? { json: completion(`Azure answers at ${url}`) }
      : { status: 401, json: { error: { code: "401", message: "Access denied due to invalid subscription key" } } }
  })
  const apiKey = Redacted.make("azure-key-123")
  yield* Effect.provide(chat(deployment), Azure.layer({ endpoint, apiKey }))
  yield* Effect.provide(chat(deployment), Azure.layer({ endpoint, apiKey, apiVersion: "2024-10-21" }))
  yield* Effect.provide(chat(deployment), Azure.layer({ endpoint, tokenProvider: tokenCredential }))
})

const remote = Effect.provide(chat(deployment), Azure.layerConfig())

await (process.env["AZURE_OPENAI_ENDPOINT"] === undefined ? local : remote).pipe(
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
