/**
 * The embedding model of `effect/ai` over the Embeddings API. Any number of texts is split into requests by the API's
 * limits, and vectors travel in base64.
 *
 * @example
 * ```ts
 * import * as AiEmbeddingModel from "effect/ai/EmbeddingModel"
 * import * as Effect from "effect/Effect"
 * import * as EmbeddingModel from "llmfx/openai/EmbeddingModel"
 *
 * const vectors = Effect.flatMap(AiEmbeddingModel.EmbeddingModel, (model) => model.embedMany(["one", "two"])).pipe(
 *   Effect.provide(EmbeddingModel.model("text-embedding-3-small", { dimensions: 512 }))
 * )
 * ```
 */
import * as AiEmbeddingModel from "effect/ai/EmbeddingModel"
import * as Model from "effect/ai/Model"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AiErrors from "../AiErrors.ts"
import {
  configOf,
  layerOf,
  type Make,
  type MakeLayer,
  mergeConfig,
  type SharedConfig,
  withConfigOf
} from "../internal/ai/settings.ts"
import { onSpanOf } from "../internal/ai/span.ts"
import type { Combinator } from "../internal/program.ts"
import * as Middleware from "../Middleware.ts"
import * as RequestOptions from "../RequestOptions.ts"
import * as EmbeddingsMany from "./EmbeddingsMany.ts"
import { OpenAi } from "./OpenAi.ts"

/**
 * The settings of a model: fields of the request, and how texts are put into requests.
 *
 * @category models
 */
export interface Config
  extends SharedConfig,
    Omit<EmbeddingsMany.Options, "request">,
    Omit<EmbeddingsMany.Input, "model"> {}

/**
 * The settings of the running program, which win over those of the layer, field by field.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ configOf<Config>("llmfx/openai/EmbeddingModel")

/**
 * Sets settings for all calls of an Effect or a Stream; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

const place = { module: "llmfx/openai/EmbeddingModel", method: "embedMany" }

/**
 * Makes the service of a model.
 *
 * @category constructors
 */
export const make: Make<AiEmbeddingModel.EmbeddingModel, OpenAi, Config> = ({ config: base, model }) =>
  Effect.flatMap(OpenAi.client, (client) =>
    AiEmbeddingModel.make({
      embedMany: ({ inputs }) =>
        Effect.gen(function* () {
          const { concurrency, countTokens, maxInputs, maxTokens, request, ...settings } = mergeConfig(
            base,
            yield* Config
          )
          const params = { ...settings, model, input: inputs }
          const { tokens, vectors } = yield* onSpanOf(
            "EmbeddingModel",
            EmbeddingsMany.create(params, { concurrency, countTokens, maxInputs, maxTokens, request }),
            { input: params, operation: "embeddings", usedBy: ({ tokens }) => ({ inputTokens: tokens }) }
          )
          return { results: vectors.map((vector) => Array.from(vector)), usage: { inputTokens: tokens } }
        }).pipe(
          Effect.provideService(OpenAi, client),
          Effect.mapError((error) => AiErrors.fromApiError(error, place))
        ),
      // A batch runs in the context of its first caller. Texts share a request only if that changes nothing for them.
      batchKey: (context) => [
        Context.get(context, Config),
        Context.get(context, RequestOptions.Current),
        Context.get(context, Middleware.Current)
      ]
    })
  )

/**
 * Makes the layer of a model.
 *
 * @category layers
 */
export const layer: MakeLayer<AiEmbeddingModel.EmbeddingModel, OpenAi, Config> = /*#__PURE__*/ layerOf(
  AiEmbeddingModel.EmbeddingModel,
  make
)

/**
 * Makes the layer of a model that also says which provider and model it is, and how long its vectors are.
 *
 * @category layers
 */
export const model = (
  name: string,
  config: Config & { readonly dimensions: number }
): Model.Model<"openai", AiEmbeddingModel.EmbeddingModel | AiEmbeddingModel.Dimensions, OpenAi> =>
  Model.make(
    "openai",
    name,
    Layer.merge(layer({ model: name, config }), Layer.succeed(AiEmbeddingModel.Dimensions, config.dimensions))
  )
