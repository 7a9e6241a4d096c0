/**
 * A server that receives OpenAI's webhooks: genuine ones once, and forged ones not at all.
 *
 *     node scripts/run.mjs examples/webhooks.ts
 */
import { createHmac } from "node:crypto"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Redacted from "effect/Redacted"
import { WebhookStore } from "llmfx"
import * as WebhookReceiver from "llmfx/openai/WebhookReceiver"

const key = Buffer.from("a key that only OpenAI and we know")

/** The route of a server: `HttpRouter.add("POST", "/webhooks", route)`. */
const makeRoute = Effect.gen(function* () {
  const receiver = WebhookReceiver.make({
    secrets: [Redacted.make(`whsec_${key.toString("base64")}`)],
    store: yield* WebhookStore.makeMemory
  })
  return receiver.handle(({ event, id }) =>
    event.type === "response.completed"
      ? Console.log(`${id}: response ${event.data.id} is complete`)
      : Console.log(`${id}: something else (${event.type === "~unknown" ? event.tag : event.type})`)
  )
})

const post = (id: string, type: string, signedWith: Buffer): HttpServerRequest.HttpServerRequest => {
  const timestamp = Math.floor(Date.now() / 1000)
  const body = JSON.stringify({ id: "evt_1", object: "event", type, created_at: timestamp, data: { id: "resp_1" } })
  const signature = createHmac("sha256", signedWith).update(`${id}.${timestamp}.${body}`).digest("base64")
  return HttpServerRequest.fromWeb(
    new Request("http://localhost/webhooks", {
      method: "POST",
      body,
      headers: {
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": `v1,${signature}`
      }
    })
  )
}

const program = Effect.gen(function* () {
  const route = yield* makeRoute
  for (const request of [
    post("wh_1", "response.completed", key),
    post("wh_1", "response.completed", key),
    post("wh_2", "dream.ended", key),
    post("wh_3", "response.completed", Buffer.from("another key"))
  ]) {
    const { status } = yield* Effect.provideService(route, HttpServerRequest.HttpServerRequest, request)
    yield* Console.log(`  answered ${status}`)
  }
})

await Effect.runPromise(program)
