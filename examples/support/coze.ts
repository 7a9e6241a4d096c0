/** Coze for the examples: the real platform if COZE_API_TOKEN is set, otherwise the emulator in this process. */
import process from "node:process"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { ApiError, ConfigurationError } from "llmfx"
import { Coze, Datasets, DatasetsDocuments, type Platform } from "llmfx/coze"
import { Emulator } from "llmfx/testing"
import { cozeServer } from "./cozeServer.ts"

/** Returns a variable of the environment, or a value that the emulator accepts. */
export const setting = (name: string, demo: string): string => {
  const value = process.env[name]?.trim()
  return value === undefined || value === "" ? demo : value
}

const isLive = setting("COZE_API_TOKEN", "") !== ""

type CozeLayer = Layer.Layer<Coze, ConfigurationError.ConfigurationError, HttpClient.HttpClient>

/** The platform, or the emulator. */
export const coze: CozeLayer = isLive
  ? Coze.layerConfig()
  : Layer.provide(
      Coze.layer({ token: Redacted.make("demo-token"), platform: "com" }),
      Emulator.layer({ providers: ["coze"], pace: "20 millis" })
    )

const names = ["Menu.pdf", "Opening hours.txt", "Allergens.xlsx", "Wine list.pdf", "Directions.txt"]

/** The dataset in the environment, or a new one in the emulator. */
export const dataset: Effect.Effect<string, ApiError.ApiError, Coze> = Effect.gen(function* () {
  const given = setting("COZE_DATASET_ID", "")
  if (given !== "") return given
  const { dataset_id } = yield* Datasets.create({ name: "The restaurant", space_id: "1", format_type: 0 })
  yield* DatasetsDocuments.create({
    dataset_id,
    document_bases: names.map((name) => ({
      name,
      source_info: { file_type: name.split(".").at(-1), file_base64: btoa(`What ${name} says`) }
    }))
  })
  return dataset_id
})

/** The OAuth app in the environment, or one that the small server knows. */
export const oauthApp = Effect.gen(function* () {
  const clientId = setting("COZE_CLIENT_ID", "")
  const platform: Platform = setting("COZE_PLATFORM", "com") === "cn" ? "cn" : "com"
  return clientId === "" ? { clientId: "demo-app", baseUrl: yield* cozeServer } : { clientId, platform }
})

/** Runs an example. Prints a failure as one sentence, and lets the program clean up on Ctrl-C. */
export const runExample = (program: Effect.Effect<void, { readonly message: string }, HttpClient.HttpClient>): void => {
  const told = Effect.catch(program, ({ message }) =>
    Effect.sync(() => {
      console.error(message)
      process.exitCode = 1
    })
  )
  const controller = new AbortController()
  process.once("SIGINT", () => controller.abort())
  void Effect.runPromiseExit(Effect.provide(told, FetchHttpClient.layer), { signal: controller.signal })
}
