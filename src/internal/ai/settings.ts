/** The common parts of the models of `effect/ai` have in common: settings that a program can change, layers, names. */
import * as Model from "effect/ai/Model"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as RequestOptions from "../../RequestOptions.ts"
import { withoutUndefined } from "../json/json.ts"
import type { Combinator, Program } from "../program.ts"

/** The settings that all models have. */
export interface SharedConfig {
  /** Options of the requests. A language model reads every answer that says enough, whatever `decoding` is. */
  readonly request?: RequestOptions.RequestOptions | undefined
}

/** The model of a layer: its name and its settings. */
export interface ModelOptions<Config, Name extends string = string> {
  readonly model: Name
  readonly config?: Config | undefined
}

/** Makes the service of a model. */
export type Make<Service, Requires, Config, Name extends string = string> = (
  options: ModelOptions<Config, Name>
) => Effect.Effect<Service, never, Requires>

/** Makes the layer of a model. */
export type MakeLayer<Provides, Requires, Config, Name extends string = string> = (
  options: ModelOptions<Config, Name>
) => Layer.Layer<Provides, never, Requires>

/** Makes the layer of a model that also says which provider and model it is. */
export type MakeModel<Provider extends string, Provides, Requires, Config, Name extends string = string> = (
  name: Name,
  config?: Config
) => Model.Model<Provider, Provides, Requires>

/** The settings of the running program, for a module such as `llmfx/openai/ResponseLanguageModel`. */
export const configOf = <Config extends object>(module: string): Context.Reference<Partial<Config>> =>
  Context.Reference<Partial<Config>>(`${module}/Config`, { defaultValue: () => ({}) })

/** Both settings; those of `inner` win, field by field. */
export const mergeConfig = <Config extends SharedConfig>(
  outer: Config | undefined,
  inner: Config | undefined
): Config => {
  const given = withoutUndefined(inner ?? {})
  const request =
    outer?.request === undefined || inner?.request === undefined
      ? (inner?.request ?? outer?.request)
      : RequestOptions.merge(outer.request, inner.request)
  // A field of `inner` has the type of that field.
  return { ...outer, ...given, ...(request === undefined ? {} : { request }) } as Config
}

/** Sets the settings of all calls of a program; the innermost wins, field by field. */
export const withConfigOf = <Config extends SharedConfig>(reference: Context.Reference<Config>): Combinator<Config> =>
  dual(2, (self: Program, config: Config) => {
    const update = (outer: Config) => mergeConfig(outer, config)
    return Stream.isStream(self)
      ? Stream.updateService(self, reference, update)
      : Effect.updateService(self, reference, update)
  })

/** The layers of a service. */
export const layerOf =
  <Id, Service, Requires, Config, Name extends string>(
    service: Context.Key<Id, Service>,
    make: Make<Service, Requires, Config, Name>
  ): MakeLayer<Id, Requires, Config, Name> =>
  (options) =>
    Layer.effect(service, make(options))

/** The layers of a service, with the name of their provider. */
export const modelOf =
  <Provider extends string, Provides, Requires, Config, Name extends string>(
    provider: Provider,
    layer: MakeLayer<Provides, Requires, Config, Name>
  ): MakeModel<Provider, Provides, Requires, Config, Name> =>
  (name, config) =>
    Model.make(provider, name, layer({ model: name, config }))
