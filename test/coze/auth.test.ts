import { generateKeyPairSync } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Users from "../../src/coze/api/Users.ts"
import * as CozeAuth from "../../src/coze/CozeAuth.ts"
import type { Credential } from "../../src/credentials/Credential.ts"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { loopback, redirect, refusingUrl, text } from "../support/LoopbackServer.ts"
import { settleSlowly } from "../support/settle.ts"
import { authorizationServer, overFake, overLoopback } from "./support/authorizationServer.ts"
import { cozeOver } from "./support/layers.ts"

const app = { clientId: "app-1", baseUrl: "https://api.coze.test" }
const redirectUrl = "https://app.test/back"
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 })
const publicKey = keys.publicKey.export({ type: "spki", format: "pem" }).toString()
const pkcs8 = Redacted.make(keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString())
const pkcs1 = Redacted.make(keys.privateKey.export({ type: "pkcs1", format: "pem" }).toString())

const nowInSeconds = () => Math.floor(Date.now() / 1000)

/** A server in virtual time. */
const virtual = (settings: { readonly life?: number; readonly device?: (look: number) => string } = {}) =>
  Effect.map(Clock.clockWith(Effect.succeed), (clock) => {
    const server = authorizationServer({ now: () => clock.currentTimeMillisUnsafe() / 1000, publicKey, ...settings })
    const http = fakeHttp(overFake(server))
    return { server, http }
  })

const secretOf = ({ get }: Credential) => Effect.map(get, Redacted.value)

/** Time as it is when the tests are run: tokens expire at points in time, not after a while. */
const begin = TestClock.setTime(1_790_000_000_000)

describe("CozeAuth authorize URLs", () => {
  it("lead to the platform's own sign-in", () => {
    const url = CozeAuth.authorizeUrl({ clientId: "a b", platform: "cn" }, { redirectUrl, state: "s&t" })
    assert.strictEqual(
      url,
      "https://www.coze.cn/api/permission/oauth2/authorize?response_type=code&client_id=a+b&redirect_uri=https%3A%2F%2Fapp.test%2Fback&state=s%26t"
    )
  })

  it("can be of one workspace", () => {
    const url = CozeAuth.authorizeUrl({ clientId: "a", platform: "com" }, { redirectUrl, workspaceId: "w/1" })
    assert.include(url, "https://www.coze.com/api/permission/oauth2/workspace_id/w%2F1/authorize?")
  })

  it.effect("with PKCE have a challenge instead of the verifier", () =>
    Effect.gen(function* () {
      const first = yield* CozeAuth.authorizeUrlPkce(app, { redirectUrl })
      const second = yield* CozeAuth.authorizeUrlPkce(app, { redirectUrl })
      const verifier = Redacted.value(first.codeVerifier)
      assert.match(verifier, /^[0-9a-f]{64}$/)
      assert.notStrictEqual(verifier, Redacted.value(second.codeVerifier))
      assert.notInclude(first.url, verifier)
      assert.strictEqual(new URL(first.url).searchParams.get("code_challenge_method"), "S256")
    })
  )
})

describe("CozeAuth tokens", () => {
  it.live("come for a code and the app's secret", () =>
    Effect.gen(function* () {
      const expires = nowInSeconds() + 900
      const server = yield* loopback(overLoopback(authorizationServer({ now: () => expires - 900 })))
      const web = { clientId: "app-1", baseUrl: `${server.url}/`, clientSecret: Redacted.make("secret") }
      const token = yield* CozeAuth.webToken(web, { code: "code-1", redirectUrl })
      assert.strictEqual(Redacted.value(token.accessToken), "access-1")
      assert.strictEqual(token.expiresAt, expires * 1000)
      assert.deepStrictEqual(JSON.parse(server.requests[0]?.body ?? ""), {
        grant_type: "authorization_code",
        client_id: "app-1",
        redirect_uri: redirectUrl,
        code: "code-1"
      })
      assert.notInclude(JSON.stringify(token), "access-1")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("come for a code and the verifier that belongs to it, and for no other", () =>
    Effect.gen(function* () {
      const authorization = authorizationServer({ now: nowInSeconds })
      const server = yield* loopback(overLoopback(authorization))
      const place = { clientId: "app-1", baseUrl: server.url }
      const { codeVerifier, url } = yield* CozeAuth.authorizeUrlPkce(place, { redirectUrl })
      const code = authorization.visit(url)
      const token = yield* CozeAuth.pkceToken(place, { code, redirectUrl, codeVerifier })
      assert.strictEqual(Redacted.value(token.accessToken), "access-1")
      const error = yield* failureOf(
        CozeAuth.pkceToken(place, { code, redirectUrl, codeVerifier: Redacted.make("another") })
      )
      assert.deepInclude(error, { _tag: "CozeAuthError", reason: "refused", code: "invalid_grant", logId: "LOG-1" })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("are renewed once with each refresh token", () =>
    Effect.gen(function* () {
      const server = yield* loopback(overLoopback(authorizationServer({ now: nowInSeconds })))
      const web = { clientId: "app-1", baseUrl: server.url, clientSecret: Redacted.make("secret") }
      const first = yield* CozeAuth.webToken(web, { code: "code-1", redirectUrl })
      const refresh = first.refreshToken ?? Redacted.make("")
      const second = yield* CozeAuth.refreshToken(web, refresh)
      assert.strictEqual(Redacted.value(second.accessToken), "access-2")
      assert.strictEqual((yield* failureOf(CozeAuth.refreshToken(web, refresh))).reason, "refused")
      assert.strictEqual(server.requests[1]?.headers.authorization, "Bearer secret")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("are refused with what the server says, and without secrets", () =>
    Effect.gen(function* () {
      const server = yield* loopback(overLoopback(authorizationServer({ now: nowInSeconds })))
      const web = { clientId: "app-1", baseUrl: server.url, clientSecret: Redacted.make("wrong-secret") }
      const error = yield* failureOf(CozeAuth.webToken(web, { code: "code-1", redirectUrl }))
      assert.strictEqual(error.message, "The server says invalid_client")
      assert.notInclude(JSON.stringify(error), "wrong-secret")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})

describe("CozeAuth requests", () => {
  it.live("never follow a redirect with a secret", () =>
    Effect.gen(function* () {
      const elsewhere = yield* loopback(overLoopback(authorizationServer({ now: nowInSeconds })))
      const server = yield* loopback(redirect(`${elsewhere.url}/api/permission/oauth2/token`))
      const web = { clientId: "app-1", baseUrl: server.url, clientSecret: Redacted.make("secret") }
      const error = yield* failureOf(CozeAuth.webToken(web, { code: "code-1", redirectUrl }))
      assert.strictEqual(error.reason, "invalid_response")
      assert.strictEqual(elsewhere.requests.length, 0)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("say that nobody answers", () =>
    Effect.gen(function* () {
      const baseUrl = yield* refusingUrl
      const web = { clientId: "app-1", baseUrl, clientSecret: Redacted.make("wrong-secret") }
      const error = yield* failureOf(CozeAuth.webToken(web, { code: "code-1", redirectUrl }))
      assert.strictEqual(error.reason, "network")
      assert.notInclude(JSON.stringify(error), "wrong-secret")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.effect("give up a server that does not end its answer", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: ['{"access_token":', 3_600_000] })
      const web = { ...app, clientSecret: Redacted.make("secret") }
      const error = yield* settleSlowly(
        failureOf(Effect.provide(CozeAuth.webToken(web, { code: "code-1", redirectUrl }), http.layer)),
        "1 second"
      )
      assert.strictEqual(error.reason, "network")
      assert.include(error.message, "30 seconds")
    })
  )

  it.effect("refuse a token that no header can hold", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { access_token: "a\r\nx-key: b", expires_in: 9 } })
      const web = { ...app, clientSecret: Redacted.make("secret") }
      const error = yield* failureOf(
        Effect.provide(CozeAuth.webToken(web, { code: "code-1", redirectUrl }), http.layer)
      )
      assert.strictEqual(error.reason, "invalid_response")
    })
  )

  it.live("say that the answer is not JSON", () =>
    Effect.gen(function* () {
      const server = yield* loopback(text("<html>", { status: 502 }))
      const error = yield* failureOf(CozeAuth.deviceCode({ clientId: "app-1", baseUrl: server.url }))
      assert.strictEqual(error.reason, "invalid_response")
      assert.include(error.message, "502")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})

describe("CozeAuth devices", () => {
  const waiting = (outcomes: ReadonlyArray<string>) => (look: number) => outcomes[look] ?? "granted"

  const looksOf = (http: ReturnType<typeof fakeHttp>) =>
    http.sent.filter(({ url }) => url.endsWith("/token")).map(({ at }) => (at - 1_790_000_000_000) / 1000)

  it.effect("show where to go, and wait for the user", () =>
    Effect.gen(function* () {
      yield* begin
      const { http } = yield* virtual({ device: waiting(["authorization_pending", "authorization_pending"]) })
      const shown: Array<string> = []
      const program = CozeAuth.device(app, ({ userCode, verificationUrlComplete }) =>
        Effect.sync(() => shown.push(userCode, verificationUrlComplete))
      )
      const fiber = yield* Effect.forkChild(Effect.provide(program, http.layer))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(Redacted.value((yield* Fiber.join(fiber)).accessToken), "access-1")
      assert.deepStrictEqual(shown, ["ABCD-1234", "https://www.coze.test/activate?user_code=ABCD-1234"])
      assert.deepStrictEqual(looksOf(http), [0, 5, 10])
    })
  )

  it.effect("look more and more slowly when they are asked to, up to every thirty seconds", () =>
    Effect.gen(function* () {
      yield* begin
      const { http } = yield* virtual({ device: waiting(Array<string>(7).fill("slow_down")) })
      const program = CozeAuth.device(app, () => Effect.void)
      const fiber = yield* Effect.forkChild(Effect.provide(program, http.layer))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(fiber)
      const looks = looksOf(http)
      assert.deepStrictEqual(
        looks.slice(1).map((at, index) => at - (looks[index] ?? 0)),
        [10, 15, 20, 25, 30, 30, 30]
      )
    })
  )

  const codeWith = (fields: object) =>
    CozeAuth.deviceCode(app).pipe(
      Effect.provide(
        fakeHttp({
          body: { device_code: "d", user_code: "u", verification_uri: "https://a.test", expires_in: 9, ...fields }
        }).layer
      )
    )

  it.effect("do not look more than once a second, whatever the server says", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* codeWith({ interval: 1e-9 })).interval, 1)
    })
  )

  it.effect("do not send the user to anything but a web page", () =>
    Effect.gen(function* () {
      for (const verification_uri of ["javascript:alert(1)", "file:///etc/passwd", "//a.test"]) {
        assert.strictEqual((yield* failureOf(codeWith({ verification_uri }))).reason, "invalid_response")
      }
      const { userCode } = yield* codeWith({ user_code: "\u001b[2J1" })
      assert.notInclude(userCode, "\u001b")
    })
  )

  it.effect("stop when the user says no", () =>
    Effect.gen(function* () {
      yield* begin
      const { http } = yield* virtual({ device: waiting(["authorization_pending", "access_denied"]) })
      const fiber = yield* Effect.forkChild(
        failureOf(
          Effect.provide(
            CozeAuth.device(app, () => Effect.void),
            http.layer
          )
        )
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).reason, "access_denied")
    })
  )

  it.effect("stop when the server says that the code is too old", () =>
    Effect.gen(function* () {
      yield* begin
      const { http } = yield* virtual({ device: () => "expired_token" })
      const error = yield* failureOf(
        Effect.provide(
          CozeAuth.device(app, () => Effect.void),
          http.layer
        )
      )
      assert.strictEqual(error.reason, "expired_token")
    })
  )

  it.effect("stop by themselves when the code is too old", () =>
    Effect.gen(function* () {
      yield* begin
      const { http, server } = yield* virtual({ device: () => "authorization_pending" })
      const fiber = yield* Effect.forkChild(
        failureOf(
          Effect.provide(
            CozeAuth.device(app, () => Effect.void),
            http.layer
          )
        )
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber)).reason, "expired_token")
      assert.strictEqual(server.looks(), 60)
    })
  )

  it.effect("can be of one workspace", () =>
    Effect.gen(function* () {
      yield* begin
      const { http } = yield* virtual()
      yield* Effect.provide(CozeAuth.deviceCode(app, { workspaceId: "w1" }), http.layer)
      assert.strictEqual(http.sent[0]?.url, "https://api.coze.test/api/permission/oauth2/workspace_id/w1/device/code")
    })
  )
})

describe("CozeAuth service identities", () => {
  const jwtApp = { ...app, keyId: "key-1", privateKey: pkcs8 }

  it.live("sign what the server can verify", () =>
    Effect.gen(function* () {
      const authorization = authorizationServer({ now: nowInSeconds, publicKey })
      const server = yield* loopback(overLoopback(authorization))
      const scope = CozeAuth.botChatScope(["b1"])
      yield* CozeAuth.jwtToken({ ...jwtApp, baseUrl: server.url, sessionName: "user-1", scope, ttl: "1 hour" })
      const [assertion] = authorization.assertions
      assert.deepStrictEqual(assertion?.header, { alg: "RS256", typ: "JWT", kid: "key-1" })
      const { exp, iat, jti, ...claims } = assertion?.claims ?? {}
      assert.deepStrictEqual(claims, { iss: "app-1", aud: new URL(server.url).host, session_name: "user-1" })
      assert.strictEqual(Number(exp) - Number(iat), 3600)
      assert.match(String(jti), /^[0-9a-f]{32}$/)
      assert.deepStrictEqual(assertion?.body, {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        duration_seconds: 3600,
        scope
      })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("ask for fifteen minutes by default", () =>
    Effect.gen(function* () {
      const authorization = authorizationServer({ now: nowInSeconds, publicKey })
      const server = yield* loopback(overLoopback(authorization))
      yield* CozeAuth.jwtToken({ ...jwtApp, baseUrl: server.url })
      assert.strictEqual(authorization.assertions[0]?.body["duration_seconds"], 900)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("read keys of the old format", () =>
    Effect.gen(function* () {
      const authorization = authorizationServer({ now: nowInSeconds, publicKey })
      const server = yield* loopback(overLoopback(authorization))
      yield* CozeAuth.jwtToken({ ...jwtApp, baseUrl: server.url, privateKey: pkcs1 })
      assert.lengthOf(authorization.assertions, 1)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("can act for an account or an enterprise", () =>
    Effect.gen(function* () {
      const server = yield* loopback(overLoopback(authorizationServer({ now: nowInSeconds, publicKey })))
      const there = { ...jwtApp, baseUrl: server.url }
      yield* CozeAuth.jwtToken({ ...there, accountId: "42" })
      yield* CozeAuth.jwtToken({ ...there, enterpriseId: "e1" })
      assert.deepStrictEqual(
        server.requests.map(({ url }) => url),
        ["/api/permission/oauth2/account/42/token", "/api/permission/oauth2/enterprise_id/e1/token"]
      )
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("say when the key is none", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(CozeAuth.jwtToken({ ...jwtApp, privateKey: Redacted.make("not a key") }))
      assert.strictEqual(error.reason, "invalid_key")
      assert.notInclude(JSON.stringify(error), "not a key")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("share one token among all calls", () =>
    Effect.gen(function* () {
      const authorization = authorizationServer({ now: nowInSeconds, publicKey })
      const server = yield* loopback(overLoopback(authorization))
      const credential = yield* CozeAuth.jwtCredential({ ...jwtApp, baseUrl: server.url })
      const tokens = yield* Effect.all(
        Array.from({ length: 20 }, () => secretOf(credential)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(tokens), new Set(["access-1"]))
      assert.strictEqual(authorization.issued(), 1)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})

describe("CozeAuth stored tokens", () => {
  const stored = (expiresInSeconds: number): CozeAuth.OAuthToken => ({
    accessToken: Redacted.make("access-0"),
    refreshToken: Redacted.make("refresh-0"),
    expiresAt: 1_790_000_000_000 + expiresInSeconds * 1000
  })

  const withStore = (initial: CozeAuth.OAuthToken | undefined) =>
    Effect.gen(function* () {
      yield* begin
      const { http, server } = yield* virtual()
      server.refreshTokens.add("refresh-0")
      const store = CozeAuth.memoryStore(initial)
      const credential = yield* Effect.provide(CozeAuth.oauthCredential(app, store), http.layer)
      return { http, server, store, credential }
    })

  it.effect("are used as long as they are good", () =>
    Effect.gen(function* () {
      const { credential, http } = yield* withStore(stored(900))
      assert.strictEqual(yield* secretOf(credential), "access-0")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* secretOf(credential), "access-0")
      assert.strictEqual(http.sent.length, 0)
    })
  )

  it.effect("are renewed in the background before they expire, and saved with their new refresh token", () =>
    Effect.gen(function* () {
      const { credential, server, store } = yield* withStore(stored(900))
      assert.strictEqual(yield* secretOf(credential), "access-0")
      yield* TestClock.adjust("810 seconds")
      assert.strictEqual(yield* secretOf(credential), "access-0")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* secretOf(credential), "access-1")
      const saved = yield* store.load
      assert.strictEqual(Redacted.value(saved?.refreshToken ?? Redacted.make("")), "refresh-1")
      assert.strictEqual(server.issued(), 1)
    })
  )

  it.effect("are renewed once, however many calls wait for them", () =>
    Effect.gen(function* () {
      const { credential, server } = yield* withStore(stored(5))
      const tokens = yield* Effect.all(
        Array.from({ length: 10 }, () => secretOf(credential)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(tokens), new Set(["access-1"]))
      assert.strictEqual(server.issued(), 1)
    })
  )

  it.effect("are taken over from another process that was faster", () =>
    Effect.gen(function* () {
      const { credential, server, store } = yield* withStore(stored(5))
      server.refreshTokens.clear()
      const renewed = { ...stored(900), accessToken: Redacted.make("access-elsewhere") }
      let loads = 0
      const racing: CozeAuth.TokenStore = {
        load: Effect.suspend(() => (loads++ === 0 ? store.load : Effect.succeed(renewed))),
        save: store.save
      }
      const { http } = yield* virtual()
      const other = yield* Effect.provide(CozeAuth.oauthCredential(app, racing), http.layer)
      assert.strictEqual(yield* secretOf(other), "access-elsewhere")
      assert.strictEqual((yield* failureOf(credential.get))._tag, "CredentialError")
    })
  )

  it.effect("have to be there", () =>
    Effect.gen(function* () {
      const { credential } = yield* withStore(undefined)
      assert.include((yield* failureOf(credential.get)).message, "sign in")
    })
  )

  it.effect("are renewed when the API refuses them, and the call is sent again", () =>
    Effect.gen(function* () {
      const { credential, server } = yield* withStore(stored(900))
      const api = fakeHttp(({ headers }) =>
        headers["authorization"] === "Bearer access-1"
          ? { body: { code: 0, data: { user_id: "1" } } }
          : { status: 401, body: { code: 700012006, msg: "access token invalid" } }
      )
      const user = yield* Effect.provide(Users.me(), cozeOver(api.layer, "http://coze.test", { token: credential }))
      assert.strictEqual(user.user_id, "1")
      assert.strictEqual(server.issued(), 1)
      assert.strictEqual(api.sent.length, 2)
    })
  )

  it.effect("that cannot be had fail the call before anything is sent", () =>
    Effect.gen(function* () {
      const { credential } = yield* withStore(undefined)
      const api = fakeHttp({})
      const layer = cozeOver(api.layer, "http://coze.test", { token: credential })
      reasonOf(apiError(yield* failureOf(Effect.provide(Users.me(), layer))), "AuthenticationError")
      assert.strictEqual(api.sent.length, 0)
    })
  )
})
