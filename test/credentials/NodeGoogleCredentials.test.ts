import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as NodeGoogleCredentials from "llmfx/credentials/NodeGoogleCredentials"
import { vi } from "vitest"
import { failureOf } from "../support/errors.ts"
import { isInstalled } from "../support/isInstalled.ts"
import { json, loopback } from "../support/LoopbackServer.ts"

const installed = isInstalled("google-auth-library")

describe.skipIf(!installed)("the application-default credentials of Google", () => {
  /** Credentials of a workload whose token is exchanged at the given address. */
  const withExternalAccount = <A, E>(tokenUrl: string, use: Effect.Effect<A, E>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const folder = mkdtempSync(join(tmpdir(), "llmfx-"))
        writeFileSync(join(folder, "subject"), "subject-1")
        writeFileSync(
          join(folder, "adc.json"),
          JSON.stringify({
            type: "external_account",
            audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
            subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
            token_url: tokenUrl,
            credential_source: { file: join(folder, "subject") },
            quota_project_id: "quota-1"
          })
        )
        vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", join(folder, "adc.json"))
        vi.stubEnv("GOOGLE_CLOUD_PROJECT", "project-1")
        return folder
      }),
      () => use,
      (folder) =>
        Effect.sync(() => {
          vi.unstubAllEnvs()
          rmSync(folder, { recursive: true })
        })
    )

  it.live("keep a token, and find another one when it is refused", () =>
    Effect.gen(function* () {
      let turn = 0
      const server = yield* loopback((exchange) =>
        json({
          access_token: `token-${++turn}`,
          issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
          token_type: "Bearer",
          expires_in: 3600
        })(exchange)
      )
      const seen = yield* withExternalAccount(
        server.url,
        Effect.gen(function* () {
          const credential = yield* NodeGoogleCredentials.applicationDefault
          const first = yield* credential.get
          const again = yield* credential.get
          yield* credential.refresh?.(again) ?? Effect.die("no refresh")
          const tokens = [first, again, yield* credential.get].map(Redacted.value)
          return { tokens, projectId: credential.projectId, quotaProjectId: credential.quotaProjectId }
        })
      )
      expect(seen).toEqual({
        tokens: ["token-1", "token-1", "token-2"],
        projectId: "project-1",
        quotaProjectId: "quota-1"
      })
    }).pipe(Effect.scoped)
  )

  it.effect("fail if nothing is found", () =>
    Effect.gen(function* () {
      vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/adc.json")
      const { message } = yield* failureOf(NodeGoogleCredentials.applicationDefault)
      vi.unstubAllEnvs()
      expect(message).toMatch(/^No Google credentials: /)
    })
  )
})

it.effect.skipIf(installed)("without its package, the application-default credentials of Google name it", () =>
  Effect.gen(function* () {
    const { message } = yield* failureOf(NodeGoogleCredentials.applicationDefault)
    expect(message).toMatch(/npm install google-auth-library$/)
  })
)
