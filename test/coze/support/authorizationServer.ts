/** An authorization server as the platform has one: codes, PKCE, devices, signed assertions, refresh tokens. */
import { createHash, createPublicKey, verify } from "node:crypto"
import type { Reply as FakeReply, Sent } from "../../support/FakeHttp.ts"
import type { Reply as LoopbackReply } from "../../support/LoopbackServer.ts"

/** Settings of the server that tests choose. */
export interface Settings {
  /** Now, in seconds since 1970. */
  readonly now: () => number
  /** Of the tokens, in seconds. */
  readonly life?: number
  /** The result of each poll of a device: an OAuth error, or a token for `"granted"`. */
  readonly device?: (look: number) => string
  /** In PEM, of the service identity. */
  readonly publicKey?: string
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

type Fields = { readonly [field: string]: unknown }

const refusal = (error: string, status = 400): Answer => ({
  status,
  body: { error, error_code: error, error_message: `The server says ${error}` }
})

/** The server's state, and its answer to a request. */
export const authorizationServer = ({ device = () => "granted", life = 900, now, publicKey }: Settings) => {
  let issued = 0
  let looks = 0
  const refreshTokens = new Set<string>()
  const accessTokens: Array<string> = []
  const challenges = new Map<string, string>()
  const assertions: Array<{ readonly header: Fields; readonly claims: Fields; readonly body: Fields }> = []

  const issue = (withRefresh: boolean): Answer => {
    issued++
    const access_token = `access-${issued}`
    accessTokens.push(access_token)
    const token = { access_token, expires_in: now() + life, token_type: "Bearer" }
    if (!withRefresh) return { status: 200, body: token }
    const refresh_token = `refresh-${issued}`
    refreshTokens.add(refresh_token)
    return { status: 200, body: { ...token, refresh_token } }
  }

  const code = (body: Fields, bearer: string | undefined): Answer => {
    if (typeof body["code_verifier"] === "string") {
      const challenge = createHash("sha256").update(body["code_verifier"]).digest("base64url")
      return challenges.get(String(body["code"])) === challenge ? issue(true) : refusal("invalid_grant")
    }
    return bearer === "secret" && body["code"] === "code-1" ? issue(true) : refusal("invalid_client", 401)
  }

  const refresh = (body: Fields): Answer =>
    refreshTokens.delete(String(body["refresh_token"])) ? issue(true) : refusal("invalid_grant", 401)

  const assertion = (body: Fields, bearer: string | undefined): Answer => {
    const [header = "", claims = "", signature = ""] = bearer?.split(".") ?? []
    const isValid =
      publicKey !== undefined &&
      verify(
        "RSA-SHA256",
        Buffer.from(`${header}.${claims}`),
        createPublicKey(publicKey),
        Buffer.from(signature, "base64url")
      )
    if (!isValid) return refusal("invalid_assertion", 401)
    const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Fields
    assertions.push({ header: parse(header), claims: parse(claims), body })
    return issue(false)
  }

  const look = (): Answer => {
    const outcome = device(looks++)
    return outcome === "granted" ? issue(true) : refusal(outcome)
  }

  const token = (body: Fields, bearer: string | undefined): Answer => {
    switch (body["grant_type"]) {
      case "authorization_code":
        return code(body, bearer)
      case "refresh_token":
        return refresh(body)
      case "urn:ietf:params:oauth:grant-type:device_code":
        return look()
      case "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return assertion(body, bearer)
      default:
        return refusal("unsupported_grant_type")
    }
  }

  const answer = (path: string, body: Fields, authorization: string | undefined): Answer => {
    const bearer = authorization?.replace(/^Bearer /, "")
    if (path.endsWith("/device/code")) {
      return {
        status: 200,
        body: {
          device_code: "device-1",
          user_code: "ABCD-1234",
          verification_uri: "https://www.coze.test/activate",
          expires_in: 300,
          interval: 5
        }
      }
    }
    return path.endsWith("/token") ? token(body, bearer) : { status: 404, body: "" }
  }

  return {
    answer,
    /** Begins a login with PKCE, as the user's browser does: gives a code for the URL's challenge. */
    visit: (url: string): string => {
      const { searchParams } = new URL(url)
      const given = `pkce-${challenges.size + 1}`
      challenges.set(given, searchParams.get("code_challenge") ?? "")
      return given
    },
    assertions,
    looks: () => looks,
    issued: () => issued,
    /** Whether a token is the newest. */
    isCurrent: (accessToken: string) => accessTokens.at(-1) === accessToken,
    refreshTokens
  }
}

export type AuthorizationServer = ReturnType<typeof authorizationServer>

/** The server behind an `HttpClient` in virtual time. */
export const overFake =
  ({ answer }: AuthorizationServer) =>
  ({ headers, request, url }: Sent): FakeReply => {
    const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : "{}"
    return answer(new URL(url).pathname, JSON.parse(text) as Fields, headers["authorization"])
  }

/** The server on a loopback port. */
export const overLoopback =
  ({ answer }: AuthorizationServer): LoopbackReply =>
  ({ request, response }) => {
    const { body, status } = answer(
      request.url,
      JSON.parse(request.body || "{}") as Fields,
      request.headers.authorization
    )
    response.writeHead(status, { "content-type": "application/json", "x-tt-logid": "LOG-1" }).end(JSON.stringify(body))
  }
