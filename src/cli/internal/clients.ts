/** Clients of the providers and of the clouds that serve their models, from the environment. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type { Anthropic } from "../../anthropic/Anthropic.ts"
import type { ConfigurationError } from "../../ConfigurationError.ts"
import type { Coze } from "../../coze/Coze.ts"
import type { CredentialError } from "../../credentials/Credential.ts"
import type { OpenAi } from "../../openai/OpenAi.ts"

/** Clouds that serve models of several providers. */
export const clouds = ["azure", "bedrock", "vertex", "foundry"] as const

export type Cloud = (typeof clouds)[number]

/** The server that requests go to. */
export interface Place {
  readonly cloud: Cloud | undefined
  /** Replaces the address of the provider or cloud. */
  readonly baseUrl: string | undefined
}

export type Client<R> = Layer.Layer<R, ConfigurationError | CredentialError>

/** Makes the clients of a provider, by cloud. Each loads only what it needs. */
export interface Clients<R> {
  readonly own: (baseUrl: string | undefined) => Promise<Client<R>>
  readonly clouds: { readonly [C in Cloud]?: (baseUrl: string | undefined) => Promise<Client<R>> }
}

const overFetch = <R, E>(layer: Layer.Layer<R, E, HttpClient.HttpClient>): Layer.Layer<R, E> =>
  Layer.provide(layer, FetchHttpClient.layer)

/** Access keys from the environment, or else from AWS's other places. */
const awsCredentials = async () => {
  if (process.env["AWS_BEARER_TOKEN_BEDROCK"] || process.env["AWS_ACCESS_KEY_ID"]) return Effect.succeed(undefined)
  const { defaultChain } = await import("../../credentials/NodeAwsCredentials.ts")
  return defaultChain()
}

const googleCredential = async () => {
  const { applicationDefault } = await import("../../credentials/NodeGoogleCredentials.ts")
  return applicationDefault
}

export const openAiClients: Clients<OpenAi> = {
  own: async (baseUrl) => overFetch((await import("../../openai/OpenAi.ts")).OpenAi.layerConfig({ baseUrl })),
  clouds: {
    azure: async (baseUrl) => overFetch((await import("../../openai/Azure.ts")).layerConfig({ baseUrl })),
    bedrock: async (baseUrl) => {
      const [{ layerConfig }, credentials] = await Promise.all([import("../../openai/Bedrock.ts"), awsCredentials()])
      return overFetch(Layer.unwrap(Effect.map(credentials, (credentials) => layerConfig({ baseUrl, credentials }))))
    },
    vertex: async (baseUrl) => {
      const [{ layerConfig }, credential] = await Promise.all([import("../../openai/Vertex.ts"), googleCredential()])
      return overFetch(Layer.unwrap(Effect.map(credential, (credential) => layerConfig({ baseUrl, credential }))))
    }
  }
}

export const anthropicClients: Clients<Anthropic> = {
  own: async (baseUrl) => overFetch((await import("../../anthropic/Anthropic.ts")).Anthropic.layerConfig({ baseUrl })),
  clouds: {
    bedrock: async (baseUrl) => {
      const [{ layerConfig }, credentials] = await Promise.all([import("../../anthropic/Bedrock.ts"), awsCredentials()])
      return overFetch(Layer.unwrap(Effect.map(credentials, (credentials) => layerConfig({ baseUrl, credentials }))))
    },
    vertex: async (baseUrl) => {
      const [{ layerConfig }, credential] = await Promise.all([import("../../anthropic/Vertex.ts"), googleCredential()])
      return overFetch(Layer.unwrap(Effect.map(credential, (credential) => layerConfig({ baseUrl, credential }))))
    },
    foundry: async (baseUrl) => overFetch((await import("../../anthropic/Foundry.ts")).layerConfig({ baseUrl }))
  }
}

export const cozeClients: Clients<Coze> = {
  own: async (baseUrl) => overFetch((await import("../../coze/Coze.ts")).Coze.layerConfig({ baseUrl })),
  clouds: {}
}
