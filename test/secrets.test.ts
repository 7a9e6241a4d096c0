import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import { RequestOptions, RetryPolicy } from "llmfx"
import type { ApiError } from "../src/ApiError.ts"
import { Anthropic } from "../src/anthropic/Anthropic.ts"
import { Coze } from "../src/coze/Coze.ts"
import * as Credential from "../src/credentials/Credential.ts"
import { OpenAi, type Options } from "../src/openai/OpenAi.ts"
import { apiError, failureOf, streamFailure } from "./support/errors.ts"
import { type Reply as FakeReply, fakeHttp, type Sent } from "./support/FakeHttp.ts"
import {
  json,
  loopback,
  partial,
  type Received,
  type Reply,
  refusingUrl,
  resetBeforeHeaders,
  text
} from "./support/LoopbackServer.ts"
import { anthropicOver, cozeOver, fetchHttp, openAiOver, probes, probesOf } from "./support/probes.ts"

/** Has characters that a URL encodes. */
const secret = "zq9/s3cr3t+VALUE=a7"

/** A place for a secret in a call. */
interface Placement {
  readonly name: string
  readonly layer: (baseUrl: string) => Options
  readonly options?: (baseUrl: string) => RequestOptions.RequestOptions
}

const other = Redacted.make("another-key-000111")
const query = `key=${encodeURIComponent(secret)}`

const placements: ReadonlyArray<Placement> = [
  { name: "the API key", layer: (baseUrl) => ({ baseUrl, apiKey: Redacted.make(secret) }) },
  {
    name: "the admin key",
    layer: (baseUrl) => ({ baseUrl, apiKey: other, adminApiKey: Redacted.make(secret), headers: { "x-copy": secret } })
  },
  {
    name: "a credential that is an Effect",
    layer: (baseUrl) => ({ baseUrl, apiKey: Effect.sync(() => Redacted.make(secret)) })
  },
  {
    name: "a credential that can be refreshed",
    layer: (baseUrl) => ({
      baseUrl,
      apiKey: { get: Effect.sync(() => Redacted.make(secret)), refresh: () => Effect.void }
    })
  },
  { name: "a header of the layer", layer: (baseUrl) => ({ baseUrl, apiKey: other, headers: { "x-gateway": secret } }) },
  {
    name: "the Authorization header of the layer",
    layer: (baseUrl) => ({ baseUrl, apiKey: other, headers: { Authorization: `Bearer ${secret}` } })
  },
  { name: "a query parameter of the layer", layer: (baseUrl) => ({ baseUrl, apiKey: other, query: { key: secret } }) },
  {
    name: "several query parameters of the layer",
    layer: (baseUrl) => ({ baseUrl, apiKey: other, query: { auth: { keys: [secret] } } })
  },
  { name: "the query of the base URL", layer: (baseUrl) => ({ baseUrl: `${baseUrl}?${query}`, apiKey: other }) },
  {
    name: "a header of the call",
    layer: (baseUrl) => ({ baseUrl, apiKey: other }),
    options: () => ({ headers: { "x-gateway": secret } })
  },
  {
    name: "the Authorization header of the call",
    layer: (baseUrl) => ({ baseUrl, apiKey: other }),
    options: () => ({ headers: { authorization: `Token ${secret}` } })
  },
  {
    name: "a query parameter of the call",
    layer: (baseUrl) => ({ baseUrl, apiKey: other }),
    options: () => ({ query: { token: secret } })
  },
  {
    name: "the query of the call's base URL",
    layer: (baseUrl) => ({ baseUrl, apiKey: other }),
    options: (baseUrl) => ({ baseUrl: `${baseUrl}/other?${query}` })
  }
]

/** All that a server can say back of what it was sent. */
const echo = ({ headers, url }: Pick<Received, "headers" | "url">): string =>
  `${url} ${decodeURIComponent(url)} ${JSON.stringify(headers)}`

const echoing =
  (reply: (said: string, headers: { readonly [name: string]: string }) => Reply): Reply =>
  (exchange) => {
    const said = echo(exchange.request)
    const header = said.replaceAll(/[^ -~]/g, "")
    reply(said, { "x-request-id": header, "x-echo": header, "set-cookie": `a=${header}`, "x-pad": padded(header) })(
      exchange
    )
  }

/** Puts the secret at the length limit of headers, which cuts it. */
const padded = (text: string): string => `${"p".repeat(490)}${text}`

const eventStream = { "content-type": "text/event-stream" }

const replies: ReadonlyArray<readonly [name: string, reply: Reply]> = [
  [
    "an error body",
    echoing((said, headers) =>
      json(
        { error: { message: said, code: said, type: said, param: said, nested: { said } } },
        { status: 401, headers }
      )
    )
  ],
  [
    "an error text",
    echoing((said, headers) =>
      text(said, { status: 400, headers: { ...headers, "content-type": `text/${said.length}` } })
    )
  ],
  ["a long error text", echoing((said, headers) => text(`${"x".repeat(1990)}${said}`, { status: 500, headers }))],
  [
    "an error page",
    echoing((said, headers) =>
      text(`<title>${said}</title>${said}`, { status: 502, headers: { ...headers, "content-type": "text/html" } })
    )
  ],
  [
    "a page in place of an answer",
    echoing((said, headers) => text(`<title>${said}</title>`, { headers: { ...headers, "content-type": "text/html" } }))
  ],
  [
    "text in place of an answer",
    echoing((said, headers) => text(said, { headers: { ...headers, "content-type": "text/plain" } }))
  ],
  [
    "JSON that is none",
    echoing((said, headers) => text(said, { headers: { ...headers, "content-type": "application/json" } }))
  ],
  [
    "an answer of the wrong shape",
    echoing((said, headers) => json({ ok: said, [said]: said, type: [said] }, { headers }))
  ],
  [
    "an error in a successful answer",
    echoing((said, headers) => json({ error: { message: said, code: said } }, { headers }))
  ],
  [
    "a redirect",
    echoing((said, headers) =>
      text("", { status: 307, headers: { ...headers, location: `http://127.0.0.1:1/?${encodeURIComponent(said)}` } })
    )
  ],
  [
    "an error event",
    echoing((said, headers) =>
      partial(`data: ${JSON.stringify({ error: { message: said, code: said }, said })}\n\n`, "end", {
        headers: { ...headers, ...eventStream }
      })
    )
  ],
  [
    "an event of the wrong shape",
    echoing((said, headers) =>
      partial(`data: ${JSON.stringify({ type: [said] })}\n\n`, "end", { headers: { ...headers, ...eventStream } })
    )
  ],
  [
    "an event that is no JSON",
    echoing((said, headers) => partial(`data: ${said}\n\n`, "end", { headers: { ...headers, ...eventStream } }))
  ],
  [
    "a stream that breaks off",
    echoing((said, headers) =>
      partial(
        `data: ${JSON.stringify({ type: "response.output_text.delta", delta: said, usage: { said } })}\n\n`,
        "truncate",
        { headers: { ...headers, ...eventStream } }
      )
    )
  ],
  ["a broken connection", resetBeforeHeaders]
]

/** Everything that a program's user, logs and traces could show. */
interface Shown {
  readonly texts: Array<readonly [what: string, text: string]>
}

const showError = ({ texts }: Shown, error: ApiError): void => {
  texts.push(
    ["message", error.message],
    ["toString", String(error)],
    ["stack", String(error.stack)],
    ["JSON", JSON.stringify(error)],
    ["JSON of the reason", JSON.stringify({ ...error.reason })],
    ["inspect", inspect(error, { depth: 20 })],
    ["inspect with hidden properties", inspect(error, { depth: 20, showHidden: true })],
    ["inspect of the reason", inspect(error.reason, { depth: 20, showHidden: true })],
    ["cause", Cause.pretty(Cause.fail(error))],
    ["curl", error.toCurl()],
    ["request id", String(error.requestId)]
  )
}

const collecting = (shown: Shown) => {
  const logger = Logger.map(Logger.formatStructured, (entry) => {
    shown.texts.push(["log", inspect(entry, { depth: 20 })])
  })
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      const end = span.end.bind(span)
      span.end = (time: bigint, exit: Exit.Exit<unknown, unknown>) => {
        end(time, exit)
        shown.texts.push(
          ["span name", span.name],
          ["span attributes", inspect([...span.attributes], { depth: 20 })],
          ["span events", inspect(span._events, { depth: 20 })],
          ["span exit", exit._tag === "Failure" ? Cause.pretty(exit.cause) : inspect(span.status, { depth: 20 })]
        )
      }
      return span
    }
  })
  return <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    program.pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "Trace"),
      Effect.provideService(Tracer.Tracer, tracer)
    )
}

const assertHidden = ({ texts }: Shown): void => {
  for (const [what, text] of texts) {
    for (const form of [secret, encodeURIComponent(secret), new URLSearchParams({ s: secret }).toString().slice(2)]) {
      assert.isFalse(text.includes(form), `the ${what} shows the secret: ${text.slice(0, 2000)}`)
    }
    // A part of the secret, in case a length limit cuts it.
    assert.isFalse(text.includes(secret.slice(0, 8)), `the ${what} shows a part of the secret: ${text.slice(-300)}`)
  }
}

const settings: Options = {
  debug: { bodies: 5000 },
  retry: RetryPolicy.set(RetryPolicy.official, { maxRetries: 1, schedule: Schedule.recurs(1) })
}

/** Silent servers are answered for by the test's clock. */
const silent: { readonly [name: string]: (sent: Sent) => FakeReply } = {
  "a stream that goes silent": ({ headers, url }) => {
    const said = echo({ url, headers })
    const event = { type: "response.output_text.delta", delta: said, usage: { said } }
    return { headers: { "x-echo": said }, parts: [`data: ${JSON.stringify(event)}\n\n`, 3_600_000] }
  },
  "no answer in time": () => ({ delay: 3_600_000 })
}

/** The errors of a call and of a stream. */
const failing = (options: RequestOptions.RequestOptions) =>
  Effect.all([
    failureOf(probes.post({ prompt: "hi" }, options)),
    Effect.map(streamFailure(probes.stream({ prompt: "hi" }, options)), ({ error }) => apiError(error))
  ])

const assertWatched = ({ texts }: Shown): void => {
  assert.isAbove(texts.filter(([what]) => what === "log").length, 0)
  assert.isAbove(texts.filter(([what]) => what === "span attributes").length, 0)
}

for (const placement of placements) {
  describe(`a secret in ${placement.name}`, () => {
    for (const [name, reply] of replies) {
      it.live(`is not shown by ${name}`, () =>
        Effect.gen(function* () {
          const server = yield* loopback(reply)
          const shown: Shown = { texts: [] }
          const layer = openAiOver(fetchHttp, { ...settings, ...placement.layer(server.url) })
          const options = placement.options?.(server.url) ?? {}
          const errors = yield* failing(options).pipe(
            Effect.withSpan("program"),
            Effect.provide(layer),
            collecting(shown)
          )
          for (const error of errors) showError(shown, error)
          assert.isAbove(server.requests.length, 0)
          assert.isTrue(server.requests.some((request) => echo(request).includes(secret)))
          assertWatched(shown)
          assertHidden(shown)
        })
      )
    }

    for (const [name, reply] of Object.entries(silent)) {
      it.effect(`is not shown by ${name}`, () =>
        Effect.gen(function* () {
          const http = fakeHttp(reply)
          const shown: Shown = { texts: [] }
          const timeouts = { headers: 60, body: 60, firstEvent: 60, idle: 60 }
          const layer = openAiOver(http, { ...settings, timeouts, ...placement.layer("http://api.test") })
          const fiber = yield* failing(placement.options?.("http://api.test") ?? {}).pipe(
            Effect.withSpan("program"),
            Effect.provide(layer),
            collecting(shown),
            Effect.forkChild
          )
          yield* TestClock.adjust("10 seconds")
          for (const error of yield* Fiber.join(fiber)) {
            assert.strictEqual(error.reason._tag, "TimeoutError")
            showError(shown, error)
          }
          assert.isTrue(http.sent.every((request) => echo(request).includes(secret)))
          assertWatched(shown)
          assertHidden(shown)
        })
      )
    }

    it.live("is not shown by a refused connection", () =>
      Effect.gen(function* () {
        const url = yield* refusingUrl
        const shown: Shown = { texts: [] }
        const layer = openAiOver(fetchHttp, { ...settings, ...placement.layer(url) })
        yield* failureOf(probes.get({}, placement.options?.(url))).pipe(
          Effect.tap((error) => Effect.sync(() => showError(shown, error))),
          Effect.provide(layer),
          collecting(shown)
        )
        assertHidden(shown)
      })
    )

    it.live("is not shown by a successful call", () =>
      Effect.gen(function* () {
        const server = yield* loopback(echoing((_, headers) => json({ ok: true }, { headers })))
        const shown: Shown = { texts: [] }
        const layer = openAiOver(fetchHttp, { ...settings, ...placement.layer(server.url) })
        yield* probes
          .post({ prompt: "hi" }, placement.options?.(server.url))
          .pipe(Effect.provide(layer), collecting(shown))
        assert.isAbove(shown.texts.length, 2)
        assertHidden(shown)
      })
    )
  })
}

describe("other providers", () => {
  const failing = echoing((said, headers) =>
    json({ error: { message: said }, msg: said, code: 400 }, { status: 400, headers })
  )
  it.live("Anthropic's key is not shown", () =>
    Effect.gen(function* () {
      const server = yield* loopback(failing)
      const shown: Shown = { texts: [] }
      const layer = anthropicOver(fetchHttp, { ...settings, baseUrl: server.url, apiKey: Redacted.make(secret) })
      const error = yield* failureOf(probesOf(Anthropic).get({})).pipe(Effect.provide(layer), collecting(shown))
      showError(shown, error)
      assertHidden(shown)
    })
  )

  it.live("Coze's token is not shown", () =>
    Effect.gen(function* () {
      const server = yield* loopback(failing)
      const shown: Shown = { texts: [] }
      const layer = cozeOver(fetchHttp, { ...settings, baseUrl: server.url, token: Redacted.make(secret) })
      const error = yield* failureOf(probesOf(Coze).get({})).pipe(Effect.provide(layer), collecting(shown))
      showError(shown, error)
      assertHidden(shown)
    })
  )
})

describe("what is refused before anything is sent", () => {
  const configured = (baseUrl: string) =>
    Effect.flip(
      Layer.build(OpenAi.layer({ apiKey: other, baseUrl })).pipe(Effect.provide(fetchHttp.layer), Effect.scoped)
    )

  it.effect("a base URL with a password is refused without showing it", () =>
    Effect.gen(function* () {
      for (const baseUrl of [
        `http://user:${encodeURIComponent(secret)}@127.0.0.1:1`,
        `http://${encodeURIComponent(secret)}@h`
      ]) {
        const error = yield* configured(baseUrl)
        assert.include(error.message, "baseUrl")
        assert.include(error.message, "header")
        assertHidden({ texts: [["message", `${error.message}${inspect(error)}${JSON.stringify(error)}`]] })
      }
    })
  )

  it.effect("so is a call's base URL with a password", () =>
    Effect.gen(function* () {
      const baseUrl = `http://user:${encodeURIComponent(secret)}@127.0.0.1:1`
      const error = yield* failureOf(probes.get({}, { baseUrl })).pipe(Effect.provide(openAiOver(fetchHttp)))
      const shown: Shown = { texts: [] }
      showError(shown, error)
      assert.strictEqual(error.reason._tag, "RequestError")
      assertHidden(shown)
    })
  )

  it.effect("a key that no header can hold is refused without showing it", () =>
    Effect.gen(function* () {
      const layer = openAiOver(fetchHttp, { apiKey: Redacted.make(`${secret}\n`) })
      const error = yield* failureOf(probes.get({})).pipe(Effect.provide(layer))
      const shown: Shown = { texts: [] }
      showError(shown, error)
      assert.strictEqual(error.reason._tag, "RequestError")
      assertHidden(shown)
    })
  )

  it.effect("a header value with a line break is refused without showing it", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(probes.get({}, { headers: { "x-key": `${secret}\r\nx: y` } })).pipe(
        Effect.provide(openAiOver(fetchHttp))
      )
      const shown: Shown = { texts: [] }
      showError(shown, error)
      assert.strictEqual(error.reason._tag, "RequestError")
      assertHidden(shown)
    })
  )

  it.effect("what a credential says when it fails is shown without the secret of the layer", () =>
    Effect.gen(function* () {
      const apiKey = Effect.fail(new Credential.CredentialError({ message: `refused: ${secret}` }))
      const layer = openAiOver(fetchHttp, { apiKey, headers: { "x-gateway": secret } })
      const error = yield* failureOf(probes.get({})).pipe(Effect.provide(layer))
      const shown: Shown = { texts: [] }
      showError(shown, error)
      assert.strictEqual(error.reason._tag, "AuthenticationError")
      assertHidden(shown)
    })
  )
})

describe("toCurl", () => {
  it.live("gives a command with the input and with placeholders for secrets", () =>
    Effect.gen(function* () {
      const layer = openAiOver(fetchHttp, {
        ...settings,
        baseUrl: "http://127.0.0.1:1/v1?key=k1",
        apiKey: Redacted.make(secret),
        retry: RetryPolicy.none
      })
      const error = yield* failureOf(probes.post({ prompt: "it's" })).pipe(
        RequestOptions.withHeaders({ "x-gateway": "g" }),
        Effect.provide(layer)
      )
      const curl = error.toCurl()
      assert.include(curl, "-X 'POST'")
      assert.include(curl, `--data-raw '{"prompt":"it'\\''s"}'`)
      assert.include(curl, "x-gateway: <redacted>")
      assert.notInclude(curl, "k1")
    })
  )
})

describe("streams of bytes", () => {
  it.live("do not show a secret either", () =>
    Effect.gen(function* () {
      const server = yield* loopback(echoing((said, headers) => text(said, { status: 404, headers })))
      const shown: Shown = { texts: [] }
      const layer = openAiOver(fetchHttp, { ...settings, baseUrl: server.url, apiKey: Redacted.make(secret) })
      const { error } = yield* streamFailure(Stream.provide(probes.bytes({ id: "f" }), layer)).pipe(collecting(shown))
      showError(shown, apiError(error))
      assertHidden(shown)
    })
  )
})
