import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiClient } from "../../src/ApiClient.ts"
import { type Definition, layerConfigOf } from "../../src/internal/layers.ts"

interface Options {
  readonly key?: string | undefined
  readonly token?: string | undefined
  readonly region?: string | undefined
}

class Service extends Context.Service<Service, ApiClient>()("Service") {}

/** The options that a client is made from, given these of the environment and of the code. */
const optionsOf = (environment: Options, overrides?: Options) =>
  Effect.gen(function* () {
    let made: Options = {}
    const definition: Definition<Service, Options, never> = {
      service: Service,
      provider: "service",
      environment: () => Effect.succeed(environment),
      exclusive: [["key", "token"]],
      make: (options) => {
        made = options
        return Effect.succeed({} as ApiClient)
      }
    }
    yield* Effect.scoped(Layer.build(layerConfigOf(definition, overrides)))
    return made
  })

describe("an option given in code", () => {
  it.effect("wins over the environment", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* optionsOf({ key: "a", region: "b" }, { region: "c" }), { key: "a", region: "c" })
    })
  )

  it.effect("drops what the environment sets of the options that it excludes", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* optionsOf({ key: "a", region: "b" }, { token: "c" }), { region: "b", token: "c" })
    })
  )

  it.effect("that is undefined counts as not given", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* optionsOf({ key: "a" }, { key: undefined, token: undefined }), { key: "a" })
    })
  )
})
