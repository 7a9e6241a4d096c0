import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { RequestOptions, RetryPolicy } from "llmfx"
import { Anthropic, Messages } from "llmfx/anthropic"
import { apiError, reasonOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { begunMessage as message } from "../support/message.ts"
import { anthropicOver } from "../support/probes.ts"

const events = [
  { type: "message_start", message },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "A long " } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "story." } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 4 } },
  { type: "message_stop" }
]

/** Streams if asked to, and remembers whether it was. */
const server = () => {
  const streamed: Array<unknown> = []
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const { stream } = JSON.parse(String(init?.body)) as { readonly stream?: boolean }
    streamed.push(stream)
    return stream === true
      ? new Response(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""), {
          headers: { "content-type": "text/event-stream" }
        })
      : Response.json(message)
  }
  return { streamed, fetch }
}

const create = (max_tokens: number) =>
  Messages.create({ model: "claude-sonnet-5", max_tokens, messages: [{ role: "user", content: "A story, please." }] })

const on = <A, E>(
  program: Effect.Effect<A, E, Anthropic>,
  fetch: typeof globalThis.fetch,
  longRequests?: "fail" | "stream" | "send"
) =>
  program.pipe(
    Effect.provide(Anthropic.layer({ apiKey: Redacted.make("test-key"), longRequests })),
    Effect.provide(FetchHttpClient.layer),
    Effect.provideService(FetchHttpClient.Fetch, fetch)
  )

describe("a message that may take longer than ten minutes", () => {
  it.effect("is refused before it is sent, with the limit", () =>
    Effect.gen(function* () {
      const { fetch, streamed } = server()
      const error = yield* Effect.flip(on(create(21_334), fetch))
      assert.include(reasonOf(apiError(error), "RequestError").message, "21333")
      assert.lengthOf(streamed, 0)
    })
  )

  it.effect("is sent unstreamed up to the limit", () =>
    Effect.gen(function* () {
      const { fetch, streamed } = server()
      yield* on(create(21_333), fetch)
      assert.deepStrictEqual(streamed, [undefined])
    })
  )

  it.effect("is sent unstreamed above the limit if the caller sets a timeout", () =>
    Effect.gen(function* () {
      const { fetch, streamed } = server()
      yield* on(create(100_000).pipe(RequestOptions.withTimeouts({ body: "1 hour" })), fetch)
      assert.deepStrictEqual(streamed, [undefined])
    })
  )

  it.effect('is sent unstreamed above the limit with longRequests: "send"', () =>
    Effect.gen(function* () {
      const { fetch, streamed } = server()
      yield* on(create(100_000), fetch, "send")
      assert.deepStrictEqual(streamed, [undefined])
    })
  )

  it.effect('is sent as a stream with longRequests: "stream"', () =>
    Effect.gen(function* () {
      const { fetch, streamed } = server()
      yield* on(create(100_000), fetch, "stream")
      assert.deepStrictEqual(streamed, [true])
    })
  )

  it.effect("returns the whole message of its stream", () =>
    Effect.gen(function* () {
      const { fetch } = server()
      const { content, stop_reason, usage } = yield* on(create(100_000), fetch, "stream")
      assert.deepStrictEqual(JSON.parse(JSON.stringify(content)), [{ type: "text", text: "A long story." }])
      assert.deepStrictEqual([stop_reason, usage.output_tokens], ["end_turn", 4])
    })
  )

  it.live("is asked for again if its stream fails on the way, since nobody has seen anything of it", () =>
    Effect.gen(function* () {
      const frames = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      const begun = frames.slice(0, 3)
      const overloaded = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n'
      const retry = RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced("1 millis") })
      for (const end of [[], ["<broken>"], [overloaded]] as const) {
        const http = fakeHttp({ parts: [...begun, ...end] }, { parts: frames })
        const layer = anthropicOver(http, { longRequests: "stream", retry })
        const answer = yield* create(100_000).pipe(Effect.provide(layer))
        assert.strictEqual(Messages.text(answer), "A long story.")
        assert.strictEqual(http.sent.length, 2)
      }
    })
  )
})
