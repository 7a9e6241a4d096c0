import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Anthropic as Official } from "@anthropic-ai/sdk"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type Anthropic, BetaMessages, Messages, Models } from "llmfx/anthropic"
import * as WorkloadIdentity from "llmfx/anthropic/WorkloadIdentity"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { message } from "../support/message.ts"
import { tokenServer } from "../support/tokenServer.ts"

const hi = { model: "claude-sonnet-5", max_tokens: 16, messages: [{ role: "user" as const, content: "hi" }] }
const exchange = {
  federationRuleId: "fdrl_1",
  organizationId: "org_1",
  identityToken: Effect.succeed(Redacted.make("identity-1"))
}
const ok = () => ({ status: 200, body: { ...message, data: [] } })

/** Returns what the official client sends if it has to exchange a token first. */
const official = async (
  settings: { readonly service_account_id?: string; readonly workspace_id?: string },
  betas: ReadonlyArray<string>
) => {
  const folder = mkdtempSync(join(tmpdir(), "llmfx-"))
  const file = join(folder, "token")
  writeFileSync(file, "identity-1\n")
  const sent: Array<{ readonly url: string; readonly body: unknown; readonly headers: object }> = []
  const client = new Official({
    config: {
      organization_id: "org_1",
      ...(settings.workspace_id === undefined ? {} : { workspace_id: settings.workspace_id }),
      authentication: {
        type: "oidc_federation",
        federation_rule_id: "fdrl_1",
        ...(settings.service_account_id === undefined ? {} : { service_account_id: settings.service_account_id }),
        identity_token: { source: "file", path: file }
      }
    },
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers)
      sent.push({
        url: String(input).replace("?beta=true", ""),
        body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
        headers: meaningful(Object.fromEntries(headers))
      })
      const token = String(input).endsWith("/oauth/token")
      return Response.json(token ? { access_token: "token-1", expires_in: 3600, token_type: "Bearer" } : message)
    }
  })
  await (betas.length === 0 ? client.messages.create(hi) : client.beta.messages.create({ ...hi, betas: [...betas] }))
  rmSync(folder, { recursive: true })
  return sent
}

const meaningful = (headers: { readonly [name: string]: string }) =>
  Object.fromEntries(
    ["authorization", "anthropic-beta", "anthropic-version", "anthropic-workspace-id", "content-type", "x-api-key"].map(
      (name) => [name, headers[name]]
    )
  )

describe("Anthropic workload identity", () => {
  const cases = [
    ["alone", {}, {}, []],
    [
      "with a service account and a workspace",
      { service_account_id: "svac_1", workspace_id: "wrkspc_1" },
      { serviceAccountId: "svac_1", workspaceId: "wrkspc_1" },
      []
    ],
    ["with betas of the call's own", {}, {}, ["a-2025-01-01", "b-2025-02-02"]]
  ] as const
  for (const [name, theirs, ours, betas] of cases) {
    it.effect(`exchanges and calls as the official client does: ${name}`, () =>
      Effect.gen(function* () {
        const expected = yield* Effect.promise(() => official(theirs, betas))
        const server = tokenServer(ok)
        const call = betas.length === 0 ? Messages.create(hi) : BetaMessages.create({ ...hi, betas: [...betas] })
        yield* Effect.provide(
          call as Effect.Effect<unknown, unknown, Anthropic>,
          Layer.provide(WorkloadIdentity.layer({ ...exchange, ...ours }), server.layer)
        )
        const sent = server.sent.map(({ body, headers, url }) => ({
          url: url.replace("?beta=true", ""),
          body,
          headers: meaningful(headers)
        }))
        expect(sent).toEqual(expected)
      })
    )
  }

  it.effect("does not repeat the beta that the call has already", () =>
    Effect.gen(function* () {
      const server = tokenServer(ok)
      const layer = Layer.provide(WorkloadIdentity.layer(exchange), server.layer)
      yield* Effect.provide(BetaMessages.create({ ...hi, betas: ["oauth-2025-04-20"] }), layer)
      expect(server.sent[1]?.headers["anthropic-beta"]).toBe("oauth-2025-04-20")
    })
  )

  it.effect("exchanges again and sends the call once more when the token is refused", () =>
    Effect.gen(function* () {
      const server = tokenServer(({ authorization }) =>
        authorization === "Bearer token-1"
          ? { status: 401, body: { type: "error", error: { type: "authentication_error", message: "expired" } } }
          : ok()
      )
      yield* Effect.provide(Messages.create(hi), Layer.provide(WorkloadIdentity.layer(exchange), server.layer))
      expect(server.calls()).toEqual(["token-1", "token-2"])
    })
  )

  it.effect.each<readonly [string, WorkloadIdentity.Options, RegExp]>([
    ["over an unsafe connection", { ...exchange, baseUrl: "http://api.example" }, /no https address/],
    [
      "that is too long",
      { ...exchange, identityToken: Effect.succeed(Redacted.make("x".repeat(16 * 1024 + 1))) },
      /16385 characters/
    ]
  ])("sends no identity token %s", ([, options, why]) =>
    Effect.gen(function* () {
      const server = tokenServer(ok)
      const error = yield* failureOf(
        Effect.provide(Models.list.page(), Layer.provide(WorkloadIdentity.layer(options), server.layer))
      )
      expect(reasonOf(apiError(error), "AuthenticationError").message).toMatch(why)
      expect(server.sent).toEqual([])
    })
  )

  describe("configuration", () => {
    const files = FileSystem.layerNoop({ readFileString: (path) => Effect.succeed(`content of ${path}`) })
    const run = (env: object, overrides?: WorkloadIdentity.Overrides) =>
      Effect.gen(function* () {
        const server = tokenServer(ok)
        yield* Messages.create(hi).pipe(
          Effect.provide(Layer.provide(WorkloadIdentity.layerConfig(overrides), Layer.merge(server.layer, files))),
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env))
        )
        return server.sent[0]
      })

    const env = {
      ANTHROPIC_FEDERATION_RULE_ID: "fdrl_env",
      ANTHROPIC_ORGANIZATION_ID: "org_env",
      ANTHROPIC_IDENTITY_TOKEN_FILE: "/token",
      ANTHROPIC_IDENTITY_TOKEN: "value-1",
      ANTHROPIC_BASE_URL: "https://gateway.example/claude"
    }

    it.effect("comes from the environment", () =>
      Effect.gen(function* () {
        const sent = yield* run(env)
        expect(sent?.url).toBe("https://gateway.example/claude/v1/oauth/token")
        expect(sent?.body).toMatchObject({ federation_rule_id: "fdrl_env", organization_id: "org_env" })
      })
    )

    it.effect("comes from the options if they are set", () =>
      Effect.gen(function* () {
        const sent = yield* run(env, { organizationId: "org_own" })
        expect(sent?.body).toMatchObject({ federation_rule_id: "fdrl_env", organization_id: "org_own" })
      })
    )

    it.effect("reads the token from its file before it takes the variable with a token", () =>
      Effect.gen(function* () {
        const file = yield* run(env)
        expect(file?.body).toMatchObject({ assertion: "content of /token" })
        const value = yield* run({ ...env, ANTHROPIC_IDENTITY_TOKEN_FILE: "" })
        expect(value?.body).toMatchObject({ assertion: "value-1" })
      })
    )

    it.effect("says everything that is missing", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(run({}))
        expect(error).toMatchObject({ _tag: "ConfigurationError" })
        expect("problems" in error ? error.problems : []).toHaveLength(3)
      })
    )
  })
})
