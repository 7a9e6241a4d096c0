import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as NodeAwsCredentials from "llmfx/credentials/NodeAwsCredentials"
import { vi } from "vitest"
import { failureOf } from "../support/errors.ts"
import { isInstalled } from "../support/isInstalled.ts"

const installed = isInstalled("@aws-sdk/credential-providers")

describe.skipIf(!installed)("the default chain of AWS", () => {
  let folder = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "llmfx-"))
    const file = join(folder, "credentials")
    writeFileSync(
      file,
      "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = d\n" +
        "[models]\naws_access_key_id = AKIDMODELS\naws_secret_access_key = m\naws_session_token = t\n"
    )
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"]) {
      vi.stubEnv(name, undefined)
    }
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file)
    vi.stubEnv("AWS_CONFIG_FILE", join(folder, "none"))
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true")
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  const keys = (profile?: string) =>
    Effect.flatMap(NodeAwsCredentials.defaultChain({ profile }), ({ get }) =>
      Effect.map(get, ({ accessKeyId, secretAccessKey, sessionToken }) => [
        accessKeyId,
        Redacted.value(secretAccessKey),
        sessionToken === undefined ? undefined : Redacted.value(sessionToken)
      ])
    )

  it.effect("reads the shared files", () =>
    Effect.gen(function* () {
      expect(yield* keys()).toEqual(["AKIDDEFAULT", "d", undefined])
      expect(yield* keys("models")).toEqual(["AKIDMODELS", "m", "t"])
    })
  )

  it.effect("takes keys of the environment first, whatever the profile", () =>
    Effect.gen(function* () {
      vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENV")
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "e")
      vi.stubEnv("AWS_PROFILE", "models")
      expect(yield* keys()).toEqual(["AKIDENV", "e", undefined])
    })
  )

  it.effect("fails if nothing is found", () =>
    Effect.gen(function* () {
      vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "none"))
      expect((yield* failureOf(keys())).message).toMatch(/^No AWS credentials: /)
    })
  )
})

it.effect.skipIf(installed)("without its package, the default chain of AWS names it", () =>
  Effect.gen(function* () {
    const { message } = yield* failureOf(NodeAwsCredentials.defaultChain())
    expect(message).toMatch(/npm install @aws-sdk\/credential-providers$/)
  })
)
