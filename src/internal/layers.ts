/** The two layers of a client: one from options, one from the environment. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type { ApiClient } from "../ApiClient.ts"
import type { ConfigurationError } from "../ConfigurationError.ts"
import { withoutUndefined } from "./json/json.ts"
import { type Environment, readEnvironment } from "./provider.ts"

/** The definition of a client's layers. */
export interface Definition<Self, Options extends object, R = HttpClient.HttpClient> {
  readonly service: Context.Key<Self, ApiClient>
  readonly provider: string
  /** Reads the options that the environment sets. */
  readonly environment: (overrides: Options | undefined) => Environment<Partial<Options>>
  /** Groups of options that exclude each other. */
  readonly exclusive: ReadonlyArray<ReadonlyArray<keyof Options>>
  readonly make: (options: Options) => Effect.Effect<ApiClient, ConfigurationError, R>
}

/** Makes a client with the given options. */
export const layerOf = <Self, Options extends object, R>(
  { make, service }: Pick<Definition<Self, Options, R>, "make" | "service">,
  options: Options
): Layer.Layer<Self, ConfigurationError, R> => Layer.effect(service, make(options))

/**
 * Makes a client configured by the environment. An option given in code wins over the environment, and so does every
 * option that excludes it.
 */
export const layerConfigOf = <Self, Options extends object, R>(
  { environment, exclusive, make, provider, service }: Definition<Self, Options, R>,
  overrides: Options | undefined
): Layer.Layer<Self, ConfigurationError, R> =>
  Layer.effect(
    service,
    Effect.flatMap(readEnvironment(provider, environment(overrides)), (settings) =>
      make(merge(settings, overrides, exclusive))
    )
  )

const merge = <Options extends object>(
  settings: Partial<Options>,
  overrides: Options | undefined,
  exclusive: ReadonlyArray<ReadonlyArray<keyof Options>>
): Options => {
  const given = Object.entries(withoutUndefined(overrides ?? {}))
  const names = new Set(given.map(([name]) => name))
  const replaced = new Set<PropertyKey>(
    exclusive.filter((group) => group.some((name) => names.has(String(name)))).flat()
  )
  const kept = Object.entries(settings).filter(([name]) => !replaced.has(name))
  // `make` says which of the required options are missing.
  return Object.fromEntries([...kept, ...given]) as Options
}
