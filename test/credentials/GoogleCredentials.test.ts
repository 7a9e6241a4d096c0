import { generateKeyPairSync, verify } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as GoogleCredentials from "llmfx/credentials/GoogleCredentials"
import { failureOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { json, loopback, redirect, text } from "../support/LoopbackServer.ts"

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const account = {
  type: "service_account",
  project_id: "p-1",
  private_key_id: "key-1",
  private_key: pem,
  client_email: "models@p-1.iam.gserviceaccount.com",
  token_uri: "https://oauth2.googleapis.com/token"
}
const keyOf = (changes: object = {}) => Redacted.make(JSON.stringify({ ...account, ...changes }))

/** Returns the assertion's parts if the key made its signature. */
const verified = (jwt: string) => {
  const [header = "", claims = "", signature = ""] = jwt.split(".")
  const isGood = verify(
    "RSA-SHA256",
    Buffer.from(`${header}.${claims}`),
    publicKey,
    Buffer.from(signature, "base64url")
  )
  if (!isGood) throw new Error("the signature is wrong")
  const parse = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString())
  return { header: parse(header), claims: parse(claims) }
}

describe("GoogleCredentials.serviceAccount", () => {
  it.live("exchanges a signed assertion for a token", () =>
    Effect.gen(function* () {
      const server = yield* loopback(json({ access_token: "token-1", expires_in: 3599, token_type: "Bearer" }))
      const tokenUri = `${server.url}/token`
      const credential = yield* GoogleCredentials.serviceAccount(keyOf({ token_uri: tokenUri }))
      expect(credential.projectId).toBe("p-1")
      expect(Redacted.value(yield* credential.get)).toBe("token-1")
      const [request] = server.requests
      expect([request?.method, request?.url, request?.headers["content-type"]]).toEqual([
        "POST",
        "/token",
        "application/x-www-form-urlencoded"
      ])
      const form = new URLSearchParams(request?.body)
      expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer")
      const { claims, header } = verified(form.get("assertion") ?? "")
      expect(header).toEqual({ alg: "RS256", typ: "JWT", kid: "key-1" })
      const { exp, iat, ...rest } = claims as { readonly exp: number; readonly iat: number }
      expect(rest).toEqual({ iss: account.client_email, scope: GoogleCredentials.scope, aud: tokenUri })
      expect(exp - iat).toBe(3600)
      expect(Math.abs(iat * 1000 - Date.now())).toBeLessThan(5000)
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.effect("asks once an hour", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { access_token: "token-1", expires_in: 3600 } })
      const credential = yield* Effect.provide(GoogleCredentials.serviceAccount(keyOf()), http.layer)
      yield* credential.get
      yield* TestClock.adjust("57 minutes")
      yield* credential.get
      expect(http.sent).toHaveLength(1)
      yield* TestClock.adjust("2.6 minutes")
      yield* credential.get
      expect(http.sent).toHaveLength(2)
    })
  )

  it.effect("says what is wrong with a key, and not what is in it", () =>
    Effect.gen(function* () {
      const cases = [
        [Redacted.make("secret words"), /is not JSON$/],
        [Redacted.make("[]"), /is not a JSON object/],
        [keyOf({ client_email: undefined }), /no client_email/],
        [keyOf({ private_key: "secret words" }), /cannot sign/]
      ] as const
      const http = fakeHttp({})
      for (const [key, expected] of cases) {
        const use = Effect.flatMap(GoogleCredentials.serviceAccount(key), ({ get }) => get)
        const { message } = yield* failureOf(Effect.provide(use, http.layer))
        expect(message).toMatch(expected)
        expect(message).not.toContain("secret words")
      }
    })
  )
})

describe("a token endpoint", () => {
  const failing = (reply: Parameters<typeof loopback>[0], path = "/token") =>
    Effect.gen(function* () {
      const server = yield* loopback(reply)
      const credential = yield* GoogleCredentials.serviceAccount(keyOf({ token_uri: server.url + path }))
      const { message } = yield* failureOf(credential.get)
      return { message, requests: server.requests }
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))

  it.live("that redirects is not followed", () =>
    Effect.gen(function* () {
      const elsewhere = yield* loopback(json({ access_token: "stolen", expires_in: 60 }))
      const { message } = yield* failing(redirect(`${elsewhere.url}/token`))
      expect(message).toMatch(/HTTP 307/)
      expect(elsewhere.requests).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("that refuses is quoted by its OAuth words alone", () =>
    Effect.gen(function* () {
      const body = { error: "invalid_grant", error_description: "Invalid JWT Signature.", assertion: "eyJsecret" }
      const { message, requests } = yield* failing(json(body, { status: 400, headers: { "x-request-id": "r-1" } }))
      expect(message).toBe(
        "Google's token endpoint answered HTTP 400 (invalid_grant: Invalid JWT Signature., request id r-1)"
      )
      expect(requests).toHaveLength(1)
    })
  )

  it.live("is not believed when its answer is not a token", () =>
    Effect.gen(function* () {
      const answers = [
        [text("<html>"), /other than JSON/],
        [json({ expires_in: 60 }), /without a usable token/],
        [json({ access_token: "a\r\nb", expires_in: 60 }), /without a usable token/],
        [json({ access_token: "a", expires_in: 60, token_type: "mac" }), /not a bearer token/],
        [json({ access_token: "a" }), /how long/],
        [json({ access_token: "a", expires_in: -1 }), /how long/],
        [text("x".repeat(1024 * 1024 + 1)), /more than 1 MiB/]
      ] as const
      for (const [reply, expected] of answers) expect((yield* failing(reply)).message).toMatch(expected)
    })
  )

  it.effect("is not sent an assertion without TLS", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const uri = "http://oauth2.googleapis.com/token"
      const credential = yield* Effect.provide(GoogleCredentials.serviceAccount(keyOf({ token_uri: uri })), http.layer)
      expect((yield* failureOf(credential.get)).message).toMatch(/no https address/)
      expect(http.sent).toEqual([])
    })
  )
})

describe("GoogleCredentials.metadataServer", () => {
  it.effect("asks the machine's own service", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: "p-2\n" }, { body: { access_token: "token-2", expires_in: 300 } })
      const credential = yield* Effect.provide(GoogleCredentials.metadataServer(), http.layer)
      expect(credential.projectId).toBe("p-2")
      expect(Redacted.value(yield* credential.get)).toBe("token-2")
      const root = "http://metadata.google.internal/computeMetadata/v1"
      expect(http.sent.map(({ headers, url }) => [url, headers["metadata-flavor"]])).toEqual([
        [`${root}/project/project-id`, "Google"],
        [
          `${root}/instance/service-accounts/default/token?scopes=https://www.googleapis.com/auth/cloud-platform`,
          "Google"
        ]
      ])
    })
  )

  it.effect("is asked three times when it is not up", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ breaks: "ECONNREFUSED" })
      const asked = yield* Effect.forkChild(failureOf(Effect.provide(GoogleCredentials.metadataServer(), http.layer)))
      yield* TestClock.adjust("10 seconds")
      expect(asked.pollUnsafe()).toMatchObject({ value: { message: "Google's metadata server cannot be reached" } })
      expect(http.sent.map(({ at }) => at)).toEqual([0, 500, 1500])
    })
  )
})
