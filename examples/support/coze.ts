/** Coze for the examples: the real platform where COZE_API_TOKEN is set, else small servers on 127.0.0.1. */
import process from "node:process"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { ConfigurationError } from "llmfx"
import { Coze, type Platform } from "llmfx/coze"
import { cozeServer } from "./cozeServer.ts"
import { demoServer } from "./demoServer.ts"

/** A variable of the environment, or what the small servers take. */
export const setting = (name: string, demo: string): string => {
  const value = process.env[name]?.trim()
  return value === undefined || value === "" ? demo : value
}

const isLive = setting("COZE_API_TOKEN", "") !== ""

type CozeLayer = Layer.Layer<Coze, ConfigurationError.ConfigurationError, HttpClient.HttpClient>

const layerAt = (baseUrl: string): CozeLayer => Coze.layer({ token: Redacted.make("demo-token"), baseUrl })

/** For examples that chat. */
export const chats: CozeLayer = isLive
  ? Coze.layerConfig()
  : Layer.unwrap(Effect.map(demoServer, (server) => layerAt(server.coze)))

/** For examples with files and datasets. */
export const resources: CozeLayer = isLive ? Coze.layerConfig() : Layer.unwrap(Effect.map(cozeServer, layerAt))

/** The OAuth app of the environment, or one that the small server knows. */
export const oauthApp = Effect.gen(function* () {
  const clientId = setting("COZE_CLIENT_ID", "")
  const platform: Platform = setting("COZE_PLATFORM", "com") === "cn" ? "cn" : "com"
  return clientId === "" ? { clientId: "demo-app", baseUrl: yield* cozeServer } : { clientId, platform }
})

/** Runs an example. A failure is told in one sentence, and Ctrl-C lets the program clean up. */
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
