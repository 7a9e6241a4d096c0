/**
 * Calls Anthropic on Azure AI Foundry with a key. Set ANTHROPIC_FOUNDRY_RESOURCE and ANTHROPIC_FOUNDRY_API_KEY to call
 * Foundry; otherwise a stand-in on this machine answers.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as Foundry from "llmfx/anthropic/Foundry"
import { message } from "./poem.ts"
import { events, messageEvents, standIn } from "./standIn.ts"

const model = "claude-sonnet-5"

const local = Effect.gen(function* () {
  const url = yield* standIn(({ headers, url }) =>
    headers["x-api-key"] === "foundry-key-123"
      ? events(...messageEvents(`Foundry streams ${url}`))
      : { status: 401, json: { error: { code: "401", message: "Access denied due to invalid subscription key" } } }
  )
  const layer = Foundry.layer({ baseUrl: `${url}/anthropic`, apiKey: Redacted.make("foundry-key-123") })
  yield* Effect.provide(message(model), layer)
})

const remote = Effect.provide(message(model), Foundry.layerConfig())

await (process.env["ANTHROPIC_FOUNDRY_RESOURCE"] === undefined ? local : remote).pipe(
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
