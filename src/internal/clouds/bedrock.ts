/** Shared by OpenAI's and Anthropic's layers on Amazon Bedrock. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import { RequestError } from "../../ApiError.ts"
import * as AwsCredentials from "../../credentials/AwsCredentials.ts"
import * as Credential from "../../credentials/Credential.ts"
import type { Authorize } from "../attempt/call.ts"
import { messageOf } from "../errors/messageOf.ts"
import { debugVariable, secretVariable, settings, variable, withSecret } from "../provider.ts"
import { amzDate, makeSigner, sha256 } from "./sigV4.ts"

/** Bedrock's two surfaces: `runtime` is its own API, `mantle` speaks the vendors' APIs. */
export type Surface = "runtime" | "mantle"

/** The layer's credential: an API key or access keys, not both. */
export interface CredentialOptions {
  /** A Bedrock API key. */
  readonly apiKey?: Credential.Input | undefined
  /** Access keys that sign every request (SigV4). */
  readonly credentials?: AwsCredentials.Input | undefined
}

/** Reads `AWS_BEARER_TOKEN_BEDROCK`, the access keys, `AWS_REGION` or `AWS_DEFAULT_REGION`, and `LLMFX_DEBUG`. */
export const environment = /*#__PURE__*/ Effect.map(
  /*#__PURE__*/ settings({
    apiKey: /*#__PURE__*/ secretVariable("AWS_BEARER_TOKEN_BEDROCK"),
    credentials: AwsCredentials.fromEnvironment,
    region: /*#__PURE__*/ variable("AWS_REGION"),
    defaultRegion: /*#__PURE__*/ variable("AWS_DEFAULT_REGION"),
    debug: debugVariable
  }),
  ({ apiKey, credentials, debug, defaultRegion, region }) => ({
    apiKey,
    credentials: apiKey === undefined ? credentials : undefined,
    region: region ?? defaultRegion,
    debug
  })
)

export const credentialProblems = ({ apiKey, credentials }: CredentialOptions): ReadonlyArray<string> => {
  if (apiKey !== undefined && credentials !== undefined) {
    return ["apiKey and credentials contradict each other: give one of them"]
  }
  return apiKey === undefined && credentials === undefined
    ? [
        "no credential: set AWS_BEARER_TOKEN_BEDROCK (or apiKey), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY " +
          "(or credentials: NodeAwsCredentials has profiles and the default chain)"
      ]
    : []
}

export const regionProblems = (region: string | undefined): ReadonlyArray<string> => {
  if (region === undefined) return ["no region: set AWS_REGION (or region)"]
  return /^[a-z]{2,8}(?:-[a-z0-9]+)+-\d+$/.test(region) ? [] : ["AWS_REGION (region) is no region, such as us-east-1"]
}

/** The origin of a surface. */
export const hostUrl = (surface: Surface, region: string): string =>
  surface === "mantle"
    ? `https://bedrock-mantle.${region}.api.aws`
    : `https://bedrock-runtime.${region}.${domains.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com"}`

const domains = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["us-iso-", "c2s.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"]
] as const

/** Authorizes with an API key as a bearer token, or with a signature. */
export const authorizeWith = (
  { apiKey, credentials }: CredentialOptions,
  surface: Surface,
  region: string
): Authorize => {
  if (credentials === undefined) {
    const credential: Credential.Credential =
      apiKey === undefined ? { get: Effect.fail(noCredential) } : Credential.make(apiKey)
    return withSecret(() => Effect.succeed(credential))
  }
  return signed(AwsCredentials.make(credentials), region, surface === "mantle" ? "bedrock-mantle" : "bedrock")
}

const noCredential = new Credential.CredentialError({ message: "This layer has no credential" })

const signed = (
  credential: Credential.Credential<AwsCredentials.AccessKeys>,
  region: string,
  service: string
): Authorize => {
  const sign = makeSigner({ region, service })
  return (request) =>
    Effect.flatMap(credential.get, (keys) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.map(withSignature(request, keys, sign, now), (ready) => ({
          request: ready,
          secrets: [keys.secretAccessKey, keys.sessionToken].flatMap((secret) =>
            secret === undefined ? [] : [Redacted.value(secret)]
          ),
          refresh: credential.refresh?.(keys)
        }))
      )
    )
}

/** Proxies and instrumentation add or replace these headers on the way, which would break a signature over them. */
const unsigned =
  /^(authorization|cache-control|connection|expect|from|keep-alive|max-forwards|pragma|referer|te|trailer|transfer-encoding|upgrade|user-agent|x-amzn-trace-id|traceparent|tracestate|baggage|b3|x-b3-.*|proxy-.*|sec-.*)$/

const withSignature = (
  request: HttpClientRequest.HttpClientRequest,
  keys: AwsCredentials.AccessKeys,
  sign: ReturnType<typeof makeSigner>,
  now: number
): Effect.Effect<HttpClientRequest.HttpClientRequest, RequestError> => {
  const body = bytesOf(request.body)
  if (body === undefined) {
    return Effect.fail(
      new RequestError({
        message: "A request with a form or a stream cannot be signed for AWS; use a Bedrock API key for it"
      })
    )
  }
  return Effect.tryPromise({
    try: async () => {
      const url = new URL(request.url)
      const date = amzDate(now)
      const added: Record<string, string> = { "x-amz-date": date, "x-amz-content-sha256": await sha256(body) }
      if (keys.sessionToken !== undefined) added["x-amz-security-token"] = Redacted.value(keys.sessionToken)
      const prepared = HttpClientRequest.setHeaders(request, added)
      const headers = Object.entries(prepared.headers).filter(([name]) => !unsigned.test(name) && name !== "host")
      const authorization = await sign(
        {
          method: request.method,
          path: url.pathname,
          query: url.search.slice(1),
          headers: [...headers, ["host", url.host]],
          body
        },
        { accessKeyId: keys.accessKeyId, secretAccessKey: Redacted.value(keys.secretAccessKey) },
        date
      )
      return HttpClientRequest.setHeader(prepared, "authorization", authorization)
    },
    catch: (thrown) => new RequestError({ message: `The request cannot be signed: ${messageOf(thrown)}` })
  })
}

const bytesOf = (body: HttpBody.HttpBody): Uint8Array<ArrayBuffer> | undefined => {
  switch (body._tag) {
    case "Empty":
      return new Uint8Array()
    case "Uint8Array":
      return new Uint8Array(body.body)
    case "Raw":
      return typeof body.body === "string" ? new TextEncoder().encode(body.body) : undefined
    default:
      return undefined
  }
}
