/**
 * Tokens that prove the identity of a workload, to exchange in `openai/WorkloadIdentity` or
 * `anthropic/WorkloadIdentity`.
 *
 * Any Effect that returns a token works as well. It runs for every exchange.
 *
 * @example
 * ```ts
 * import * as IdentityToken from "llmfx/credentials/IdentityToken"
 *
 * const inKubernetes = IdentityToken.fromFile()
 * const onGoogle = IdentityToken.googleIdToken("https://api.anthropic.com")
 * ```
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import { requestText } from "../internal/credentials/tokenRequest.ts"
import { isObject, parseJson } from "../internal/json/json.ts"
import { CredentialError } from "./Credential.ts"

/**
 * A token that proves a workload's identity.
 *
 * @category models
 */
export type IdentityToken<R = never> = Effect.Effect<Redacted.Redacted, CredentialError, R>

/**
 * The path of a pod's service account token in Kubernetes.
 *
 * @category constants
 */
export const kubernetesPath = "/var/run/secrets/kubernetes.io/serviceaccount/token"

/**
 * Reads a file each time, because such files are rotated.
 *
 * @category constructors
 */
export const fromFile = (path: string = kubernetesPath): IdentityToken<FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    files.readFileString(path).pipe(
      Effect.mapError(() => new CredentialError({ message: `The identity token file ${path} cannot be read` })),
      Effect.flatMap((text) => nonEmpty(text, `The identity token file ${path} is empty`))
    )
  )

/**
 * Reads an environment variable each time.
 *
 * @category constructors
 */
export const fromEnvironment = (name: string): IdentityToken =>
  Effect.suspend(() => Config.String(name)).pipe(
    Effect.mapError(() => new CredentialError({ message: `The environment variable ${name} is not set` })),
    Effect.flatMap((text) => nonEmpty(text, `The environment variable ${name} is empty`))
  )

/**
 * Uses the managed identity of a machine on Azure. If there are several, one of the ids selects the identity.
 *
 * @category constructors
 */
export const azureManagedIdentity = (options?: {
  /** Default: `https://management.azure.com/`. */
  readonly resource?: string | undefined
  readonly objectId?: string | undefined
  readonly clientId?: string | undefined
  readonly resourceId?: string | undefined
}): IdentityToken<HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (http) => {
    const { clientId, objectId, resource = "https://management.azure.com/", resourceId } = options ?? {}
    const url = new URL("http://169.254.169.254/metadata/identity/oauth2/token")
    const parameters = {
      "api-version": "2018-02-01",
      resource,
      object_id: objectId,
      client_id: clientId,
      msi_res_id: resourceId
    }
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    const request = HttpClientRequest.get(url).pipe(HttpClientRequest.setHeader("metadata", "true"))
    return Effect.flatMap(requestText({ http, from: azure, isLocal: true, request }), (text) =>
      nonEmpty(accessTokenIn(text), `${azure} answered without a token`)
    )
  })

const azure = "Azure's instance metadata service"

const accessTokenIn = (text: string): string => {
  const body = parseJson(text)
  return isObject(body) && typeof body["access_token"] === "string" ? body["access_token"] : ""
}

/**
 * Uses the identity token of a machine's default account on Google Cloud, for the given audience.
 *
 * @category constructors
 */
export const googleIdToken = (audience: string): IdentityToken<HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (http) => {
    const url = new URL("http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity")
    url.searchParams.set("audience", audience)
    const request = HttpClientRequest.get(url).pipe(HttpClientRequest.setHeader("metadata-flavor", "Google"))
    return Effect.flatMap(requestText({ http, from: google, isLocal: true, request }), (text) =>
      nonEmpty(text, `${google} answered without a token`)
    )
  })

const google = "Google's metadata server"

const nonEmpty = (text: string, message: string): IdentityToken => {
  const token = text.trim()
  return token === "" ? Effect.fail(new CredentialError({ message })) : Effect.succeed(Redacted.make(token))
}
