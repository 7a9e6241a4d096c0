/** The part that the layers of Azure OpenAI and Azure AI Foundry share: a resource, and a key or a token of Entra. */
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Credential from "../../credentials/Credential.ts"
import * as Entra from "../../credentials/Entra.ts"
import type { Authorize } from "../attempt/call.ts"
import { withSecret } from "../provider.ts"

interface CredentialOptions {
  readonly apiKey?: Credential.Input | undefined
  readonly tokenProvider?: Entra.TokenProvider | undefined
}

export const resourceProblems = (resource: string | undefined): ReadonlyArray<string> =>
  resource === undefined || /^[\w-]+$/.test(resource) ? [] : ["resource must be the name of a resource"]

/** `variable` is the environment variable of the key. */
export const credentialProblems = (
  variable: string,
  { apiKey, tokenProvider }: CredentialOptions
): ReadonlyArray<string> => {
  if (apiKey === undefined && tokenProvider === undefined) {
    return [`no credential: set ${variable} (or apiKey), or give a tokenProvider`]
  }
  return apiKey !== undefined && tokenProvider !== undefined
    ? ["apiKey and tokenProvider contradict each other: give one of them"]
    : []
}

/** Sends the key in `keyHeader`, or a token for `scope` as a bearer token. `undefined` if there is neither. */
export const authorization = (
  { apiKey, tokenProvider }: CredentialOptions,
  { keyHeader, scope }: { readonly keyHeader: string; readonly scope: string }
): Effect.Effect<Authorize> | undefined => {
  if (apiKey !== undefined) {
    const credential = Effect.succeed(Credential.make(apiKey))
    return Effect.succeed(
      withSecret(
        () => credential,
        (request, secret) => HttpClientRequest.setHeader(request, keyHeader, secret)
      )
    )
  }
  return tokenProvider === undefined
    ? undefined
    : Effect.map(Entra.credential(tokenProvider, scope), (credential) => withSecret(() => Effect.succeed(credential)))
}
