import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { RequestOptions } from "llmfx"
import { Anthropic, BetaAgents } from "llmfx/anthropic"
import { fakeHttp } from "../support/FakeHttp.ts"

const page = { body: { data: [], next_page: null } }

const betasOf = (program: Effect.Effect<unknown, unknown, Anthropic>) =>
  Effect.gen(function* () {
    const http = fakeHttp(page)
    const layer = Anthropic.layer({
      apiKey: Redacted.make("test-key"),
      headers: { "anthropic-beta": "oauth-2025-04-20, shared-1" }
    })
    yield* program.pipe(Effect.provide(Layer.provide(layer, http.layer)))
    return http.sent[0]?.headers["anthropic-beta"]
  })

it.effect("joins the betas of a call, its endpoint and the layer, each once", () =>
  Effect.gen(function* () {
    const betas = yield* betasOf(BetaAgents.list.page({ betas: ["files-api-2025-04-14", "shared-1"] }))
    assert.strictEqual(betas, "oauth-2025-04-20,shared-1,files-api-2025-04-14,managed-agents-2026-04-01")
  })
)

it.effect("sends no betas at all if the options remove the header", () =>
  Effect.gen(function* () {
    const betas = yield* betasOf(
      BetaAgents.list
        .page({ betas: ["files-api-2025-04-14"] })
        .pipe(RequestOptions.withHeaders({ "anthropic-beta": null }))
    )
    assert.isUndefined(betas)
  })
)
