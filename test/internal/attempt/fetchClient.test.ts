import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import { execute } from "../../../src/internal/attempt/fetchClient.ts"

/** A `fetch` that notes what it is given, and a layer whose client is given it with `init`. */
const recording = (init: RequestInit) => {
  const given: Array<RequestInit | undefined> = []
  const fetch: typeof globalThis.fetch = (_, init) => {
    given.push(init)
    return Promise.resolve(new Response("yes"))
  }
  const own = Layer.merge(Layer.succeed(FetchHttpClient.Fetch, fetch), Layer.succeed(FetchHttpClient.RequestInit, init))
  return { given, layer: Layer.provide(FetchHttpClient.layer, own) }
}

const request = HttpClientRequest.get("http://127.0.0.1/")

const get = (init: RequestInit) =>
  Effect.flatMap(HttpClient.HttpClient, (client) =>
    Effect.flatMap(execute(client, request, init), (response) => response.text)
  )

describe("execute", () => {
  it.effect("adds to what the client's layer was given", () => {
    const { given, layer } = recording({ credentials: "include", redirect: "follow" })
    return Effect.gen(function* () {
      assert.strictEqual(yield* get({ redirect: "manual" }), "yes")
      assert.strictEqual(given[0]?.credentials, "include")
      assert.strictEqual(given[0]?.redirect, "manual")
    }).pipe(Effect.provide(layer))
  })

  it.effect("adds to what the program gives, which the layer's does not touch", () => {
    const { given, layer } = recording({ credentials: "include" })
    return Effect.gen(function* () {
      yield* Effect.provideService(get({ redirect: "manual" }), FetchHttpClient.RequestInit, { keepalive: true })
      assert.isTrue(given[0]?.keepalive)
      assert.isUndefined(given[0]?.credentials)
      assert.strictEqual(given[0]?.redirect, "manual")
    }).pipe(Effect.provide(layer))
  })

  it.effect("makes the request's context of one with what the client's layer was given", () => {
    const { layer } = recording({ credentials: "include" })
    return Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const seen: Array<RequestInit | undefined> = []
      yield* execute(
        client,
        request,
        {},
        {
          contextOf: (context) => {
            seen.push(Context.getOrUndefined(context, FetchHttpClient.RequestInit))
            return context
          },
          transform: identity
        }
      )
      assert.deepStrictEqual(seen, [{ credentials: "include" }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("adds to what the client's layer was given if a middleware wraps each request", () => {
    const { given, layer } = recording({ credentials: "include" })
    return Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      yield* execute(
        client,
        request,
        { redirect: "manual" },
        {
          contextOf: identity,
          transform: HttpClient.transform((sent) => sent)
        }
      )
      assert.strictEqual(given[0]?.credentials, "include")
      assert.strictEqual(given[0]?.redirect, "manual")
    }).pipe(Effect.provide(layer))
  })

  it.effect("leaves the program's context as it was", () => {
    const seen: Array<RequestInit | undefined> = []
    const client = HttpClient.make((request, _, __, fiber) => {
      seen.push(Context.getOrUndefined(fiber.context, FetchHttpClient.RequestInit))
      return Effect.die(request)
    })
    return Effect.gen(function* () {
      const before = yield* Effect.context()
      yield* Effect.exit(execute(client, request, { redirect: "manual" }))
      assert.strictEqual(yield* Effect.context(), before)
      assert.deepStrictEqual(seen, [{ redirect: "manual" }])
    })
  })

  it.effect("reads a body in as many parts as it comes in", () => {
    const parts = ["a", "é".repeat(3), "c"].map((part) => new TextEncoder().encode(part))
    const fetch = () =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            start: (controller) => {
              for (const part of parts) controller.enqueue(part)
              controller.close()
            }
          })
        )
      )
    return Effect.gen(function* () {
      assert.strictEqual(yield* get({}), "aéééc")
    }).pipe(Effect.provide(FetchHttpClient.layer), Effect.provideService(FetchHttpClient.Fetch, fetch))
  })
})
