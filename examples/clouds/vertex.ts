/**
 * Calls Anthropic on Google Vertex with the key of a service account. Set CLOUD_ML_REGION and
 * GOOGLE_SERVICE_ACCOUNT_KEY (the JSON itself) to call Vertex. Otherwise a stand-in replaces Vertex and Google's token
 * endpoint, which checks the signature of the assertion.
 */
import { generateKeyPairSync, verify } from "node:crypto"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Vertex from "llmfx/anthropic/Vertex"
import * as GoogleCredentials from "llmfx/credentials/GoogleCredentials"
import { message } from "./poem.ts"
import { events, messageEvents, standIn } from "./standIn.ts"

const model = "claude-sonnet-5@20260101"

const layerOf = (key: string, options: Vertex.Options) =>
  Layer.unwrap(
    Effect.map(GoogleCredentials.serviceAccount(Redacted.make(key)), (credential) =>
      Vertex.layerConfig({ ...options, credential })
    )
  )

const local = Effect.gen(function* () {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const isSigned = (assertion: string): boolean => {
    const [header = "", claims = "", signature = ""] = assertion.split(".")
    return verify("RSA-SHA256", Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, "base64url"))
  }
  const url = yield* standIn(({ body, headers, url }) => {
    if (url === "/token") {
      return isSigned(new URLSearchParams(body).get("assertion") ?? "")
        ? { json: { access_token: "google-token-123", expires_in: 3599, token_type: "Bearer" } }
        : { status: 400, json: { error: "invalid_grant", error_description: "Invalid JWT Signature." } }
    }
    return headers.authorization === "Bearer google-token-123"
      ? events(...messageEvents(`Vertex streams ${url}`))
      : { status: 401, json: { error: { code: 401, message: "Invalid credentials", status: "UNAUTHENTICATED" } } }
  })
  const key = JSON.stringify({
    project_id: "sky",
    client_email: "poet@sky.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    token_uri: `${url}/token`
  })
  yield* Effect.provide(message(model), layerOf(key, { region: "us-east5", baseUrl: `${url}/v1` }))
})

const key = process.env["GOOGLE_SERVICE_ACCOUNT_KEY"]

await (key === undefined ? local : Effect.provide(message(model), layerOf(key, {}))).pipe(
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
