import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { type RequestOptions, RetryPolicy } from "llmfx"
import { Cassette } from "llmfx/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { Coze } from "../../src/coze/Coze.ts"
import { OpenAi } from "../../src/openai/OpenAi.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver, probesOf } from "../support/probes.ts"
import { spellings } from "../support/spellings.ts"

const path = "recordings/secrets.json"

const letters = [..."abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789"]
const signs = [..."-_.~+/=:;,!#$%&'()*<>?@[]^`{|}\"\\"]

const coreOf = (length: number) =>
  fc.array(fc.constantFrom(...letters), { minLength: length, maxLength: length }).map((chars) => chars.join(""))

/** Keys of the shapes that vendors and gateways give out, with any signs that a header can hold. */
const keys = fc
  .tuple(
    fc.constantFrom("sk-", "sk-ant-api03-", "pat_", "", "Zq9/", "eyJhbGciOi.", "key:", "{"),
    coreOf(14),
    fc.array(fc.constantFrom(...signs), { maxLength: 4 }),
    coreOf(14)
  )
  .map(([prefix, start, middle, end]) => `${prefix}q7${start}${middle.join("")}${end}`)

const plainKeys = coreOf(28).map((core) => `k7Q${core}`)

/** Options of a layer and of a call that send a secret in one place. */
interface Sent {
  readonly layer?: {
    readonly headers?: { readonly [name: string]: string }
    readonly query?: { readonly [name: string]: string }
    readonly baseUrl?: string
    readonly transformClient?: (client: HttpClient.HttpClient) => HttpClient.HttpClient
  }
  readonly key?: string
  readonly call?: RequestOptions.RequestOptions
  readonly input?: { readonly [name: string]: unknown }
  /** What the server got, if it is not just the secret. */
  readonly received?: string
}

const rewritingUrl = (write: (url: string) => string): Sent => ({
  layer: {
    transformClient: (client) =>
      HttpClient.mapRequest(client, (request) => HttpClientRequest.setUrl(request, write(request.url)))
  }
})

/** Where a program may send a secret. */
const senders: { readonly [name: string]: (secret: string) => Sent } = {
  "as the key": (secret) => ({ key: secret }),
  "as a header of the layer": (secret) => ({ layer: { headers: { "x-gateway": secret } } }),
  "as a header of the call": (secret) => ({ call: { headers: { "x-team-access": `Token ${secret}` } } }),
  "as a password of basic authentication": (secret) => ({
    call: { headers: { "proxy-authorization": `Basic ${btoa(`me:${secret}`)}` } }
  }),
  "as a cookie": (secret) => ({
    call: { headers: { cookie: `theme=dark; session=${encodeURIComponent(secret)}; lang=en` } }
  }),
  "as a parameter of the layer": (secret) => ({ layer: { query: { code: secret } } }),
  "as a parameter of the call": (secret) => ({ call: { query: { "x-amz-signature": secret, "x-amz-expires": "60" } } }),
  "as a password in the URL": (secret) =>
    rewritingUrl((url) => url.replace("://", `://me:${encodeURIComponent(secret)}@`)),
  "as a user in the URL": (secret) => rewritingUrl((url) => url.replace("://", `://${encodeURIComponent(secret)}@`)),
  "in a body, under a telling name": (secret) => ({ input: { client_secret: secret, clientSecret: secret } })
}

/** Where a program may send a secret that needs a plain form. */
const plainSenders: { readonly [name: string]: (secret: string) => Sent } = {
  "in the path of the base URL": (secret) => ({ layer: { baseUrl: `http://api.test/${secret}/v1` } }),
  "as a password that is not percent-encoded well": (secret) => ({
    ...rewritingUrl((url) => url.replace("://", `://me:%zz${secret}@`)),
    received: `%zz${secret}`
  })
}

const eventsOf = (...data: ReadonlyArray<string>): Reply => ({
  headers: { "content-type": "text/event-stream" },
  parts: data.map((line) => `data: ${line}\n\n`)
})

/** Where a server may write what it was sent. */
const places: { readonly [name: string]: (said: string) => Reply } = {
  "an answer": (said) => ({ body: { ok: true, data: { ok: true, note: said, [said]: [said, { said }] } } }),
  "an error body": (said) => ({ status: 400, body: { error: { message: said, code: said }, msg: said, code: 4000 } }),
  "an error text": (said) => ({ status: 502, headers: { "content-type": "text/html" }, body: `<p>${said}</p>` }),
  "JSON with a number that is too long": (said) => ({ body: `{"ok":true,"id":12345678901234567890,"said":"${said}"}` }),
  headers: (said) => ({
    status: 500,
    headers: {
      "x-request-id": said,
      "request-id": said,
      "x-ratelimit-remaining": said,
      "content-disposition": said,
      "x-echo": said,
      location: said,
      "set-cookie": said
    }
  }),
  events: (said) => eventsOf(JSON.stringify({ type: "tick", delta: said }), JSON.stringify({ type: "end" })),
  "an error event": (said) => eventsOf(JSON.stringify({ type: "error", error: { message: said, code: said } }))
}

const layersOf = (sent: Sent) => {
  const common = { retry: RetryPolicy.none, ...sent.layer }
  const secret = Redacted.make(sent.key ?? "another-key-000111")
  return {
    openai: (http: Pick<FakeHttp, "layer">) =>
      Effect.provide(outcomesOf(probesOf(OpenAi), sent), openAiOver(http, { ...common, apiKey: secret })),
    anthropic: (http: Pick<FakeHttp, "layer">) =>
      Effect.provide(outcomesOf(probesOf(Anthropic), sent), anthropicOver(http, { ...common, apiKey: secret })),
    coze: (http: Pick<FakeHttp, "layer">) =>
      Effect.provide(outcomesOf(probesOf(Coze), sent), cozeOver(http, { ...common, token: secret }))
  }
}

const providers = ["openai", "anthropic", "coze"] as const

/** How a call and a stream end: the tag of the reason, or the number of events. */
const outcomesOf = <Id>(probes: ReturnType<typeof probesOf<Id>>, { call = {}, input = {} }: Sent) => {
  const given = { prompt: "hi", ...input }
  return Effect.all([
    Effect.match(probes.post(given, call), { onSuccess: () => "ok", onFailure: ({ reason }) => reason._tag }),
    Effect.match(Stream.runCount(probes.stream(given, call)), {
      onSuccess: String,
      onFailure: ({ reason }) => reason._tag
    })
  ])
}

const memory = (files: Map<string, string>) =>
  FileSystem.layerNoop({
    exists: (name) => Effect.succeed(files.has(name)),
    makeDirectory: () => Effect.void,
    readFileString: (name) => Effect.sync(() => files.get(name) ?? ""),
    writeFileString: (name, text) => Effect.sync(() => void files.set(name, text))
  })

/** Records the calls of a provider, replays them, and returns the file. */
const recorded = async (provider: (typeof providers)[number], sent: Sent, reply: Reply): Promise<string> => {
  const files = new Map<string, string>()
  const over = (mode: Cassette.Mode, network: FakeHttp) =>
    layersOf(sent)[provider]({
      layer: Layer.orDie(Cassette.layer({ path, mode })).pipe(Layer.provide(Layer.merge(network.layer, memory(files))))
    })
  const live = await Effect.runPromise(over("record", fakeHttp(reply)))
  const unreachable = fakeHttp({ breaks: "ECONNREFUSED" })
  assert.deepStrictEqual(await Effect.runPromise(over("replay", unreachable)), live)
  assert.strictEqual(unreachable.sent.length, 0)
  return files.get(path) ?? ""
}

/** Fails if a text holds a secret in one of the forms, or ten characters of its plain parts. */
const assertHidden = (text: string, secret: string, spelled: string): void => {
  const forms = [secret, spelled, encodeURIComponent(secret), btoa(secret).replace(/=+$/, "")]
  for (const form of forms) {
    for (const written of [
      form,
      JSON.stringify(form).slice(1, -1),
      JSON.stringify(JSON.stringify(form)).slice(3, -3)
    ]) {
      assert.notInclude(text, written)
    }
  }
  for (const part of secret.match(/[A-Za-z0-9]{10,}/g) ?? []) {
    for (let at = 0; at + 10 <= part.length; at++) assert.notInclude(text, part.slice(at, at + 10))
  }
}

describe("a cassette", () => {
  for (const [place, reply] of Object.entries(places)) {
    it(`holds no secret that a request carries and a server writes into ${place}, and still answers`, () =>
      fc.assert(
        fc.asyncProperty(
          keys,
          plainKeys,
          fc.constantFrom(...Object.keys(senders), ...Object.keys(plainSenders)),
          fc.constantFrom(...Object.keys(spellings)),
          fc.constantFrom(...providers),
          async (key, plainKey, sender, spelling, provider) => {
            const send = senders[sender]
            const given = send === undefined ? plainKey : key
            const sent = (send ?? plainSenders[sender])?.(given) ?? {}
            const secret = sent.received ?? given
            const said = spellings[spelling]?.(secret) ?? secret
            const text = await recorded(
              provider,
              sent,
              reply(place === "JSON with a number that is too long" ? JSON.stringify(said).slice(1, -1) : said)
            )
            assert.include(text, "/probe")
            assertHidden(text, secret, said)
          }
        ),
        { numRuns: 80 }
      ))
  }
})

const pemOf = (body: string, label: string): string =>
  `-----BEGIN ${label}-----\n${body.match(/.{1,16}/g)?.join("\n")}\n-----END ${label}-----\n`

/** Secrets of a server's own, which no request carries. */
const foreign: { readonly [name: string]: (core: string) => string } = {
  "a private key": (core) => pemOf(core, "PRIVATE KEY"),
  "a certificate": (core) => pemOf(core, "CERTIFICATE"),
  "a key of PGP": (core) => pemOf(core, "PGP PRIVATE KEY BLOCK"),
  "a private key that is cut off": (core) => pemOf(core, "RSA PRIVATE KEY").slice(0, -30),
  "a URL that AWS signed": (core) => `see https://b.test/f?X-Amz-Date=1&X-Amz-Signature=${core}&x=1 now`,
  "a URL that Azure signed": (core) => `https://b.test/f?se=2026&sp=r&sig=${core}%3D`,
  "a URL with a password": (core) => `go to https://me:${core}@b.test/f now`,
  "a URL with a token in its fragment": (core) => `https://b.test/done#state=1&access_token=${core}`,
  "a JWT": (core) => `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${core}`
}

/** How a URL or a block is written into a text that is not JSON of its own. */
const writings: { readonly [name: string]: (text: string) => string } = {
  "as it is": (text) => text,
  "with slashes escaped": (text) => text.replaceAll("/", "\\/"),
  "with ampersands escaped": (text) => text.replaceAll("&", "\\u0026"),
  "in HTML": (text) => text.replaceAll("&", "&amp;"),
  "in a string of JSON": (text) => JSON.stringify(text)
}

describe("a cassette of an answer with a secret of the server's own", () => {
  for (const [name, write] of Object.entries(foreign)) {
    it(`does not hold ${name}, under any name, however a stream is cut`, () =>
      fc.assert(
        fc.asyncProperty(
          plainKeys,
          fc.constantFrom(...Object.keys(writings)),
          fc.boolean(),
          fc.array(fc.nat(600), { maxLength: 4 }),
          fc.constantFrom(...providers),
          async (core, writing, isStream, cuts, provider) => {
            const text = writings[writing]?.(write(core)) ?? ""
            const body = { ok: true, type: "tick", delta: text, [`pem of ${text}`]: { any: [text] } }
            const whole = `data: ${JSON.stringify(body)}\n\ndata: {"type":"end"}\n\n`
            const at = [0, ...cuts.map((cut) => cut % whole.length), whole.length].sort((a, b) => a - b)
            const reply: Reply = isStream
              ? { parts: at.slice(1).map((end, index) => whole.slice(at[index], end)) }
              : { body }
            assertHidden(await recorded(provider, {}, reply), core, core)
          }
        ),
        { numRuns: 60 }
      ))
  }
})

describe("a cassette of a request for a token", () => {
  const bodies = {
    "a form": (fields: { readonly [name: string]: string }) =>
      HttpClientRequest.bodyUrlParams(HttpClientRequest.post("https://auth.test/token"), fields),
    JSON: (fields: { readonly [name: string]: string }) =>
      HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post("https://auth.test/token"), fields)
  }
  for (const [format, request] of Object.entries(bodies)) {
    it(`in ${format} holds nothing that it proves itself with, even if it is repeated, and still answers`, () =>
      fc.assert(
        fc.asyncProperty(
          keys,
          fc.constantFrom("client_secret", "refresh_token", "code", "code_verifier", "assertion", "subject_token"),
          fc.constantFrom(...Object.keys(spellings)),
          async (key, name, spelling) => {
            const files = new Map<string, string>()
            const said = spellings[spelling]?.(key) ?? key
            const send = (mode: Cassette.Mode, http: FakeHttp) =>
              HttpClient.execute(request({ grant_type: "any", client_id: "me", [name]: key })).pipe(
                Effect.flatMap(({ text }) => text),
                Effect.provide(
                  Layer.orDie(Cassette.layer({ path, mode })).pipe(
                    Layer.provide(Layer.merge(http.layer, memory(files)))
                  )
                ),
                Effect.runPromise
              )
            await send("record", fakeHttp({ status: 400, body: { error_description: said } }))
            const text = files.get(path) ?? ""
            assertHidden(text, key, said)
            assert.include(text, "client_id")
            assert.include(await send("replay", fakeHttp({ breaks: "ECONNREFUSED" })), "error_description")
          }
        ),
        { numRuns: 60 }
      ))
  }
})
