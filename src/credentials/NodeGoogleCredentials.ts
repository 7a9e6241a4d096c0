/**
 * Google's application-default credentials, by `google-auth-library`: an optional peer that only this module loads.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Vertex from "llmfx/anthropic/Vertex"
 * import * as NodeGoogleCredentials from "llmfx/credentials/NodeGoogleCredentials"
 *
 * const VertexLive = Layer.unwrap(
 *   Effect.map(NodeGoogleCredentials.applicationDefault, (credential) => Vertex.layerConfig({ credential }))
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { importPeer } from "../internal/credentials/importPeer.ts"
import { messageOf } from "../internal/errors/messageOf.ts"
import { CredentialError } from "./Credential.ts"
import { type GoogleCredential, scope } from "./GoogleCredentials.ts"

/** The part of `google-auth-library` that is used. */
interface GoogleAuth {
  getClient(): Promise<AuthClient>
  getProjectId(): Promise<string>
}

interface AuthClient {
  getAccessToken(): Promise<{ readonly token?: string | null }>
  readonly quotaProjectId?: string
}

interface Library {
  readonly GoogleAuth: new (options: { readonly scopes: string }) => GoogleAuth
}

const packageName = "google-auth-library"

/**
 * Finds the credentials that Google's tools and libraries find: `GOOGLE_APPLICATION_CREDENTIALS`, those of `gcloud auth
 * application-default login`, or the machine's own.
 *
 * **Details**
 *
 * The library caches and renews the token. If the server refuses a token, the credentials are looked up again.
 *
 * @category constructors
 */
export const applicationDefault: Effect.Effect<GoogleCredential, CredentialError> = Effect.gen(function* () {
  const library = yield* importPeer(packageName, "The application-default credentials of Google")
  if (!isLibrary(library)) {
    return yield* new CredentialError({ message: `This version of ${packageName} has no GoogleAuth` })
  }
  const find = () => new library.GoogleAuth({ scopes: scope })
  let auth = find()
  const client = yield* attempt(() => auth.getClient())
  const projectId = yield* Effect.orElseSucceed(
    attempt(() => auth.getProjectId()),
    () => undefined
  )
  return {
    projectId,
    quotaProjectId: client.quotaProjectId,
    get: Effect.flatMap(
      attempt(async () => (await auth.getClient()).getAccessToken()),
      ({ token }) =>
        typeof token === "string" && token !== ""
          ? Effect.succeed(Redacted.make(token))
          : Effect.fail(new CredentialError({ message: `${packageName} gave no token` }))
    ),
    refresh: () =>
      Effect.sync(() => {
        auth = find()
      })
  }
})

const isLibrary = (module: object): module is Library =>
  "GoogleAuth" in module && typeof module.GoogleAuth === "function"

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, CredentialError> =>
  Effect.tryPromise({
    try: run,
    catch: (thrown) => new CredentialError({ message: `No Google credentials: ${messageOf(thrown)}` })
  })
