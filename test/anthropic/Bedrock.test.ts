import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Credential, RequestOptions, RetryPolicy } from "llmfx"
import { type Anthropic, BetaMessages, Completions, Files, Messages, MessagesBatches, Models } from "llmfx/anthropic"
import * as Bedrock from "llmfx/anthropic/Bedrock"
import * as AwsCredentials from "llmfx/credentials/AwsCredentials"
import { chunk, exception, frame, joined, signatureProblem } from "../support/aws.ts"
import { recorded } from "../support/cloudRequests.ts"
import { apiError, failureOf, reasonOf, streamFailure } from "../support/errors.ts"
import { fakeHttp, type Sent } from "../support/FakeHttp.ts"
import { json, loopback, type Received, text } from "../support/LoopbackServer.ts"
import { message, messageEvents } from "../support/message.ts"

const secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
const keys: AwsCredentials.AccessKeys = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: Redacted.make(secretKey),
  sessionToken: Redacted.make("session/token+1==")
}
const known = { AKIDEXAMPLE: { secret: secretKey, token: "session/token+1==" } }
const signed: Bedrock.Options = { region: "us-west-2", credentials: keys, retry: RetryPolicy.none }
const model = "us.anthropic.claude-sonnet-5-v1:0"
const hi = { model, max_tokens: 16, messages: [{ role: "user" as const, content: "hí" }] }
const countable = { model, messages: hi.messages }
const events = messageEvents("hellö 🌍").map((event) =>
  event.type === "message_stop"
    ? { ...event, "amazon-bedrock-invocationMetrics": { inputTokenCount: 3, firstByteLatency: 200 } }
    : event
)
const at = Date.UTC(2026, 0, 2, 3, 4, 5)
const eventStream = { headers: { "content-type": "application/vnd.amazon.eventstream" } }

const on = (options: Bedrock.Options, http: ReturnType<typeof fakeHttp>) =>
  Effect.provide(Layer.provide(Bedrock.layer(options), http.layer))

/** A request without the headers in which a client describes itself. */
const shape = ({ body, headers, method, url }: Sent) => {
  const { "user-agent": _, "x-amz-content-sha256": __, authorization = "", ...rest } = headers
  return { method, url, body, headers: { ...rest, authorization: authorization.split(", SignedHeaders")[0] } }
}

const arrived = ({ body, headers, method, url }: Received) => ({ method, url, headers, body })

/** A server that answers only what is signed, and the client that calls it. */
const server = (reply: Parameters<typeof loopback>[0], options: Bedrock.Options = signed) =>
  Effect.map(
    loopback((exchange) => {
      const problem = signatureProblem(arrived(exchange.request), known, Date.now())
      if (problem === undefined) reply(exchange)
      else json({ message: problem }, { status: 403 })(exchange)
    }),
    (running) => ({
      running,
      layer: Bedrock.layer({ ...options, baseUrl: running.url }).pipe(Layer.provide(FetchHttpClient.layer))
    })
  )

const legacy = { model: "claude-2.1", max_tokens_to_sample: 9, prompt: "\n\nHuman: hi\n\nAssistant:" }

describe("Anthropic on Bedrock", () => {
  describe("sends what the official client sends", () => {
    const beta = { ...hi, betas: ["a-2025-01-01", "b-2025-02-02"], user_profile_id: "p1" }
    const mantle: Bedrock.Options = {
      ...signed,
      surface: "mantle",
      credentials: { ...keys, sessionToken: undefined },
      headers: { accept: "application/json" }
    }
    const cases = [
      ["bedrock create", signed, Messages.create(hi)],
      [
        "bedrock arn",
        signed,
        Messages.create({
          ...hi,
          model: "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5-v1:0"
        })
      ],
      ["bedrock stream", signed, Messages.stream.raw(hi)],
      ["bedrock beta", signed, BetaMessages.create(beta)],
      ["bedrock key", { region: "us-west-2", apiKey: Redacted.make("bedrock-api-key-1") }, Messages.create(hi)],
      ["mantle create", mantle, Messages.create({ ...hi, user_profile_id: "p1" })],
      ["mantle stream", mantle, Messages.stream.raw(hi)],
      ["mantle count", mantle, Messages.countTokens(countable)]
    ] as const
    for (const [name, options, call] of cases) {
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* TestClock.setTime(at)
          const http = fakeHttp({ body: { ...message, input_tokens: 3 } })
          yield* on(options, http)(call as Effect.Effect<unknown, unknown, Anthropic>)
          const [sent] = http.sent
          if (sent === undefined) throw new Error("nothing was sent")
          expect(shape(sent)).toEqual(recorded[name])
        })
      )
    }
  })

  it.live("answers with the message when the signature is right", () =>
    Effect.gen(function* () {
      const { layer } = yield* server(json(message))
      const answer = yield* Effect.provide(Messages.create(hi), layer)
      expect(answer.content).toEqual(message.content)
    }).pipe(Effect.scoped)
  )

  it.live("is refused with the wrong key", () =>
    Effect.gen(function* () {
      const { layer } = yield* server(json(message), {
        ...signed,
        credentials: { ...keys, secretAccessKey: Redacted.make("another-secret-key") }
      })
      const error = apiError(yield* failureOf(Effect.provide(Messages.create(hi), layer)))
      expect(reasonOf(error, "PermissionDeniedError").message).toBe("the signature does not match")
    }).pipe(Effect.scoped)
  )

  describe("streams", () => {
    it.live("give the same events as the vendor's own", () =>
      Effect.gen(function* () {
        const { layer } = yield* server(text(joined(...events.map(chunk)), eventStream))
        const got = yield* Stream.runCollect(Stream.provide(Messages.stream(hi), layer))
        expect(got).toEqual(events)
      }).pipe(Effect.scoped)
    )

    it.live("are read from server-sent events too, as a gateway may send them", () =>
      Effect.gen(function* () {
        const sse = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
        const { layer } = yield* server(text(sse, { headers: { "content-type": "text/event-stream" } }))
        expect(yield* Stream.runCollect(Stream.provide(Messages.stream(hi), layer))).toEqual(events)
      }).pipe(Effect.scoped)
    )

    it.live("skip what is not an event of the API", () =>
      Effect.gen(function* () {
        const other = frame({ ":message-type": "event", ":event-type": "metadata" }, "{}")
        const bytes = joined(chunk({ keep: "alive" }), other, ...events.map(chunk))
        const { layer } = yield* server(text(bytes, eventStream))
        expect(yield* Stream.runCollect(Stream.provide(Messages.stream(hi), layer))).toEqual(events)
      }).pipe(Effect.scoped)
    )

    const failing = (...tail: ReadonlyArray<Uint8Array>) =>
      Effect.gen(function* () {
        const { layer } = yield* server(text(joined(...events.slice(0, 3).map(chunk), ...tail), eventStream))
        const { error, values } = yield* streamFailure(Stream.provide(Messages.stream(hi), layer))
        expect(values).toEqual(events.slice(0, 3))
        return apiError(error)
      }).pipe(Effect.scoped)

    const exceptions = [
      ["throttlingException", "RateLimitError"],
      ["validationException", "InvalidRequestError"],
      ["internalServerException", "ServerError"],
      ["serviceUnavailableException", "ServerError"],
      ["modelTimeoutException", "ServerError"],
      ["modelStreamErrorException", "ServerError"],
      ["modelNotReadyException", "RateLimitError"]
    ] as const
    for (const [type, tag] of exceptions) {
      it.live(`an ${type} within is a ${tag}`, () =>
        Effect.gen(function* () {
          const error = yield* failing(exception(type, { message: "It broke", originalStatusCode: 500 }))
          const reason = reasonOf(error, tag)
          expect([reason.type, reason.message]).toEqual([type, "It broke"])
        })
      )
    }

    it.live("an error frame within is an error of its code", () =>
      Effect.gen(function* () {
        const error = yield* failing(
          frame({ ":message-type": "error", ":error-code": "InternalFailure", ":error-message": "Oh" }, "")
        )
        expect(reasonOf(error, "ServerError").message).toBe("Oh")
      })
    )

    it.live("an error of the vendor within is one", () =>
      Effect.gen(function* () {
        const event = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
        expect((yield* failing(chunk(event))).reason._tag).toBe("OverloadedError")
      })
    )

    it.live("that break off are truncated", () =>
      Effect.gen(function* () {
        const error = yield* failing(chunk(events[3]).subarray(0, 40))
        expect(reasonOf(error, "StreamTruncatedError").partial.text).toBe("hellö 🌍")
      })
    )

    it.live("that are damaged fail", () =>
      Effect.gen(function* () {
        const damaged = chunk(events[3])
        damaged[50] = (damaged[50] ?? 0) ^ 1
        expect(reasonOf(yield* failing(damaged), "UnexpectedResponseError").message).toMatch(/damaged/)
      })
    )
  })

  describe("refuses what Bedrock lacks, before sending", () => {
    const runtime = [
      ["messages.countTokens", Messages.countTokens(countable)],
      ["messages.batches.list", MessagesBatches.list.page()],
      ["models.list", Models.list.page()],
      ["files.list", Files.list.page()],
      ["completions.create", Completions.create(legacy)],
      ["completions.create:stream", Stream.runDrain(Completions.stream(legacy))]
    ] as const
    for (const [id, call] of runtime) {
      it.effect(id, () =>
        Effect.gen(function* () {
          const http = fakeHttp({})
          const error = yield* failureOf(on(signed, http)(call as Effect.Effect<unknown, unknown, Anthropic>))
          expect(reasonOf(apiError(error), "RequestError").message).toContain(`does not serve ${id}`)
          expect(http.sent).toEqual([])
        })
      )
    }

    it.effect("on the mantle: all but messages, their counts and batches", () =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: { data: [] } })
        const mantle = on({ ...signed, surface: "mantle" }, http)
        expect(apiError(yield* failureOf(mantle(Models.list.page()))).reason._tag).toBe("RequestError")
        yield* mantle(MessagesBatches.list.page())
        expect(http.sent.map(({ url }) => url)).toEqual([
          "https://bedrock-mantle.us-west-2.api.aws/anthropic/v1/messages/batches"
        ])
      })
    )
  })

  describe("credentials", () => {
    it.effect("are fetched again, and the call replayed once, when they have expired", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(at)
        let turn = 0
        const credentials = yield* AwsCredentials.fromProvider(async () => ({
          accessKeyId: `AKID${++turn}`,
          secretAccessKey: secretKey,
          expiration: new Date(at + 3_600_000)
        }))
        const expired = {
          status: 403,
          headers: { "x-amzn-errortype": "ExpiredTokenException:http://internal.amazon.com/" },
          body: { message: "The security token included in the request is expired" }
        }
        const http = fakeHttp(expired, { body: message })
        yield* on({ ...signed, credentials }, http)(Messages.create(hi))
        const ids = http.sent.map(({ headers }) => /AKID\d/.exec(headers["authorization"] ?? "")?.[0])
        expect(ids).toEqual(["AKID1", "AKID2"])
        const always = fakeHttp(expired)
        const error = apiError(yield* failureOf(on({ ...signed, credentials }, always)(Messages.create(hi))))
        expect(reasonOf(error, "PermissionDeniedError").type).toBe("ExpiredTokenException")
        expect(always.sent).toHaveLength(2)
      })
    )

    it.effect("are not fetched again for a refusal of another kind", () =>
      Effect.gen(function* () {
        const credentials = yield* AwsCredentials.fromProvider(async () => ({
          accessKeyId: "AKID",
          secretAccessKey: secretKey
        }))
        const http = fakeHttp({ status: 403, body: { message: "You don't have access to the model" } })
        yield* failureOf(on({ ...signed, credentials }, http)(Messages.create(hi)))
        expect(http.sent).toHaveLength(1)
      })
    )

    it.effect("are renewed before they expire", () =>
      Effect.gen(function* () {
        let turn = 0
        const acquire = Effect.map(Clock.currentTimeMillis, (now) => ({
          value: { ...keys, accessKeyId: `AKID${++turn}` },
          expiresAt: now + 600_000
        }))
        const credentials = yield* Credential.cached<AwsCredentials.AccessKeys>({ acquire })
        const http = fakeHttp({ body: message })
        const call = on({ ...signed, credentials }, http)(Messages.create(hi))
        yield* call
        yield* TestClock.adjust("7 minutes")
        yield* call
        yield* TestClock.adjust("2.9 minutes")
        yield* call
        expect(http.sent.map(({ headers }) => /AKID\d/.exec(headers["authorization"] ?? "")?.[0])).toEqual([
          "AKID1",
          "AKID1",
          "AKID2"
        ])
      })
    )

    it.effect("that cannot be had fail with AuthenticationError", () =>
      Effect.gen(function* () {
        const credentials = yield* AwsCredentials.fromProvider(() =>
          Promise.reject(new Error("Could not load credentials from any providers"))
        )
        const http = fakeHttp({})
        const error = apiError(yield* failureOf(on({ ...signed, credentials }, http)(Messages.create(hi))))
        expect(reasonOf(error, "AuthenticationError").message).toMatch(/Could not load credentials/)
      })
    )

    it.effect("stay out of errors", () =>
      Effect.gen(function* () {
        const http = fakeHttp({ status: 400, body: { message: `bad: ${secretKey} session/token+1==` } })
        const error = apiError(yield* failureOf(on(signed, http)(Messages.create(hi))))
        const shown = JSON.stringify(error) + error.message + error.toCurl()
        expect(shown).toContain("bad: ")
        expect(shown).not.toContain(secretKey)
        expect(shown).not.toContain("session/token")
      })
    )

    it.effect("are for the layer's own origin", () =>
      Effect.gen(function* () {
        const http = fakeHttp({})
        const call = RequestOptions.withOptions(Messages.create(hi), { baseUrl: "https://elsewhere.example" })
        expect(apiError(yield* failureOf(on(signed, http)(call))).reason._tag).toBe("RequestError")
        expect(http.sent).toEqual([])
      })
    )

    it.effect("are left out if the call removes them, as for a gateway that has its own", () =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: message })
        yield* on({ ...signed, headers: { authorization: null } }, http)(Messages.create(hi))
        expect(http.sent[0]?.headers["authorization"]).toBeUndefined()
      })
    )
  })

  describe("errors", () => {
    it.effect("have the type that the header names", () =>
      Effect.gen(function* () {
        const reply = {
          status: 400,
          headers: { "x-amzn-errortype": "ValidationException:http://x/", "x-amzn-requestid": "req-1" },
          body: { message: "The provided model identifier is invalid." }
        }
        const error = apiError(yield* failureOf(on(signed, fakeHttp(reply))(Messages.create(hi))))
        expect(reasonOf(error, "InvalidRequestError").type).toBe("ValidationException")
        expect(error.requestId).toBe("req-1")
      })
    )

    it.effect("of the model are not those of the request", () =>
      Effect.gen(function* () {
        const reply = {
          status: 424,
          headers: { "x-amzn-errortype": "ModelErrorException" },
          body: { message: "The model failed" }
        }
        const error = apiError(yield* failureOf(on(signed, fakeHttp(reply))(Messages.create(hi))))
        expect(error.reason._tag).toBe("ServerError")
      })
    )
  })

  it.effect("a model that cannot be part of the path is refused", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      for (const bad of ["", "..", "."]) {
        const error = apiError(yield* failureOf(on(signed, http)(Messages.create({ ...hi, model: bad }))))
        expect(error.reason._tag).toBe("RequestError")
      }
      expect(http.sent).toEqual([])
    })
  )

  it.effect("edits of a call are in the body, and its own version wins", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: message })
      const call = RequestOptions.withOptions(Messages.create(hi), {
        body: { anthropic_version: "bedrock-2023-05-31", top_k: 5 }
      })
      yield* on(signed, http)(call)
      expect(http.sent[0]?.body).toMatchObject({ anthropic_version: "bedrock-2023-05-31", top_k: 5 })
    })
  )

  it.live("long requests can be streamed", () =>
    Effect.gen(function* () {
      const { layer, running } = yield* server(text(joined(...events.map(chunk)), eventStream), {
        ...signed,
        longRequests: "stream"
      })
      const answer = yield* Effect.provide(Messages.create({ ...hi, max_tokens: 100_000 }), layer)
      expect(answer.content).toMatchObject([{ type: "text", text: "hellö 🌍" }])
      expect(running.requests[0]?.url).toBe(`/model/${model}/invoke-with-response-stream`)
    }).pipe(Effect.scoped)
  )

  describe("configuration", () => {
    const problemsOf = (options: Bedrock.Options) =>
      Effect.map(failureOf(on(options, fakeHttp({}))(Messages.create(hi))), (error) =>
        error._tag === "ConfigurationError" ? error.problems.join("; ") : error.message
      )

    it.effect("says what is missing or contradictory", () =>
      Effect.gen(function* () {
        expect(yield* problemsOf({})).toMatch(/no region.*no credential/)
        expect(yield* problemsOf({ region: "evil.example/", credentials: keys })).toMatch(/is no region/)
        expect(
          yield* problemsOf({ region: "us-east-1", credentials: keys, apiKey: Redacted.make("k-123456") })
        ).toMatch(/contradict/)
      })
    )

    const sentWith = (env: object, overrides?: Bedrock.Options) =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: message })
        yield* Messages.create(hi).pipe(
          Effect.provide(Layer.provide(Bedrock.layerConfig(overrides), http.layer)),
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env))
        )
        const [sent] = http.sent
        return [new URL(sent?.url ?? "").host, sent?.headers["authorization"]?.replace(/, .*/, "")]
      })

    const access = { AWS_ACCESS_KEY_ID: "AKIDENV", AWS_SECRET_ACCESS_KEY: "s-123456", AWS_REGION: "eu-west-1" }

    it.effect("comes from the environment", () =>
      Effect.gen(function* () {
        expect(yield* sentWith(access)).toEqual([
          "bedrock-runtime.eu-west-1.amazonaws.com",
          "AWS4-HMAC-SHA256 Credential=AKIDENV/19700101/eu-west-1/bedrock/aws4_request"
        ])
        expect(yield* sentWith({ ...access, AWS_BEARER_TOKEN_BEDROCK: "key-123456" })).toEqual([
          "bedrock-runtime.eu-west-1.amazonaws.com",
          "Bearer key-123456"
        ])
      })
    )

    it.effect("gives way to what the program says", () =>
      Effect.gen(function* () {
        const env = { ...access, AWS_BEARER_TOKEN_BEDROCK: "key-123456" }
        expect(yield* sentWith(env, { credentials: keys, region: "cn-north-1" })).toEqual([
          "bedrock-runtime.cn-north-1.amazonaws.com.cn",
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/19700101/cn-north-1/bedrock/aws4_request"
        ])
      })
    )
  })
})
