import { assert, describe, it } from "@effect/vitest"
import * as Decision from "effect/ai/Decision"
import * as AiDecisionModel from "effect/ai/DecisionModel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as DecisionModel from "../../src/openai/DecisionModel.ts"
import * as Telemetry from "../../src/telemetry/Telemetry.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { recordingTracer } from "../support/languageModels.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

const Triage = Decision.make({
  input: Schema.Struct({ ticket: Schema.String, photo: Decision.Image }),
  decisions: {
    team: Decision.classify({ instructions: "Who?", criteria: { billing: "money", support: null } }),
    urgency: Decision.rate({ instructions: { ask: "How urgent?" }, criteria: ["low", "high"] }),
    angry: Decision.probability({ instructions: "Angry?", criteria: { true: "shouts", false: "is calm" } })
  }
})

const usage = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: 3,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 12
}
const team = {
  type: "choice",
  name: "team",
  choice: "billing",
  confidence: 0.9,
  probabilities: [
    { value: "billing", probability: 0.8 },
    { value: "support", probability: 0.2 }
  ]
}
const urgency = {
  type: "score",
  name: "urgency",
  score: 1.7,
  confidence: 0.5,
  probabilities: [
    { label: "low", value: 1, probability: 0.3 },
    { label: "high", value: 2, probability: 0.7 }
  ]
}
const angry = { type: "predicate", name: "angry", probability: 0.25 }

const input = { ticket: "I was charged twice", photo: { mediaType: "image/png", data: "AQID" } }
const over = (answers: ReadonlyArray<unknown>) => {
  const http = fakeHttp({ body: { model: "gpt-5.4-mini", answers, usage } })
  const openai = openAiOver(http, { middleware: [Telemetry.make()] })
  return { http, layer: DecisionModel.model("gpt-5.4-mini").pipe(Layer.provide(openai)) }
}

describe("the decision model", () => {
  it.effect("describes a call on the one span that the call has, also if Telemetry is on", () => {
    const { layer } = over([angry, urgency, team])
    const { spans, tracer } = recordingTracer()
    return Effect.gen(function* () {
      yield* AiDecisionModel.decide(Triage, { input })
      const described = spans.filter(({ attributes }) => attributes.has("gen_ai.operation.name"))
      assert.deepStrictEqual(
        described.map(({ name }) => name),
        ["DecisionModel.decide"]
      )
      assert.deepInclude(Object.fromEntries(described[0]?.attributes ?? []), {
        "gen_ai.request.model": "gpt-5.4-mini",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3
      })
    }).pipe(Effect.provide(layer), Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("finds the answers to every kind of decision by their names", () => {
    const { http, layer } = over([angry, urgency, team])
    return Effect.gen(function* () {
      const { answers, usage } = yield* AiDecisionModel.decide(Triage, { input })
      assert.strictEqual(answers.team.label, "billing")
      assert.closeTo(answers.urgency.rating, 0.7, 1e-9)
      assert.strictEqual(answers.angry.probability, 0.25)
      assert.strictEqual(usage.inputTokens, 9)
      const { questions } = sentBody<{ readonly questions: ReadonlyArray<object> }>(http)
      assert.deepStrictEqual(questions, [
        {
          type: "choice",
          name: "team",
          instructions: [{ type: "input_text", text: "Who?" }],
          choices: [{ value: "billing", description: "money" }, { value: "support" }]
        },
        {
          type: "score",
          name: "urgency",
          instructions: [{ type: "input_json", data: { ask: "How urgent?" } }],
          levels: [
            { label: "low", description: "low" },
            { label: "high", description: "high" }
          ]
        },
        {
          type: "predicate",
          name: "angry",
          instructions: [
            { type: "input_text", text: "Angry?" },
            { type: "input_text", text: "True: shouts\nFalse: is calm" }
          ]
        }
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("shows images under the reference that the state names", () => {
    const { http, layer } = over([team, urgency, angry])
    return Effect.gen(function* () {
      yield* AiDecisionModel.decide(Triage, { input })
      type Part = {
        readonly type: string
        readonly data?: { readonly photo: string }
        readonly text?: string
        readonly image_url?: string
      }
      const [message] = sentBody<{ readonly input: ReadonlyArray<{ readonly content: ReadonlyArray<Part> }> }>(
        http
      ).input
      const [state, label, image] = message?.content ?? []
      assert.include(label?.text ?? "", state?.data?.photo ?? "?")
      assert.strictEqual(image?.image_url, "data:image/png;base64,AQID")
    }).pipe(Effect.provide(layer))
  })

  const unnamed = [team, urgency, { type: "refusal" }].map(({ ...answer }) => ({ ...answer, name: undefined }))

  it.effect("takes answers without names in their order", () => {
    const { layer } = over(unnamed)
    return Effect.gen(function* () {
      const { outcomes } = yield* AiDecisionModel.decideSettled(Triage, { input })
      assert.isTrue(Result.isSuccess(outcomes.team))
      assert.isTrue(Result.isSuccess(outcomes.urgency))
    }).pipe(Effect.provide(layer))
  })

  it.effect("says what was refused", () => {
    const { layer } = over(unnamed)
    return Effect.gen(function* () {
      const { outcomes } = yield* AiDecisionModel.decideSettled(Triage, { input })
      assert.isTrue(Result.isFailure(outcomes.angry) && outcomes.angry.failure.reason === "Refused")
    }).pipe(Effect.provide(layer))
  })
})
