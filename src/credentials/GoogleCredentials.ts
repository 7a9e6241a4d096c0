/**
 * Tokens of Google Cloud, for models on Vertex: from the key of a service account, or from the machine's own account.
 *
 * For application-default credentials, use `NodeGoogleCredentials`.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import { signJwt } from "../internal/credentials/jwt.ts"
import { requestText, requestToken } from "../internal/credentials/tokenRequest.ts"
import { messageOf } from "../internal/errors/messageOf.ts"
import { isObject, stringOf } from "../internal/json/json.ts"
import * as Credential from "./Credential.ts"

/**
 * A credential that knows its project.
 *
 * @category models
 */
export interface GoogleCredential extends Credential.Credential {
  readonly projectId: string | undefined
  /** The project to bill, if it is another one. */
  readonly quotaProjectId: string | undefined
}

/**
 * The scope of the tokens.
 *
 * @category constants
 */
export const scope = "https://www.googleapis.com/auth/cloud-platform"

const tokenEndpoint = "https://oauth2.googleapis.com/token"
const anHour = 3600

/**
 * A service account, by the JSON of its key. Signs with WebCrypto, so it works on every runtime.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import * as GoogleCredentials from "llmfx/credentials/GoogleCredentials"
 * import * as Vertex from "llmfx/anthropic/Vertex"
 *
 * const layerOf = (keyFile: string) =>
 *   Layer.unwrap(
 *     Effect.map(GoogleCredentials.serviceAccount(Redacted.make(keyFile)), (credential) =>
 *       Vertex.layer({ region: "us-east5", credential })
 *     )
 *   )
 * ```
 *
 * @category utilities
 */
export const serviceAccount = (
  key: Redacted.Redacted
): Effect.Effect<GoogleCredential, Credential.CredentialError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const account = yield* readKey(Redacted.value(key))
    const credential = yield* Credential.cached({
      acquire: Effect.flatMap(assertion(account), (jwt) =>
        requestToken({
          http,
          from: "Google's token endpoint",
          request: HttpClientRequest.post(account.tokenUri).pipe(
            HttpClientRequest.bodyUrlParams({
              grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
              assertion: jwt
            })
          )
        })
      )
    })
    return { ...credential, projectId: account.projectId, quotaProjectId: account.quotaProjectId }
  })

interface Account {
  readonly email: string
  readonly privateKey: string
  readonly keyId: string | undefined
  readonly tokenUri: string
  readonly projectId: string | undefined
  readonly quotaProjectId: string | undefined
}

const readKey = (text: string): Effect.Effect<Account, Credential.CredentialError> => {
  const refuse = (what: string) =>
    Effect.fail(new Credential.CredentialError({ message: `The key of the Google service account ${what}` }))
  let key: unknown
  try {
    key = JSON.parse(text)
  } catch {
    return refuse("is not JSON")
  }
  if (!isObject(key)) return refuse("is not a JSON object")
  const email = stringOf(key["client_email"])
  const privateKey = stringOf(key["private_key"])
  if (email === undefined || privateKey === undefined) return refuse("has no client_email or no private_key")
  return Effect.succeed({
    email,
    privateKey,
    keyId: stringOf(key["private_key_id"]),
    tokenUri: stringOf(key["token_uri"]) ?? tokenEndpoint,
    projectId: stringOf(key["project_id"]),
    quotaProjectId: stringOf(key["quota_project_id"])
  })
}

const assertion = ({
  email,
  keyId,
  privateKey,
  tokenUri
}: Account): Effect.Effect<string, Credential.CredentialError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const issued = Math.floor(now / 1000)
    return Effect.tryPromise({
      try: () =>
        signJwt(privateKey, keyId === undefined ? {} : { kid: keyId }, {
          iss: email,
          scope,
          aud: tokenUri,
          iat: issued,
          exp: issued + anHour
        }),
      catch: (thrown) =>
        new Credential.CredentialError({
          message: `The key of the Google service account cannot sign: ${messageOf(thrown)}`
        })
    })
  })

/**
 * Uses the machine's account on Compute Engine, Cloud Run or Kubernetes Engine.
 *
 * @category constructors
 */
export const metadataServer = (options?: {
  /** Default: `metadata.google.internal`. */
  readonly host?: string | undefined
  /** Default: the machine's default account. */
  readonly account?: string | undefined
}): Effect.Effect<GoogleCredential, Credential.CredentialError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const { account = "default", host = "metadata.google.internal" } = options ?? {}
    const ask = (path: string) => ({
      http,
      from: "Google's metadata server",
      isLocal: true,
      request: HttpClientRequest.get(`http://${host}/computeMetadata/v1/${path}`).pipe(
        HttpClientRequest.setHeader("metadata-flavor", "Google")
      )
    })
    const credential = yield* Credential.cached({
      acquire: requestToken(ask(`instance/service-accounts/${encodeURIComponent(account)}/token?scopes=${scope}`))
    })
    const projectId = yield* requestText(ask("project/project-id"))
    return { ...credential, projectId: projectId.trim(), quotaProjectId: undefined }
  })
