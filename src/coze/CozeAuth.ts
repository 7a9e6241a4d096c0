/**
 * Obtains tokens for the Coze API: OAuth for web and desktop apps (also with PKCE), OAuth for devices, and signed JWTs
 * for service identities. The credentials renew their tokens before they expire. Pass one as the `token` of a layer.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import { Coze, CozeAuth } from "llmfx/coze"
 *
 * const CozeLive = Layer.unwrap(
 *   Effect.map(
 *     CozeAuth.jwtCredential({
 *       platform: "com",
 *       clientId: "1119*****",
 *       keyId: "n3Lz*****",
 *       privateKey: Redacted.make("-----BEGIN PRIVATE KEY-----…"),
 *       sessionName: "user-1"
 *     }),
 *     (token) => Coze.layer({ platform: "com", token })
 *   )
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Redacted from "effect/Redacted"
import * as Credential from "../credentials/Credential.ts"
import { isToken } from "../internal/credentials/tokenSecrets.ts"
import { visible } from "../internal/errors/redact.ts"
import { CozeAuthError } from "./CozeAuthError.ts"
import { challengeOf, randomHex, signJwt } from "./internal/jwt.ts"
import { apiUrl, type Place, wwwUrl } from "./internal/platform.ts"
import { expiryOf, post } from "./internal/tokenRequest.ts"

export { CozeAuthError, type CozeAuthReason } from "./CozeAuthError.ts"

type AuthEffect<A> = Effect.Effect<A, CozeAuthError, HttpClient.HttpClient>

/**
 * A token and its refresh token.
 *
 * @category models
 */
export interface OAuthToken {
  readonly accessToken: Redacted.Redacted
  /** Can be used once. The new token comes with a new refresh token. */
  readonly refreshToken: Redacted.Redacted | undefined
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * An OAuth app.
 *
 * @category models
 */
export type App = Place & { readonly clientId: string }

/**
 * An OAuth app with a secret: for servers.
 *
 * @category models
 */
export type WebApp = App & { readonly clientSecret: Redacted.Redacted }

/**
 * How the user returns from the sign-in page.
 *
 * @category models
 */
export interface AuthorizeOptions {
  /** The URL registered for the app. */
  readonly redirectUrl: string
  /** Returned with the code. Compare it, so you do not accept a code issued to somebody else. */
  readonly state?: string | undefined
  /** Limits the token to this workspace. */
  readonly workspaceId?: string | undefined
}

/**
 * Returns the URL to send the user's browser to. Pass the code it returns with to {@link webToken}.
 *
 * @category getters
 */
export const authorizeUrl = (app: App, options: AuthorizeOptions): string => authorizeWith(app, options, {})

const authorizeWith = (app: App, options: AuthorizeOptions, extra: { readonly [name: string]: string }): string => {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: options.redirectUrl,
    state: options.state ?? "",
    ...extra
  })
  return `${wwwUrl(app)}/api/permission/oauth2${inWorkspace(options.workspaceId)}/authorize?${query}`
}

const inWorkspace = (workspaceId: string | undefined): string =>
  workspaceId === undefined ? "" : `/workspace_id/${encodeURIComponent(workspaceId)}`

/**
 * Returns the URL to send the user's browser to, for an app that cannot keep a secret. Pass the verifier and the code
 * to {@link pkceToken}.
 *
 * @category getters
 */
export const authorizeUrlPkce = (
  app: App,
  options: AuthorizeOptions
): Effect.Effect<{ readonly url: string; readonly codeVerifier: Redacted.Redacted }> =>
  Effect.promise(async () => {
    const verifier = randomHex(32)
    const url = authorizeWith(app, options, {
      code_challenge: await challengeOf(verifier),
      code_challenge_method: "S256"
    })
    return { url, codeVerifier: Redacted.make(verifier) }
  })

/**
 * Exchanges a code for a token. `POST /api/permission/oauth2/token`
 *
 * @category running
 */
export const webToken = (
  app: WebApp,
  options: { readonly code: string; readonly redirectUrl: string }
): AuthEffect<OAuthToken> =>
  tokenFrom(
    app,
    {
      grant_type: "authorization_code",
      client_id: app.clientId,
      redirect_uri: options.redirectUrl,
      code: options.code
    },
    app.clientSecret
  )

/**
 * Exchanges a code and its verifier for a token. `POST /api/permission/oauth2/token`
 *
 * @category running
 */
export const pkceToken = (
  app: App,
  options: { readonly code: string; readonly redirectUrl: string; readonly codeVerifier: Redacted.Redacted }
): AuthEffect<OAuthToken> =>
  tokenFrom(app, {
    grant_type: "authorization_code",
    client_id: app.clientId,
    redirect_uri: options.redirectUrl,
    code: options.code,
    code_verifier: Redacted.value(options.codeVerifier)
  })

/**
 * Renews a token. Its refresh token can be used only once. `POST /api/permission/oauth2/token`
 *
 * @category running
 */
export const refreshToken = (app: App | WebApp, refreshToken: Redacted.Redacted): AuthEffect<OAuthToken> =>
  tokenFrom(
    app,
    { grant_type: "refresh_token", client_id: app.clientId, refresh_token: Redacted.value(refreshToken) },
    "clientSecret" in app ? app.clientSecret : undefined
  )

const tokenFrom = (
  place: Place,
  body: { readonly [field: string]: unknown },
  bearer?: Redacted.Redacted,
  path = "/api/permission/oauth2/token"
): AuthEffect<OAuthToken> =>
  Effect.flatMap(post(`${apiUrl(place)}${path}`, body, bearer), (answer) => {
    const { access_token: access, expires_in: expiresIn, refresh_token: refresh } = answer
    if (!isToken(access)) return Effect.fail(unexpected("The answer has no access_token that can be sent"))
    return Effect.map(expiryOf(expiresIn), (expiresAt) => ({
      accessToken: Redacted.make(access),
      refreshToken: typeof refresh === "string" && refresh !== "" ? Redacted.make(refresh) : undefined,
      expiresAt
    }))
  })

const unexpected = (message: string): CozeAuthError =>
  new CozeAuthError({ reason: "invalid_response", message, code: undefined, logId: undefined })

/**
 * The instructions for the user of a device.
 *
 * @category models
 */
export interface DeviceCode {
  readonly deviceCode: Redacted.Redacted
  /** The code to type at `verificationUrl`. */
  readonly userCode: string
  readonly verificationUrl: string
  /** The verification URL that includes the code. */
  readonly verificationUrlComplete: string
  /** The wait between polls, in seconds. */
  readonly interval: number
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * Starts the sign-in of a device. `POST /api/permission/oauth2/device/code`
 *
 * @category running
 */
export const deviceCode = (app: App, options?: { readonly workspaceId?: string | undefined }): AuthEffect<DeviceCode> =>
  Effect.gen(function* () {
    const path = `/api/permission/oauth2${inWorkspace(options?.workspaceId)}/device/code`
    const answer = yield* post(`${apiUrl(app)}${path}`, { client_id: app.clientId })
    const { device_code: code, interval, user_code: userCode, verification_uri: uri } = answer
    if (typeof code !== "string" || typeof userCode !== "string" || typeof uri !== "string") {
      return yield* unexpected("The answer has no device_code, user_code or verification_uri")
    }
    if (!/^https?:\/\//i.test(uri)) return yield* unexpected("The verification_uri of the answer is not a web address")
    return {
      deviceCode: Redacted.make(code),
      userCode: visible(userCode),
      verificationUrl: visible(uri),
      verificationUrlComplete: `${visible(uri)}?user_code=${encodeURIComponent(userCode)}`,
      interval: typeof interval === "number" && interval > 0 ? Math.max(fastest, interval) : 5,
      expiresAt: yield* expiryOf(answer["expires_in"])
    }
  })

/**
 * Checks once whether the user has decided. `POST /api/permission/oauth2/token`
 *
 * @category running
 */
export const deviceToken = (app: App, code: DeviceCode): AuthEffect<OAuthToken> =>
  tokenFrom(app, {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: app.clientId,
    device_code: Redacted.value(code.deviceCode)
  })

/** How often a server can have a device poll, in seconds. */
const fastest = 1
const slowest = 30

/**
 * Polls until the user has decided. Each time the server asks to slow down, the wait grows by five seconds, up to
 * thirty.
 *
 * @category running
 */
export const pollDeviceToken = (app: App, code: DeviceCode): AuthEffect<OAuthToken> => {
  const look = (interval: number): AuthEffect<OAuthToken> =>
    Effect.catchIf(
      deviceToken(app, code),
      ({ reason }) => reason === "authorization_pending" || reason === "slow_down",
      ({ reason }) => {
        const next = reason === "slow_down" ? Math.max(interval, Math.min(interval + 5, slowest)) : interval
        return Effect.flatMap(Clock.currentTimeMillis, (now) =>
          now + next * 1000 >= code.expiresAt
            ? Effect.fail(
                new CozeAuthError({
                  reason: "expired_token",
                  message: "The user did not decide in time",
                  code: undefined,
                  logId: undefined
                })
              )
            : Effect.delay(
                Effect.suspend(() => look(next)),
                Duration.seconds(next)
              )
        )
      }
    )
  return look(code.interval)
}

/**
 * Signs in a device. `show` tells the user where to go.
 *
 * @category running
 */
export const device = <E, R>(
  app: App,
  show: (code: DeviceCode) => Effect.Effect<void, E, R>,
  options?: { readonly workspaceId?: string | undefined }
): Effect.Effect<OAuthToken, CozeAuthError | E, HttpClient.HttpClient | R> =>
  Effect.flatMap(deviceCode(app, options), (code) => Effect.andThen(show(code), pollDeviceToken(app, code)))

/**
 * Limits what a token may do.
 *
 * @category models
 */
export interface Scope {
  readonly account_permission?: { readonly permission_list: ReadonlyArray<string> } | undefined
  readonly workspace_permission?:
    | { readonly workspace_id_list: ReadonlyArray<string>; readonly permission_list: ReadonlyArray<string> }
    | undefined
  readonly attribute_constraint?:
    | { readonly connector_bot_chat_attribute: { readonly bot_id_list: ReadonlyArray<string> } }
    | undefined
}

/**
 * Allows only chats with these agents.
 *
 * @category utilities
 */
export const botChatScope = (botIds: ReadonlyArray<string>): Scope => ({
  account_permission: { permission_list: ["Connector.botChat"] },
  attribute_constraint: { connector_bot_chat_attribute: { bot_id_list: botIds } }
})

/**
 * A service identity.
 *
 * @category models
 */
export type JwtApp = App & {
  /** The fingerprint of the public key. */
  readonly keyId: string
  /** An RSA key in PEM. */
  readonly privateKey: Redacted.Redacted
  /** Separates the conversations of this user from those of others. */
  readonly sessionName?: string | undefined
  readonly scope?: Scope | undefined
  /** The lifetime of a token, at most 24 hours. Default: 15 minutes. */
  readonly ttl?: Duration.Input | undefined
  /** Acts for this account. Excludes `enterpriseId`. */
  readonly accountId?: string | undefined
  /** Acts for this enterprise. Excludes `accountId`. */
  readonly enterpriseId?: string | undefined
  /** Default: the host of the API. */
  readonly audience?: string | undefined
}

/**
 * Requests a token for a service identity. It has no refresh token: request another when it expires. `POST /api/permission/oauth2/token`
 *
 * @category running
 */
export const jwtToken = (app: JwtApp): AuthEffect<OAuthToken> =>
  Effect.gen(function* () {
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const claims = {
      iss: app.clientId,
      aud: app.audience ?? new URL(apiUrl(app)).host,
      iat: now,
      exp: now + 3600,
      jti: randomHex(16),
      ...(app.sessionName === undefined ? undefined : { session_name: app.sessionName })
    }
    const assertion = yield* Effect.tryPromise({
      try: () => signJwt(Redacted.value(app.privateKey), { kid: app.keyId }, claims),
      catch: () =>
        new CozeAuthError({
          reason: "invalid_key",
          message: "The private key cannot be read: it must be an RSA key in PEM (BEGIN PRIVATE KEY)",
          code: undefined,
          logId: undefined
        })
    })
    const body = {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      duration_seconds: Math.round(Duration.toSeconds(app.ttl ?? "15 minutes")),
      scope: app.scope
    }
    return yield* tokenFrom(app, body, Redacted.make(assertion), jwtPath(app))
  })

const jwtPath = ({ accountId, enterpriseId }: JwtApp): string => {
  if (accountId !== undefined) return `/api/permission/oauth2/account/${encodeURIComponent(accountId)}/token`
  if (enterpriseId !== undefined) {
    return `/api/permission/oauth2/enterprise_id/${encodeURIComponent(enterpriseId)}/token`
  }
  return "/api/permission/oauth2/token"
}

/**
 * Returns a service identity as a credential: one token for all calls, renewed before it expires.
 *
 * @category getters
 */
export const jwtCredential = (app: JwtApp): Effect.Effect<Credential.Credential, never, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (http) =>
    Credential.cached({ acquire: Effect.provideService(forCredential(jwtToken(app)), HttpClient.HttpClient, http) })
  )

const forCredential = (
  token: AuthEffect<OAuthToken>
): Effect.Effect<Credential.Token, Credential.CredentialError, HttpClient.HttpClient> =>
  token.pipe(
    Effect.map(({ accessToken, expiresAt }) => ({ value: accessToken, expiresAt })),
    Effect.mapError(({ message }) => new Credential.CredentialError({ message }))
  )

/**
 * Stores a user's token: in a file, a row or a key. Its methods cannot fail; turn failures into defects.
 *
 * @category models
 */
export interface TokenStore {
  readonly load: Effect.Effect<OAuthToken | undefined>
  /** Called with every new token before it is used. The old refresh token is invalid from then on. */
  readonly save: (token: OAuthToken) => Effect.Effect<void>
}

/**
 * Makes a store in memory.
 *
 * @category constructors
 */
export const memoryStore = (initial?: OAuthToken): TokenStore => {
  let current = initial
  return {
    load: Effect.sync(() => current),
    save: (token) =>
      Effect.sync(() => {
        current = token
      })
  }
}

/**
 * Returns a user's token as a credential. It is kept in the store and renewed with its refresh token before it expires,
 * never twice at once. Processes can share a store: each picks up what another has renewed.
 *
 * @category getters
 */
export const oauthCredential = (
  app: App | WebApp,
  store: TokenStore
): Effect.Effect<Credential.Credential, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    let refused: string | undefined

    const isGood = (token: OAuthToken, now: number): boolean =>
      token.expiresAt - now > 120_000 && Redacted.value(token.accessToken) !== refused

    const renew = (token: OAuthToken): AuthEffect<OAuthToken> =>
      token.refreshToken === undefined
        ? Effect.fail(noToken("The stored token has expired and has no refresh token"))
        : Effect.tap(refreshToken(app, token.refreshToken), store.save)

    const acquire: AuthEffect<OAuthToken> = Effect.gen(function* () {
      const stored = yield* store.load
      if (stored === undefined) return yield* noToken("The store has no token: let the user sign in first")
      if (isGood(stored, yield* Clock.currentTimeMillis)) return stored
      return yield* Effect.catchIf(
        renew(stored),
        ({ reason }) => reason === "refused",
        (error) =>
          Effect.flatMap(store.load, (now) => (isRenewed(stored, now) ? Effect.succeed(now) : Effect.fail(error)))
      )
    })

    const credential = yield* Credential.cached({
      acquire: Effect.provideService(forCredential(acquire), HttpClient.HttpClient, http)
    })
    return {
      get: credential.get,
      refresh: (token: Redacted.Redacted) =>
        Effect.suspend(() => {
          refused = Redacted.value(token)
          return credential.refresh?.(token) ?? Effect.void
        })
    }
  })

/** Whether another process renewed the token. */
const isRenewed = (before: OAuthToken, now: OAuthToken | undefined): now is OAuthToken =>
  now !== undefined && Redacted.value(now.accessToken) !== Redacted.value(before.accessToken)

const noToken = (message: string): CozeAuthError =>
  new CozeAuthError({ reason: "no_token", message, code: undefined, logId: undefined })
