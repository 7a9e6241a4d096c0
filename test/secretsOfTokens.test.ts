import { generateKeyPairSync } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ClaudeIdentity from "../src/anthropic/WorkloadIdentity.ts"
import * as CozeAuth from "../src/coze/CozeAuth.ts"
import * as GoogleCredentials from "../src/credentials/GoogleCredentials.ts"
import * as OpenAiIdentity from "../src/openai/WorkloadIdentity.ts"
import { settleSlowly } from "./support/settle.ts"
import { collectingShown, textsOfError } from "./support/shown.ts"

const secret = 'zq7/KEY+"0123456789=abcdef'
const redacted = Redacted.make(secret)
const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString()

const place = { clientId: "app-1", baseUrl: "https://auth.test" }
const code = { code: secret, redirectUrl: "https://app.test/back" }

/** Whatever asks for a token, and sends a secret for it. */
const programs: { readonly [name: string]: Effect.Effect<unknown, unknown, HttpClient.HttpClient> } = {
  "a code of Coze and a client's secret": CozeAuth.webToken({ ...place, clientSecret: redacted }, code),
  "a code of Coze and its verifier": CozeAuth.pkceToken(place, { ...code, codeVerifier: redacted }),
  "a refresh token of Coze": CozeAuth.refreshToken({ ...place, clientSecret: redacted }, redacted),
  "a device of Coze": CozeAuth.deviceToken(place, {
    deviceCode: redacted,
    userCode: "",
    verificationUrl: "",
    verificationUrlComplete: "",
    interval: 1,
    expiresAt: 0
  }),
  "a service identity of Coze": CozeAuth.jwtToken({ ...place, keyId: "k", privateKey: Redacted.make(pem) }),
  "a service account of Google": Effect.flatMap(
    GoogleCredentials.serviceAccount(
      Redacted.make(JSON.stringify({ client_email: "a@b", private_key: pem, token_uri: "https://auth.test/token" }))
    ),
    ({ get }) => get
  ),
  "a workload at OpenAI": Effect.flatMap(
    OpenAiIdentity.credential({
      identityProviderId: "i",
      serviceAccountId: "s",
      subjectToken: Effect.succeed(redacted),
      tokenUrl: "https://auth.test/token"
    }),
    ({ get }) => get
  ),
  "a workload at Anthropic": Effect.flatMap(
    ClaudeIdentity.credential({
      federationRuleId: "f",
      organizationId: "o",
      identityToken: Effect.succeed(redacted),
      baseUrl: "https://auth.test"
    }),
    ({ get }) => get
  )
}

const textOf = ({ body }: HttpClientRequest.HttpClientRequest): string => {
  const content = body._tag === "Uint8Array" || body._tag === "Raw" ? body.body : ""
  return content instanceof Uint8Array ? new TextDecoder().decode(content) : String(content)
}

/** The secrets that a request sends, apart from the names of what it asks for. */
const sentBy = (request: HttpClientRequest.HttpClientRequest): ReadonlyArray<string> => {
  const text = textOf(request)
  const fields: ReadonlyArray<unknown> = text.startsWith("{")
    ? Object.values(JSON.parse(text) as object)
    : [...new URLSearchParams(text).values()]
  const bearer = request.headers["authorization"]?.replace(/^Bearer /, "")
  return [...fields, bearer].filter(
    (value) => typeof value === "string" && (value.includes(secret) || /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value))
  ) as ReadonlyArray<string>
}

const spellings: ReadonlyArray<(text: string) => string> = [
  (text) => text,
  encodeURIComponent,
  (text) => encodeURIComponent(encodeURIComponent(text)).toLowerCase(),
  (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  (text) => text.replace(/[^\w]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`),
  (text) => btoa(`client:${text}`)
]

/** Where a token endpoint may repeat what it was sent. */
const places: { readonly [name: string]: (said: string) => Response } = {
  "an error": (said) =>
    Response.json(
      { error: said, error_description: said, error_code: said, error_message: said, msg: said, message: said },
      { status: 400 }
    ),
  "an error within an error": (said) =>
    Response.json({ type: "error", error: { type: said, message: said }, detail: { logid: said } }, { status: 401 }),
  "an error with status 200": (said) => Response.json({ error: said, error_description: said, code: 4100, msg: said }),
  "the type of the token": (said) =>
    Response.json({ access_token: "t", token_type: said, expires_in: 9, data: { access_token: 1, type: said } }),
  "an answer without a token": (said) => Response.json({ said, access_token: `${said}\n`, expires_in: said }),
  "a page": (said) => new Response(`<title>${said}</title>${said}`, { status: 502 }),
  "the headers": (said) =>
    new Response("{}", {
      status: 500,
      headers: { "x-request-id": said, "request-id": said, "x-tt-logid": said, "x-echo": said }
    }),
  "the target of a redirect": (said) =>
    new Response(said, { status: 307, headers: { location: `https://other.test/?a=${encodeURIComponent(said)}` } })
}

describe("a token endpoint", () => {
  for (const [name, program] of Object.entries(programs)) {
    it.effect(`shows nothing of what was sent to it, wherever it repeats it: ${name}`, () =>
      Effect.gen(function* () {
        for (const [where, replyOf] of Object.entries(places)) {
          for (const spell of spellings) {
            const sent = new Set<string>()
            const http = HttpClient.make((request) =>
              Effect.sync(() => {
                for (const one of sentBy(request)) sent.add(one)
                return HttpClientResponse.fromWeb(request, replyOf(spell([...sent].join(" ")).replace(/[^ -~]/g, "")))
              })
            )
            const texts: Array<string> = []
            const failing = Effect.exit(Effect.provide(program, Layer.succeed(HttpClient.HttpClient, http)))
            const exit = yield* settleSlowly(collectingShown(texts)(failing), "1 second")
            if (exit._tag === "Failure") texts.push(...exit.cause.reasons.flatMap((reason) => textsOfError(reason)))
            assert.isAbove(sent.size, 0, "nothing secret was sent")
            for (const text of texts) {
              for (const one of sent) {
                for (const form of [one, spell(one)]) assert.notInclude(text, form, where)
              }
            }
          }
        }
      })
    )
  }
})
