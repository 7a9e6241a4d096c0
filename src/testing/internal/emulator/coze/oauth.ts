/** The authorization server of Coze: codes (also with PKCE), devices and JWTs become tokens, which expire. */
import { base64Url } from "../../../../internal/credentials/jwt.ts"
import { entryOf, isObject, type JsonObject, stringOf } from "../../../../internal/json/json.ts"
import * as Reply from "../../../Reply.ts"
import { seconds } from "../exchange.ts"
import type { Incoming } from "../incoming.ts"

export interface OAuth {
  /** Answers a request for a token or a code; `undefined` for any other request. */
  readonly answer: (incoming: Incoming, path: string, now: number) => Promise<Reply.Reply> | undefined
  /** Whether a token that was given out here is still good; `undefined` for one that was not. */
  readonly isGood: (token: string, now: number) => boolean | undefined
}

interface Grant {
  readonly clientId: string
  readonly redirectUri: string
  readonly challenge: string | undefined
  readonly method: string
}

interface Device {
  readonly clientId: string
  readonly since: number
}

interface State {
  readonly jobDuration: number
  readonly codes: Map<string, Grant>
  readonly devices: Map<string, Device>
  /** The client that may use a refresh token. */
  readonly refreshes: Map<string, string>
  /** When an access token expires. */
  readonly tokens: Map<string, number>
  readonly next: (prefix: string) => string
}

const maxKept = 10_000
const deviceLife = 600
const tokenLife = 900

/** Coze writes what is wrong as an OAuth error with the code of its own. */
const refused = (error: string, message: string, status = 400): Reply.Reply =>
  Reply.json({ error, error_code: error, error_message: message }, { status })

const keep = <A>(map: Map<string, A>, key: string, value: A): void => {
  const [oldest] = map.keys()
  if (map.size >= maxKept && oldest !== undefined) map.delete(oldest)
  map.set(key, value)
}

/** Takes a value out: it is good once. */
const take = <A>(map: Map<string, A>, key: string): A | undefined => {
  const value = map.get(key)
  map.delete(key)
  return value
}

export const makeOAuth = (jobDuration: number): OAuth => {
  let made = 0
  const state: State = {
    jobDuration,
    codes: new Map(),
    devices: new Map(),
    refreshes: new Map(),
    tokens: new Map(),
    next: (prefix) => `${prefix}${String(++made).padStart(6, "0")}`
  }
  return {
    answer: (incoming, path, now) => {
      const [, action] = /^\/api\/permission\/oauth2\/(?:.+\/)?(authorize|device\/code|token)$/.exec(path) ?? []
      if (action === undefined) return undefined
      return Promise.resolve(actions[action]?.(state, incoming, now) ?? refused("invalid_request", "unknown path", 404))
    },
    isGood: (token, now) => {
      const expiry = state.tokens.get(token)
      return expiry === undefined ? undefined : now < expiry
    }
  }
}

type Action = (state: State, incoming: Incoming, now: number) => Reply.Reply | Promise<Reply.Reply>

/** The user agrees at once: the browser is sent back with a code. */
const authorize: Action = ({ codes, next }, { query }) => {
  const { client_id, code_challenge, code_challenge_method, redirect_uri, response_type, state } = query
  const clientId = stringOf(client_id)
  const redirectUri = stringOf(redirect_uri)
  if (clientId === undefined) return refused("invalid_request", "client_id is required")
  if (response_type !== "code") return refused("unsupported_response_type", "response_type must be code")
  if (redirectUri === undefined || !URL.canParse(redirectUri)) {
    return refused("invalid_request", "redirect_uri is required, and a URL")
  }
  const code = next("code_")
  keep(codes, code, {
    clientId,
    redirectUri,
    challenge: stringOf(code_challenge),
    method: stringOf(code_challenge_method) ?? "plain"
  })
  const target = new URL(redirectUri)
  target.searchParams.set("code", code)
  if (state !== undefined) target.searchParams.set("state", String(state))
  return Reply.empty({ status: 302, headers: { location: target.href } })
}

const deviceCode: Action = ({ devices, next }, { body, url }, now) => {
  const clientId = stringOf(body["client_id"])
  if (clientId === undefined) return refused("invalid_request", "client_id is required")
  const code = next("device_")
  keep(devices, code, { clientId, since: now })
  return Reply.json({
    device_code: code,
    user_code: code.slice(-6).padStart(8, "A"),
    verification_uri: `${url.origin}/api/permission/oauth2/device`,
    interval: 1,
    expires_in: deviceLife
  })
}

const token: Action = async (state, incoming, now) => {
  const grant = stringOf(incoming.body["grant_type"]) ?? ""
  const answer = entryOf(grants, grant)
  return answer === undefined
    ? refused("unsupported_grant_type", `grant_type ${grant === "" ? "is required" : `'${grant}' is not supported`}`)
    : answer(state, incoming, now)
}

const actions: { readonly [name: string]: Action } = { authorize, "device/code": deviceCode, token }

const byCode: Action = async (state, { body, headers }, now) => {
  const code = stringOf(body["code"]) ?? ""
  const grant = take(state.codes, code)
  if (grant === undefined) return refused("invalid_grant", "the code is not known, or was used before")
  if (body["client_id"] !== grant.clientId) return refused("invalid_client", "the code belongs to another client")
  if (body["redirect_uri"] !== grant.redirectUri) return refused("invalid_grant", "redirect_uri is another one")
  if (grant.challenge === undefined) {
    const hasSecret = bearer(headers) !== undefined || stringOf(body["client_secret"]) !== undefined
    return hasSecret ? issue(state, grant.clientId, now) : refused("access_deny", "the client secret is required", 401)
  }
  const verifier = stringOf(body["code_verifier"]) ?? ""
  const challenge = grant.method === "S256" ? await sha256(verifier) : verifier
  return challenge === grant.challenge
    ? issue(state, grant.clientId, now)
    : refused("invalid_grant", "code_verifier is not that of the challenge")
}

const byRefresh: Action = (state, { body }, now) => {
  const clientId = take(state.refreshes, stringOf(body["refresh_token"]) ?? "")
  if (clientId === undefined) return refused("invalid_grant", "the refresh token is not known, or was used before")
  return clientId === body["client_id"]
    ? issue(state, clientId, now)
    : refused("invalid_client", "the refresh token belongs to another client")
}

/** The user of a device decides while a job takes its time. */
const byDevice: Action = (state, { body }, now) => {
  const code = stringOf(body["device_code"]) ?? ""
  const device = state.devices.get(code)
  if (device === undefined || device.clientId !== body["client_id"]) {
    return refused("invalid_grant", "the device code is not known, or was used before")
  }
  if (now >= device.since + deviceLife * 1000) return refused("expired_token", "the device code is too old")
  if (now < device.since + state.jobDuration) return refused("authorization_pending", "the user has not decided yet")
  state.devices.delete(code)
  return issue(state, device.clientId, now)
}

/** The signature is not checked: the emulator does not know the key. */
const byJwt: Action = (state, { body, headers }, now) => {
  const claims = claimsOf(bearer(headers) ?? "")
  const clientId = stringOf(claims?.["iss"])
  if (claims === undefined || clientId === undefined) return refused("invalid_client", "the JWT cannot be read", 401)
  const missing = ["aud", "exp", "iat", "jti"].find((name) => claims[name] === undefined)
  if (missing !== undefined) return refused("invalid_client", `the JWT has no ${missing}`, 401)
  if (Number(claims["exp"]) <= seconds(now)) return refused("invalid_client", "the JWT has expired", 401)
  const life = Number(body["duration_seconds"] ?? tokenLife)
  if (!(life > 0 && life <= 86_400)) return refused("invalid_request", "duration_seconds must be 1 to 86399")
  return issue(state, clientId, now, { life, isRenewable: false })
}

const grants: { readonly [type: string]: Action } = {
  authorization_code: byCode,
  refresh_token: byRefresh,
  "urn:ietf:params:oauth:grant-type:device_code": byDevice,
  "urn:ietf:params:oauth:grant-type:jwt-bearer": byJwt
}

const issue = (
  { next, refreshes, tokens }: State,
  clientId: string,
  now: number,
  { isRenewable, life } = { isRenewable: true, life: tokenLife }
): Reply.Reply => {
  const access = next("czu_")
  keep(tokens, access, now + life * 1000)
  const refresh = isRenewable ? next("refresh_") : undefined
  if (refresh !== undefined) keep(refreshes, refresh, clientId)
  return Reply.json({
    access_token: access,
    expires_in: seconds(now) + life,
    token_type: "Bearer",
    ...(refresh === undefined ? {} : { refresh_token: refresh })
  })
}

const bearer = (headers: Incoming["headers"]): string | undefined =>
  /^Bearer\s+(.+)$/i.exec(headers["authorization"] ?? "")?.[1]

const claimsOf = (jwt: string): JsonObject | undefined => {
  const parts = jwt.split(".")
  if (parts.length !== 3) return undefined
  try {
    const [header, payload] = parts
      .slice(0, 2)
      .map((part) => JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/"))))
    return isObject(payload) && isObject(header) && typeof header["kid"] === "string" ? payload : undefined
  } catch {
    return undefined
  }
}

const sha256 = async (text: string): Promise<string> =>
  base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))))
