/**
 * The decision model of `effect/ai` over the Decisions API: classifications, ratings and probabilities of one input, with
 * images. `Locate` decisions are not known to the API.
 *
 * @example
 * ```ts
 * import * as Decision from "effect/ai/Decision"
 * import * as AiDecisionModel from "effect/ai/DecisionModel"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as DecisionModel from "llmfx/openai/DecisionModel"
 *
 * const Triage = Decision.make({
 *   input: Schema.Struct({ ticket: Schema.String }),
 *   decisions: {
 *     team: Decision.classify({ instructions: "Who answers?", criteria: { billing: null, support: null } })
 *   }
 * })
 *
 * const team = AiDecisionModel.decide(Triage, { input: { ticket: "I was charged twice" } }).pipe(
 *   Effect.map(({ answers }) => answers.team.label),
 *   Effect.provide(DecisionModel.model("gpt-5.4-mini"))
 * )
 * ```
 */
import type * as Decision from "effect/ai/Decision"
import * as AiDecisionModel from "effect/ai/DecisionModel"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as AiErrors from "../AiErrors.ts"
import { dataUrl } from "../internal/ai/files.ts"
import {
  configOf,
  layerOf,
  type Make,
  type MakeLayer,
  type MakeModel,
  mergeConfig,
  modelOf,
  type SharedConfig,
  withConfigOf
} from "../internal/ai/settings.ts"
import { onSpanOf } from "../internal/ai/span.ts"
import { isObject } from "../internal/json/json.ts"
import type { Combinator } from "../internal/program.ts"
import * as Decisions from "./api/Decisions.ts"
import type { DecisionQuestionInputPart } from "./api/Shared.ts"
import { OpenAi } from "./OpenAi.ts"

/**
 * The settings of a model: fields of the request under their own names.
 *
 * @category models
 */
export interface Config extends SharedConfig, Omit<Decisions.DecisionCreateParams, "input" | "model" | "questions"> {}

/**
 * The settings of the running program, which win over those of the layer, field by field.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ configOf<Config>("llmfx/openai/DecisionModel")

/**
 * Sets settings for all calls of an Effect or a Stream; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

const place = { module: "llmfx/openai/DecisionModel", method: "decide" }

/**
 * Makes the service of a model.
 *
 * @category constructors
 */
export const make: Make<AiDecisionModel.DecisionModel, OpenAi, Config> = ({ config: base, model }) =>
  Effect.flatMap(OpenAi.client, (client) =>
    AiDecisionModel.make({
      supportsImages: true,
      // Probabilities are rounded, so that their sum may be a little off.
      probabilityPrecision: 2,
      decide: ({ decisions, images = [], state }) =>
        Effect.gen(function* () {
          const { request, ...settings } = mergeConfig(base, yield* Config)
          const entries = Object.entries(decisions)
          const params = {
            ...settings,
            model,
            input: [{ role: "user" as const, content: [...describe(state), ...images.flatMap(showImage)] }],
            questions: entries.map(([name, decision]) => questionOf(name, decision))
          }
          const response = yield* onSpanOf("DecisionModel", Decisions.create(params, request), {
            input: params,
            operation: Decisions.create.id,
            usedBy: (response) => ({
              inputTokens: response.usage.input_tokens,
              outputTokens: response.usage.output_tokens,
              modelId: response.model
            })
          })
          const answers = Object.fromEntries(
            entries.flatMap(([name, decision], index) => {
              const named = response.answers.find((answer) => "name" in answer && answer.name === name)
              const inOrder = response.answers[index]
              const found = named ?? (inOrder !== undefined && isUnnamed(inOrder) ? inOrder : undefined)
              const answer = found === undefined ? undefined : answerOf(found, decision)
              return answer === undefined ? [] : [[name, answer] as const]
            })
          )
          const { input_tokens: inputTokens, output_tokens: outputTokens } = response.usage
          return { answers, modelId: response.model, usage: { inputTokens, outputTokens } }
        }).pipe(
          Effect.provideService(OpenAi, client),
          Effect.mapError((error) => AiErrors.fromApiError(error, place))
        )
    })
  )

/**
 * Makes the layer of a model.
 *
 * @category layers
 */
export const layer: MakeLayer<AiDecisionModel.DecisionModel, OpenAi, Config> = /*#__PURE__*/ layerOf(
  AiDecisionModel.DecisionModel,
  make
)

/**
 * Makes the layer of a model that also says which provider and model it is.
 *
 * @category layers
 */
export const model: MakeModel<"openai", AiDecisionModel.DecisionModel, OpenAi, Config> = /*#__PURE__*/ modelOf(
  "openai",
  layer
)

/** JSON as the API takes it: an object, or a list of objects; anything else is text. */
const describe = (
  json: Schema.Json | Decision.Description
): ReadonlyArray<Extract<DecisionQuestionInputPart, { readonly type: "input_text" | "input_json" }>> => {
  if (typeof json === "string") return [{ type: "input_text", text: json }]
  if (isObject(json)) return [{ type: "input_json", data: json }]
  return Array.isArray(json) && json.every(isObject)
    ? [{ type: "input_json", data: json }]
    : [{ type: "input_text", text: JSON.stringify(json) }]
}

/** The state names an image by its reference. */
const showImage = ({ image, reference }: AiDecisionModel.ProviderImage): ReadonlyArray<Decisions.DecisionInputPart> => [
  { type: "input_text", text: `The image ${reference}:` },
  {
    type: "input_image",
    image_url: typeof image.data === "string" ? dataUrl(image.mediaType, image.data) : image.data.href
  }
]

type Question = Decisions.DecisionCreateParams["questions"][number]
type Known = Exclude<Decision.Any, Decision.Locate>

const questionOf = (name: string, decision: Known): Question => {
  const instructions = describe(decision.instructions)
  switch (decision._tag) {
    case "Classify":
      return {
        type: "choice",
        name,
        instructions,
        choices: Object.entries(decision.criteria).map(([value, description]) => ({
          value,
          ...(description === null ? {} : { description: textOfDescription(description) })
        }))
      }
    case "Rate":
      return {
        type: "score",
        name,
        instructions,
        levels: decision.criteria.map(({ description, label }) => ({
          label,
          description: textOfDescription(description)
        }))
      }
    case "Probability": {
      const { criteria } = decision
      const text =
        criteria === undefined
          ? []
          : describe(`True: ${textOfDescription(criteria.true)}\nFalse: ${textOfDescription(criteria.false)}`)
      return { type: "predicate", name, instructions: [...instructions, ...text] }
    }
  }
}

const textOfDescription = (description: Decision.Description): string =>
  typeof description === "string" ? description : JSON.stringify(description)

const isUnnamed = (answer: Decisions.DecisionAnswers): boolean =>
  !("name" in answer) || answer.name === null || answer.name === undefined

const answerOf = (answer: Decisions.DecisionAnswers, decision: Known): AiDecisionModel.ProviderAnswer | undefined => {
  switch (answer.type) {
    case "choice":
      return {
        _tag: "Classify",
        label: String(answer.choice),
        probabilities: Object.fromEntries(
          answer.probabilities.map(({ probability, value }) => [String(value), probability])
        ),
        confidence: answer.confidence
      }
    case "score":
      return {
        _tag: "Rate",
        rating: decision._tag === "Rate" ? ratingOf(answer, decision) : answer.score,
        probabilities: Object.fromEntries(answer.probabilities.map(({ label, probability }) => [label, probability])),
        confidence: answer.confidence
      }
    case "predicate":
      return { _tag: "Probability", probability: answer.probability }
    case "refusal":
      return { _tag: "Refusal" }
    default:
      return undefined
  }
}

/** Ratings count levels from 0; the API says which number it gave each level. */
const ratingOf = (
  { probabilities, score }: Decisions.DecisionAnswerResourceScore,
  { criteria }: Decision.Rate<string>
): number => {
  const values = criteria.map(({ label }) => probabilities.find((level) => level.label === label)?.value)
  const [first = 0] = values
  const isCounted = values.every((value, index) => value === first + index)
  const rating = isCounted ? score - first : score
  return Math.min(Math.max(rating, 0), criteria.length - 1)
}
