import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { WebhookStore, Webhooks } from "llmfx"
import * as AnthropicReceiver from "../../src/anthropic/WebhookReceiver.ts"
import type * as OpenAiEvents from "../../src/openai/api/WebhookEvents.ts"
import * as OpenAiReceiver from "../../src/openai/WebhookReceiver.ts"

const keyBytes = Buffer.from("a key of thirty-two bytes, really")
const secret = `whsec_${keyBytes.toString("base64")}`
const oldKey = Buffer.from("the key before it")
const now = 1_800_000_000

const sign = (id: string, timestamp: number | string, body: string | Uint8Array, key: Buffer = keyBytes): string =>
  `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`

const event = (type = "response.completed") =>
  JSON.stringify({ id: "evt_1", type, created_at: now, data: { id: "resp_1" }, object: "event" })

const delivery = (
  options: {
    readonly body?: string | Uint8Array
    readonly id?: string
    readonly timestamp?: number | string
    readonly signature?: string
  } = {}
): Webhooks.Delivery => {
  const { body = event(), id = "wh_1", timestamp = now } = options
  return {
    body,
    headers: {
      "Webhook-Id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": options.signature ?? sign(id, timestamp, body)
    }
  }
}

const secrets = [Redacted.make(secret)] as const
const receiver = OpenAiReceiver.make({ secrets })

const atNow = TestClock.setTime(now * 1000)

const tagOf = (program: Effect.Effect<unknown, { readonly _tag: string }>) =>
  Effect.match(Effect.andThen(atNow, program), { onSuccess: () => "accepted", onFailure: ({ _tag }) => _tag })

describe("a delivery", () => {
  it.effect("that is signed is decoded", () =>
    Effect.gen(function* () {
      yield* atNow
      const received = yield* receiver.receive(delivery())
      assert.strictEqual(received.id, "wh_1")
      assert.strictEqual(received.timestamp, now * 1000)
      assert.strictEqual(received.event.type === "response.completed" && received.event.data.id, "resp_1")
    })
  )

  it.effect("of the specification's own example is genuine", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_614_265_330_000)
      const example = Webhooks.make(
        { schema: Schema.Struct({ test: Schema.Number }), plainSecret: "base64" },
        { secrets: [Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")] }
      )
      const { event } = yield* example.receive(
        delivery({
          id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
          timestamp: 1_614_265_330,
          body: '{"test": 2432232314}',
          signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        })
      )
      assert.strictEqual(event.test, 2_432_232_314)
    })
  )

  it.effect("is verified as bytes, whatever they are", () =>
    Effect.gen(function* () {
      const body = new Uint8Array([0xff, 0xfe, 0x00])
      assert.strictEqual(yield* tagOf(receiver.receive(delivery({ body }))), "InvalidEventError")
      const other = new Uint8Array([0xfd, 0xfe, 0x00])
      const forged = delivery({ body: other, signature: sign("wh_1", now, body) })
      assert.strictEqual(yield* tagOf(receiver.receive(forged)), "InvalidSignatureError")
    })
  )

  it.effect("with an event that is not known yet is let through", () =>
    Effect.gen(function* () {
      yield* atNow
      const { event: received } = yield* receiver.receive(delivery({ body: event("dream.ended") }))
      assert.deepInclude(received, { type: "~unknown", tag: "dream.ended" })
    })
  )

  for (const [name, changes] of [
    ["body", { body: event("batch.completed") }],
    ["id", { id: "wh_2" }],
    ["timestamp", { timestamp: now + 1 }]
  ] as const) {
    it.effect(`whose ${name} was changed is refused`, () =>
      Effect.gen(function* () {
        const changed = delivery({ ...changes, signature: sign("wh_1", now, event()) })
        assert.strictEqual(yield* tagOf(receiver.receive(changed)), "InvalidSignatureError")
      })
    )
  }

  for (const [age, outcome] of [
    [300, "accepted"],
    [301, "InvalidTimestampError"],
    [-300, "accepted"],
    [-301, "InvalidTimestampError"]
  ] as const) {
    it.effect(`that was signed ${age} seconds ago is ${outcome}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* tagOf(receiver.receive(delivery({ timestamp: now - age }))), outcome)
      })
    )
  }

  for (const timestamp of ["soon", "1e9", "-1", "12.5", " 1", "9".repeat(30)]) {
    it.effect(`whose timestamp is ${JSON.stringify(timestamp)} is refused`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* tagOf(receiver.receive(delivery({ timestamp }))), "InvalidHeadersError")
      })
    )
  }

  for (const name of ["Webhook-Id", "webhook-timestamp", "webhook-signature"]) {
    it.effect(`without ${name} is refused, and the error says so`, () =>
      Effect.gen(function* () {
        const { body, headers } = delivery()
        const error = yield* Effect.flip(receiver.receive({ body, headers: { ...headers, [name]: undefined } }))
        assert.include(error.message, name.toLowerCase())
      })
    )
  }

  it.effect("may have several signatures, of which one has to match", () =>
    Effect.gen(function* () {
      const right = sign("wh_1", now, event())
      const wrong = sign("wh_1", now, event(), oldKey)
      const junk = ["v1,", "v1,%%%", "v1a,AAAA", "x", ...Array.from({ length: 500 }, () => wrong)].join(" ")
      assert.strictEqual(yield* tagOf(receiver.receive(delivery({ signature: `${junk} ${right}` }))), "accepted")
      assert.strictEqual(yield* tagOf(receiver.receive(delivery({ signature: junk }))), "InvalidSignatureError")
    })
  )

  it.effect("with more signatures than anyone would send is refused before they are looked at", () =>
    Effect.gen(function* () {
      const signature = Array.from({ length: 2000 }, () => sign("wh_1", now, event())).join(" ")
      assert.strictEqual(yield* tagOf(receiver.receive(delivery({ signature }))), "InvalidHeadersError")
    })
  )

  const nested = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`
  const fields = `"id":"evt_1","created_at":${now},"object":"event"`

  for (const [name, body] of Object.entries({
    "in all of it": nested(100_000, "[", "]"),
    "in the data": `{${fields},"type":"response.completed","data":${nested(100_000, '{"a":', "}")}}`,
    "in a field of the data": `{${fields},"type":"response.completed","data":{"id":${nested(100_000, "[", "]")}}}`
  })) {
    it.effect(`that is nested 100,000 deep ${name} is refused with an error of its kind`, () =>
      Effect.gen(function* () {
        for (const of of [receiver, AnthropicReceiver.make({ secrets })]) {
          assert.strictEqual(yield* tagOf(of.receive(delivery({ body }))), "InvalidEventError")
        }
      })
    )
  }

  it.effect("that is nested deep where nothing is known is let through", () =>
    Effect.gen(function* () {
      const body = `{${fields},"type":"brand.new","data":${nested(100_000, '{"a":', "}")}}`
      assert.strictEqual(yield* tagOf(receiver.receive(delivery({ body }))), "accepted")
    })
  )

  it.effect("whose body is longer than the limit is refused before it is looked at, and the error is small", () =>
    Effect.gen(function* () {
      yield* atNow
      const body = "x".repeat(2 * 1024 * 1024)
      const error = yield* Effect.flip(receiver.receive(delivery({ body })))
      assert.strictEqual(error._tag, "InvalidEventError")
      assert.include(error.message, "longer than 1048576 bytes")
      assert.isBelow(JSON.stringify(error).length, 5000)
    })
  )

  it.effect("may be as long as the receiver is told", () =>
    Effect.gen(function* () {
      const patient = OpenAiReceiver.make({ secrets, maxBodySize: "4 MiB" })
      const body = event().padEnd(2 * 1024 * 1024)
      assert.strictEqual(yield* tagOf(patient.receive(delivery({ body }))), "accepted")
    })
  )

  it.effect("may be signed with an older secret while keys are rotated", () =>
    Effect.gen(function* () {
      const both = OpenAiReceiver.make({
        secrets: [Redacted.make(secret), Redacted.make(`whsec_${oldKey.toString("base64")}`)]
      })
      const old = delivery({ signature: sign("wh_1", now, event(), oldKey) })
      assert.strictEqual(yield* tagOf(both.receive(old)), "accepted")
      assert.strictEqual(yield* tagOf(receiver.receive(old)), "InvalidSignatureError")
    })
  )
})

describe("a secret without the prefix", () => {
  it.effect("is text for OpenAI", () =>
    Effect.gen(function* () {
      const plain = OpenAiReceiver.make({ secrets: [Redacted.make("plain text!")] })
      const signed = delivery({ signature: sign("wh_1", now, event(), Buffer.from("plain text!")) })
      assert.strictEqual(yield* tagOf(plain.receive(signed)), "accepted")
    })
  )

  it.effect("is base64 for Anthropic", () =>
    Effect.gen(function* () {
      const plain = AnthropicReceiver.make({ secrets: [Redacted.make(keyBytes.toString("base64"))] })
      const body = JSON.stringify({
        id: "event_1",
        created_at: "2026-01-01T00:00:00Z",
        type: "event",
        data: { id: "agent_1", organization_id: "o", workspace_id: "w", type: "agent.archived" }
      })
      yield* atNow
      const { event } = yield* plain.receive(delivery({ body }))
      assert.strictEqual(event.data.type, "agent.archived")
    })
  )

  it("that is neither is refused at once", () => {
    assert.throws(() => AnthropicReceiver.make({ secrets: [Redacted.make("%%%")] }), TypeError)
  })
})

describe("a store", () => {
  const withStore = Effect.gen(function* () {
    yield* atNow
    return OpenAiReceiver.make({ secrets, store: yield* WebhookStore.makeMemory, keep: "1 hour" })
  })

  it.effect("refuses a delivery that was received before, even if it is signed again", () =>
    Effect.gen(function* () {
      const receiver = yield* withStore
      yield* receiver.receive(delivery())
      const error = yield* Effect.flip(receiver.receive(delivery({ timestamp: now + 2 })))
      assert.deepInclude(error, { _tag: "ReplayedError", id: "wh_1" })
      yield* receiver.receive(delivery({ id: "wh_2" }))
    })
  )

  it.effect("is not filled by deliveries that are not genuine", () =>
    Effect.gen(function* () {
      const receiver = yield* withStore
      yield* Effect.flip(receiver.receive(delivery({ signature: "v1,AAAA" })))
      yield* receiver.receive(delivery())
    })
  )

  it.effect("forgets after the time it is told to keep ids", () =>
    Effect.gen(function* () {
      const receiver = yield* withStore
      yield* receiver.receive(delivery())
      yield* TestClock.adjust("1 hour")
      yield* receiver.receive(delivery({ timestamp: now + 3600 }))
    })
  )

  it.effect("accepts one of a hundred deliveries of an event that come at once", () =>
    Effect.gen(function* () {
      const receiver = yield* withStore
      const outcomes = yield* Effect.forEach(
        Array.from({ length: 100 }),
        () => Effect.result(receiver.receive(delivery())),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(outcomes.filter(Result.isSuccess).length, 1)
    })
  )
})

const webRequest = ({ body, headers }: Webhooks.Delivery) =>
  new Request("http://localhost/webhook", {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? ""]))
  })

describe("a server", () => {
  const request = (delivery: Webhooks.Delivery) => HttpServerRequest.fromWeb(webRequest(delivery))

  const answer = <E, R>(
    program: Effect.Effect<{ readonly status: number }, E, R | HttpServerRequest.HttpServerRequest>,
    delivery: Webhooks.Delivery
  ) => Effect.provideService(program, HttpServerRequest.HttpServerRequest, request(delivery))

  it.effect("answers 204 once the event is handled", () =>
    Effect.gen(function* () {
      yield* atNow
      const handled: Array<string> = []
      const handler = receiver.handle(({ event }) => Effect.sync(() => handled.push(event.type)))
      const response = yield* answer(handler, delivery())
      assert.strictEqual(response.status, 204)
      assert.deepStrictEqual(handled, ["response.completed"])
    })
  )

  it.effect("answers 400 to what is not genuine, and does not handle it", () =>
    Effect.gen(function* () {
      yield* atNow
      const handler = receiver.handle(() => Effect.die("handled"))
      const response = yield* answer(handler, delivery({ signature: "v1,AAAA" }))
      assert.strictEqual(response.status, 400)
    })
  )

  it.effect("handles a delivery once that comes twice", () =>
    Effect.gen(function* () {
      yield* atNow
      const receiver = OpenAiReceiver.make({ secrets, store: yield* WebhookStore.makeMemory })
      let handled = 0
      const handler = receiver.handle(() => Effect.sync(() => handled++))
      const first = yield* answer(handler, delivery())
      const second = yield* answer(handler, delivery())
      assert.deepStrictEqual([first.status, second.status, handled], [204, 204, 1])
    })
  )

  it.effect("handles a delivery again if handling it failed", () =>
    Effect.gen(function* () {
      yield* atNow
      const receiver = OpenAiReceiver.make({ secrets, store: yield* WebhookStore.makeMemory })
      let tries = 0
      const handler = receiver.handle(() => (++tries === 1 ? Effect.fail("no") : Effect.void))
      assert.strictEqual(yield* Effect.flip(answer(handler, delivery())), "no")
      const response = yield* answer(handler, delivery())
      assert.deepStrictEqual([response.status, tries], [204, 2])
    })
  )

  it.effect("asks for another delivery while one is being handled", () =>
    Effect.gen(function* () {
      yield* atNow
      const receiver = OpenAiReceiver.make({ secrets, store: yield* WebhookStore.makeMemory })
      const begun = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      const handler = receiver.handle(() => Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(gate)))
      const first = yield* Effect.forkChild(answer(handler, delivery()))
      yield* Deferred.await(begun)
      assert.strictEqual((yield* answer(handler, delivery())).status, 409)
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual((yield* Fiber.join(first)).status, 204)
      assert.strictEqual((yield* answer(handler, delivery())).status, 204)
    })
  )

  it.effect("handles a delivery again whose handler was interrupted", () =>
    Effect.gen(function* () {
      yield* atNow
      const receiver = OpenAiReceiver.make({ secrets, store: yield* WebhookStore.makeMemory })
      const begun = yield* Deferred.make<void>()
      const stuck = receiver.handle(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
      const first = yield* Effect.forkChild(answer(stuck, delivery()))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(first)
      let handled = 0
      yield* answer(
        receiver.handle(() => Effect.sync(() => handled++)),
        delivery()
      )
      assert.strictEqual(handled, 1)
    })
  )

  it.effect("handles a delivery again whose handler never came back, once its lease is over", () =>
    Effect.gen(function* () {
      yield* atNow
      const store = yield* WebhookStore.makeMemory
      const receiver = OpenAiReceiver.make({ secrets, store, lease: "1 minute" })
      yield* store.claim("wh_1", Duration.minutes(1))
      let handled = 0
      const handler = receiver.handle(() => Effect.sync(() => handled++))
      assert.strictEqual((yield* answer(handler, delivery())).status, 409)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* answer(handler, delivery())).status, 204)
      assert.strictEqual(handled, 1)
    })
  )
})

describe("an HttpApi", () => {
  type Event = Webhooks.Received<OpenAiEvents.UnwrapWebhookEvent>

  class Received extends Context.Service<Received, Event>()("test/Webhooks/Received") {}

  class Verified extends HttpApiMiddleware.Service<Verified, { provides: Received }>()("test/Webhooks/Verified") {}

  class Busy extends Schema.TaggedError<Busy>()("Busy", {}, { httpApiStatus: 503 }) {}

  const api = HttpApi.make("api").add(
    HttpApiGroup.make("webhooks").add(
      HttpApiEndpoint.post("openai", "/webhook", { success: Schema.String, error: Busy }).middleware(Verified)
    )
  )

  /** Sends each delivery to the API, and gives the statuses and bodies of the answers. */
  const serve = (
    deliveries: ReadonlyArray<Webhooks.Delivery>,
    handler: (received: Event) => Effect.Effect<string, Busy>
  ) =>
    Effect.gen(function* () {
      const store = yield* WebhookStore.makeMemory
      const receiver = OpenAiReceiver.make({ secrets, store, tolerance: "36500 days" })
      const routes = HttpApiBuilder.layer(api).pipe(
        Layer.provide(
          HttpApiBuilder.group(api, "webhooks", (handlers) =>
            handlers.handle("openai", () => Effect.flatMap(Received, handler))
          )
        ),
        Layer.provide(Layer.succeed(Verified, receiver.middleware(Received))),
        Layer.provide(HttpServer.layerServices)
      )
      const web = HttpRouter.toWebHandler(routes, { disableLogger: true })
      const answers: Array<readonly [number, string]> = []
      for (const delivery of deliveries) {
        const response = yield* Effect.promise(() => web.handler(webRequest(delivery)))
        answers.push([response.status, yield* Effect.promise(() => response.text())])
      }
      yield* Effect.promise(() => web.dispose())
      return answers
    })

  it.effect("gives an endpoint the event, once for each delivery", () =>
    Effect.gen(function* () {
      const answers = yield* serve([delivery(), delivery(), delivery({ id: "wh_2" })], ({ event, id }) =>
        Effect.succeed(`${id} ${event.type}`)
      )
      assert.deepStrictEqual(answers, [
        [200, '"wh_1 response.completed"'],
        [204, ""],
        [200, '"wh_2 response.completed"']
      ])
    })
  )

  it.effect("does not run the endpoint for what is not genuine", () =>
    Effect.gen(function* () {
      const answers = yield* serve([delivery({ signature: "v1,AAAA" })], () => Effect.die("handled"))
      assert.deepStrictEqual(answers, [[400, ""]])
    })
  )

  it.effect("answers 413 to a body that is larger than any event", () =>
    Effect.gen(function* () {
      const answers = yield* serve([delivery({ body: " ".repeat(2 * 1024 * 1024) })], () => Effect.die("handled"))
      assert.strictEqual(answers[0]?.[0], 413)
    })
  )

  it.effect("runs the endpoint again after it has failed", () =>
    Effect.gen(function* () {
      let tries = 0
      const answers = yield* serve([delivery(), delivery()], () =>
        ++tries === 1 ? Effect.fail(new Busy()) : Effect.succeed("done")
      )
      assert.deepStrictEqual(
        answers.map(([status]) => status),
        [503, 200]
      )
    })
  )
})

it.effect("a route of an HttpRouter can give its own answer to an event", () =>
  Effect.gen(function* () {
    class Received extends Context.Service<Received, Webhooks.Received<OpenAiEvents.UnwrapWebhookEvent>>()("Route") {}
    const receiver = OpenAiReceiver.make({ secrets, tolerance: "36500 days" })
    const route = HttpRouter.add(
      "POST",
      "/webhook",
      receiver.middleware(Received)(Effect.map(Received, ({ id }) => HttpServerResponse.text(id)))
    )
    const web = HttpRouter.toWebHandler(route, { disableLogger: true })
    const response = yield* Effect.promise(() => web.handler(webRequest(delivery())))
    assert.strictEqual(yield* Effect.promise(() => response.text()), "wh_1")
    yield* Effect.promise(() => web.dispose())
  })
)

it.effect("the secret can come from the environment", () =>
  Effect.gen(function* () {
    yield* atNow
    const receiver = yield* OpenAiReceiver.makeConfig()
    yield* receiver.receive(delivery())
  }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ OPENAI_WEBHOOK_SECRET: secret }))))
)
