import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Coze, type Options } from "../../../src/coze/Coze.ts"

/** Coze at a loopback server. */
export const cozeAt = (baseUrl: string, options?: Omit<Options, "baseUrl" | "platform">): Layer.Layer<Coze> =>
  cozeOver(FetchHttpClient.layer, baseUrl, options)

/** Coze over the given client. */
export const cozeOver = (
  http: Layer.Layer<HttpClient.HttpClient>,
  baseUrl = "http://coze.test",
  options?: Omit<Options, "baseUrl" | "platform">
): Layer.Layer<Coze> =>
  Layer.orDie(Coze.layer({ token: Redacted.make("pat_test"), baseUrl, ...options })).pipe(Layer.provide(http))
