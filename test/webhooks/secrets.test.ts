import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { WebhookStore, type Webhooks } from "llmfx"
import * as AnthropicReceiver from "../../src/anthropic/WebhookReceiver.ts"
import * as OpenAiReceiver from "../../src/openai/WebhookReceiver.ts"
import { collectingShown, textsOfError } from "../support/shown.ts"
import { spellings } from "../support/spellings.ts"

const now = 1_800_000_000

/** A receiver, whatever its events. */
interface Receiving {
  readonly receive: (delivery: Webhooks.Delivery) => Effect.Effect<object, Webhooks.WebhookError>
  readonly handle: (
    handler: () => Effect.Effect<void>
  ) => Effect.Effect<unknown, HttpServerError.HttpServerError, HttpServerRequest.HttpServerRequest>
}

const receivers: { readonly [provider: string]: (options: Webhooks.Options) => Receiving } = {
  openai: OpenAiReceiver.make,
  anthropic: AnthropicReceiver.make
}

/** Signing secrets as they are given out, and their keys. */
const secrets = fc
  .uint8Array({ minLength: 24, maxLength: 40 })
  .map((bytes) => ({ key: Buffer.from(bytes), secret: `whsec_${Buffer.from(bytes).toString("base64")}` }))

/** Where a sender may write the secret. */
const deliveries: { readonly [place: string]: (said: string) => { readonly id?: string; readonly body: string } } = {
  "a body that is not JSON": (said) => ({ body: said }),
  "a body that begins as JSON": (said) => ({ body: `{"type": ${said}` }),
  "a body that is not an event": (said) => ({ body: JSON.stringify({ type: [said], id: said, [said]: { said } }) }),
  "an event with a wrong field": (said) => ({
    body: JSON.stringify({ type: "response.completed", id: [said], created_at: said, data: said, object: said })
  }),
  "a body that is too long": (said) => ({ body: `${"x".repeat(1990)}${said}${"x".repeat(10_000)}` }),
  "an id": (said) => ({
    id: said,
    body: JSON.stringify({ id: "e", type: "dream.ended", created_at: now, data: { id: "r" }, object: "event" })
  })
}

const signed = (key: Buffer, body: string, id: string): Webhooks.Delivery => ({
  body,
  headers: {
    "webhook-id": id,
    "webhook-timestamp": String(now),
    "webhook-signature": `v1,${createHmac("sha256", key).update(`${id}.${now}.`).update(body).digest("base64")}`
  }
})

/** A receiver's answers to what is not genuine or not known, and what it logs. */
const shownBy = (
  make: (options: Webhooks.Options) => Receiving,
  secret: string,
  deliveries: ReadonlyArray<Webhooks.Delivery>
) => {
  const texts: Array<string> = []
  return Effect.gen(function* () {
    yield* TestClock.setTime(now * 1000)
    const receiver = make({
      secrets: [Redacted.make(secret)],
      maxBodySize: "8 kibibytes",
      store: yield* WebhookStore.makeMemory
    })
    for (const delivery of [...deliveries, ...deliveries]) {
      const result = yield* Effect.result(receiver.receive(delivery))
      if (result._tag === "Failure") texts.push(...textsOfError(result.failure))
      const request = new Request("http://hooks.test", {
        method: "POST",
        body: String(delivery.body),
        headers: Object.entries(delivery.headers).map(([name, value]) => [name, value ?? ""] as [string, string])
      })
      const handled = yield* receiver
        .handle(() => Effect.void)
        .pipe(
          Effect.withSpan("hook"),
          Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
          Effect.result
        )
      if (handled._tag === "Failure") texts.push(String(handled.failure), JSON.stringify(handled.failure))
    }
  }).pipe(collectingShown(texts), Effect.as(texts), Effect.provide(TestClock.layer()))
}

describe("a receiver of webhooks", () => {
  for (const [name, make] of Object.entries(receivers)) {
    for (const [place, write] of Object.entries(deliveries)) {
      it(`of ${name} shows no secret that a sender writes into ${place}`, () =>
        fc.assert(
          fc.asyncProperty(secrets, fc.constantFrom(...Object.keys(spellings)), async ({ key, secret }, spelling) => {
            const said = spellings[spelling]?.(secret) ?? secret
            const { body, id = "wh_1" } = write(said)
            const genuine = signed(key, body, id)
            const forged = signed(Buffer.from("another key"), body, id)
            const texts = await Effect.runPromise(shownBy(make, secret, [genuine, forged]))
            assert.isTrue(texts.some((text) => text.includes("Webhook") || text.includes("Invalid")))
            const plain = secret.slice("whsec_".length)
            const forms = [secret, plain, said, encodeURIComponent(plain), JSON.stringify(said).slice(1, -1)]
            for (const form of forms) for (const text of texts) assert.isFalse(text.includes(form), spelling)
          }),
          { numRuns: 20 }
        ))
    }

    it.effect(`of ${name} keeps messages short and free of control characters`, () =>
      Effect.gen(function* () {
        const key = Buffer.from("a key of thirty-two bytes, really")
        const body = JSON.stringify([`\u001b[2J${"x".repeat(100_000)}`])
        const raw = `\u001b[2J${"y".repeat(100_000)}`
        const texts = yield* Effect.forEach([body, raw], (body) =>
          TestClock.setTime(now * 1000).pipe(
            Effect.andThen(
              make({ secrets: [Redacted.make(`whsec_${key.toString("base64")}`)] }).receive(signed(key, body, "wh_1"))
            ),
            Effect.flip
          )
        )
        for (const { message } of texts) {
          assert.isBelow(message.length, 5000)
          assert.notInclude(message, "\u001b")
        }
      })
    )
  }
})
