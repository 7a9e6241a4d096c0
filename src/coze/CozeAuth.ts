/**
 * Tokens for the Coze API: OAuth for web and desktop apps (also with PKCE) and for devices, and service identities
 * with signed JWTs. The credentials renew their tokens in time; a layer takes one as its `token`.
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
import { CozeAuthError } from "./CozeAuthError.ts"
import { challengeOf, randomHex, signJwt } from "./internal/jwt.ts"
import { apiUrl, type Place, wwwUrl } from "./internal/platform.ts"
import { expiryOf, post } from "./internal/tokenRequest.ts"

export { CozeAuthError, type CozeAuthReason } from "./CozeAuthError.ts"

type AuthEffect<A> = Effect.Effect<A, CozeAuthError, HttpClient.HttpClient>

/** A token and what it can be renewed with. */
export interface OAuthToken {
  readonly accessToken: Redacted.Redacted
  /** Each can be used once: the new token brings a new one. */
  readonly refreshToken: Redacted.Redacted | undefined
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/** An OAuth app. */
export type App = Place & { readonly clientId: string }

/** An OAuth app with a secret: for servers. */
export type WebApp = App & { readonly clientSecret: Redacted.Redacted }

/** Where the user comes back to, and with what. */
export interface AuthorizeOptions {
  /** As registered for the app. */
  readonly redirectUrl: string
  /** Comes back with the code; compare it, so that nobody else's code is taken. */
  readonly state?: string | undefined
  /** For the resources of this workspace only. */
  readonly workspaceId?: string | undefined
}

/** Where to send the user's browser. The code that it comes back with goes into {@link webToken}. */
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
 * Where to send the user's browser, for an app that cannot keep a secret. The verifier goes into {@link pkceToken},
 * with the code.
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

/** `POST /api/permission/oauth2/token`: the token for a code. */
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

/** `POST /api/permission/oauth2/token`: the token for a code and its verifier. */
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

/** `POST /api/permission/oauth2/token`: a new token for an old one; the refresh token is used up. */
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
    if (typeof access !== "string") return Effect.fail(unexpected("The answer has no access_token"))
    return Effect.map(expiryOf(expiresIn), (expiresAt) => ({
      accessToken: Redacted.make(access),
      refreshToken: typeof refresh === "string" && refresh !== "" ? Redacted.make(refresh) : undefined,
      expiresAt
    }))
  })

const unexpected = (message: string): CozeAuthError =>
  new CozeAuthError({ reason: "invalid_response", message, code: undefined, logId: undefined })

/** What the user of a device is shown. */
export interface DeviceCode {
  readonly deviceCode: Redacted.Redacted
  /** To be typed at `verificationUrl`. */
  readonly userCode: string
  readonly verificationUrl: string
  /** The same, with the code in it. */
  readonly verificationUrlComplete: string
  /** Between two looks, in seconds. */
  readonly interval: number
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/** `POST /api/permission/oauth2/device/code`: begins to sign in a device. */
export const deviceCode = (app: App, options?: { readonly workspaceId?: string | undefined }): AuthEffect<DeviceCode> =>
  Effect.gen(function* () {
    const path = `/api/permission/oauth2${inWorkspace(options?.workspaceId)}/device/code`
    const answer = yield* post(`${apiUrl(app)}${path}`, { client_id: app.clientId })
    const { device_code: code, interval, user_code: userCode, verification_uri: uri } = answer
    if (typeof code !== "string" || typeof userCode !== "string" || typeof uri !== "string") {
      return yield* unexpected("The answer has no device_code, user_code or verification_uri")
    }
    return {
      deviceCode: Redacted.make(code),
      userCode,
      verificationUrl: uri,
      verificationUrlComplete: `${uri}?user_code=${encodeURIComponent(userCode)}`,
      interval: typeof interval === "number" && interval > 0 ? interval : 5,
      expiresAt: yield* expiryOf(answer["expires_in"])
    }
  })

/** `POST /api/permission/oauth2/token`: looks once whether the user has decided. */
export const deviceToken = (app: App, code: DeviceCode): AuthEffect<OAuthToken> =>
  tokenFrom(app, {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: app.clientId,
    device_code: Redacted.value(code.deviceCode)
  })

const slowest = 30

/** Looks until the user has decided; slower by five seconds, up to thirty, each time that the server asks for it. */
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

/** Signs in a device: `show` tells the user where to go. */
export const device = <E, R>(
  app: App,
  show: (code: DeviceCode) => Effect.Effect<void, E, R>,
  options?: { readonly workspaceId?: string | undefined }
): Effect.Effect<OAuthToken, CozeAuthError | E, HttpClient.HttpClient | R> =>
  Effect.flatMap(deviceCode(app, options), (code) => Effect.andThen(show(code), pollDeviceToken(app, code)))

/** What a token may do. */
export interface Scope {
  readonly account_permission?: { readonly permission_list: ReadonlyArray<string> } | undefined
  readonly workspace_permission?:
    | { readonly workspace_id_list: ReadonlyArray<string>; readonly permission_list: ReadonlyArray<string> }
    | undefined
  readonly attribute_constraint?:
    | { readonly connector_bot_chat_attribute: { readonly bot_id_list: ReadonlyArray<string> } }
    | undefined
}

/** Only chats with these agents. */
export const botChatScope = (botIds: ReadonlyArray<string>): Scope => ({
  account_permission: { permission_list: ["Connector.botChat"] },
  attribute_constraint: { connector_bot_chat_attribute: { bot_id_list: botIds } }
})

/** A service identity. */
export type JwtApp = App & {
  /** The fingerprint of the public key. */
  readonly keyId: string
  /** An RSA key in PEM. */
  readonly privateKey: Redacted.Redacted
  /** Keeps the conversations of this user apart from those of others. */
  readonly sessionName?: string | undefined
  readonly scope?: Scope | undefined
  /** How long a token is good: 15 minutes unless set, at most 24 hours. */
  readonly ttl?: Duration.Input | undefined
  /** Acts for this account, */
  readonly accountId?: string | undefined
  /** or for this enterprise. */
  readonly enterpriseId?: string | undefined
  /** The host of the API unless set. */
  readonly audience?: string | undefined
}

/** `POST /api/permission/oauth2/token`: a token for a service identity. There is no refresh token: ask again. */
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

/** A service identity as a credential: one token for all calls, renewed in time. */
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

/** Where a user's token is kept: a file, a row, a key. Failures are the store's own business: let it die with them. */
export interface TokenStore {
  readonly load: Effect.Effect<OAuthToken | undefined>
  /** Called with every new token, before it is used: the old refresh token is no longer good. */
  readonly save: (token: OAuthToken) => Effect.Effect<void>
}

/** A store that is gone with the process. */
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
 * A user's token as a credential: kept in the store, renewed in time with its refresh token, never twice at once.
 * Several processes can share a store: one takes over what another has renewed.
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

/** Whether another process has renewed a token. */
const isRenewed = (before: OAuthToken, now: OAuthToken | undefined): now is OAuthToken =>
  now !== undefined && Redacted.value(now.accessToken) !== Redacted.value(before.accessToken)

const noToken = (message: string): CozeAuthError =>
  new CozeAuthError({ reason: "no_token", message, code: undefined, logId: undefined })
