import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { importPeer } from "../../../src/internal/credentials/importPeer.ts"
import { failureOf } from "../../support/errors.ts"

it.effect("a package that is there is loaded", () =>
  Effect.gen(function* () {
    expect(yield* importPeer("fast-check", "This test")).toHaveProperty("assert")
  })
)

it.effect("a package that is absent is named, with the way to get it", () =>
  Effect.gen(function* () {
    const { message } = yield* failureOf(importPeer("@llmfx/is-not-installed", "This test"))
    expect(message).toBe(
      "This test needs the package @llmfx/is-not-installed, which is not installed: npm install @llmfx/is-not-installed"
    )
  })
)
