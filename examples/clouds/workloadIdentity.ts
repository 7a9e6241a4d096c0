/**
 * Calls OpenAI and Anthropic without a key: a token of the platform is exchanged for a short-lived one. A stand-in on
 * this machine replaces the platform, the token endpoints and the APIs. Its tokens are valid for one call, to show the
 * renewal.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as AnthropicIdentity from "llmfx/anthropic/WorkloadIdentity"
import * as OpenAiIdentity from "llmfx/openai/WorkloadIdentity"
import { chat, message } from "./poem.ts"
import { completion, events, messageEvents, standIn } from "./standIn.ts"

const local = Effect.gen(function* () {
  let turn = 0
  let good = ""
  const url = yield* standIn(({ body, headers, url }) => {
    if (url.endsWith("/oauth/token")) {
      const { assertion, subject_token } = JSON.parse(body) as {
        readonly assertion?: string
        readonly subject_token?: string
      }
      if ((assertion ?? subject_token) !== "platform-token") return { status: 401, json: { error: "invalid_grant" } }
      good = `short-lived-${++turn}`
      return { json: { access_token: good, expires_in: 3600, token_type: "Bearer" } }
    }
    if (headers.authorization !== `Bearer ${good}`) {
      return { status: 401, json: { error: { type: "authentication_error", message: "The token is used up" } } }
    }
    const text = `Answered to ${good}`
    good = ""
    return url.startsWith("/v1/messages") ? events(...messageEvents(text)) : { json: completion(text) }
  })
  const platformToken = Effect.succeed(Redacted.make("platform-token"))
  const openAi = OpenAiIdentity.layer({
    identityProviderId: "idp_1",
    serviceAccountId: "sa_1",
    subjectToken: platformToken,
    tokenUrl: `${url}/oauth/token`,
    baseUrl: `${url}/v1`
  })
  const anthropic = AnthropicIdentity.layer({
    federationRuleId: "fdrl_1",
    organizationId: "org_1",
    identityToken: platformToken,
    baseUrl: url
  })
  yield* Effect.provide(Effect.andThen(chat("gpt-5.4-mini"), chat("gpt-5.4-mini")), openAi)
  yield* Effect.provide(Effect.andThen(message("claude-sonnet-5"), message("claude-sonnet-5")), anthropic)
})

await local.pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer), Effect.runPromise)
