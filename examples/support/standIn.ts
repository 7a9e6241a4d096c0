/**
 * The APIs for the examples: the emulator in this process, so they run without a key. Set OPENAI_API_KEY or
 * ANTHROPIC_API_KEY to talk to the real API instead.
 */
import process from "node:process"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Anthropic } from "llmfx/anthropic"
import { OpenAi } from "llmfx/openai"
import { Emulator } from "llmfx/testing"

const apiKey = Redacted.make("none")

/** OpenAI, or an emulator with these options. */
export const openAi = (options?: Emulator.Options): Layer.Layer<OpenAi> =>
  Layer.orDie(
    process.env["OPENAI_API_KEY"] === undefined
      ? Layer.provide(OpenAi.layer({ apiKey }), Emulator.layer({ ...options, providers: ["openai"] }))
      : Layer.provide(OpenAi.layerConfig(), FetchHttpClient.layer)
  )

/** Anthropic, or an emulator with these options. */
export const anthropic = (options?: Emulator.Options): Layer.Layer<Anthropic> =>
  Layer.orDie(
    process.env["ANTHROPIC_API_KEY"] === undefined
      ? Layer.provide(Anthropic.layer({ apiKey }), Emulator.layer({ ...options, providers: ["anthropic"] }))
      : Layer.provide(Anthropic.layerConfig(), FetchHttpClient.layer)
  )
