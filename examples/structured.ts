/**
 * Reads an answer as a value of a schema, whole and while it arrives.
 *
 *     node scripts/run.mjs examples/structured.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Parse from "llmfx/openai/Parse"
import { openAi } from "./support/standIn.ts"

const Recipe = Schema.Struct({
  name: Schema.String,
  minutes: Schema.Finite,
  steps: Schema.Array(Schema.String),
  note: Schema.optionalKey(Schema.String)
})

const input = { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "A recipe for toast, please." }] }

/** The model's first answer does not fit, so the model is told what is wrong and asked again. */
const whole = Parse.chatCompletion(input, Recipe, { name: "recipe", maxReasks: 1 }).pipe(
  Effect.flatMap(({ value }) => Console.log(`${value.name}: ${value.steps.length} steps, ${value.minutes} minutes`))
)

const partial = Parse.chatCompletionStream(input, Recipe, { name: "recipe" }).pipe(
  Stream.runForEach((step) => Console.log(`${step._tag.padEnd(7)} ${JSON.stringify(step.value)}`))
)

/** The type of the error says why the value is missing. */
const refused = Parse.chatCompletion({ ...input, messages: [{ role: "user", content: "Refuse." }] }, Recipe).pipe(
  Effect.catchReason("OutputError", "Refused", ({ message }) => Console.log(`The model said: ${message}`))
)

const toast = '{ "name": "Toast", "minutes": 3, "steps": ["Toast bread."], "note": null }'

const layer = openAi({
  replies: ['{"name":"Toast","minutes":"3"}', toast, toast, { refusal: "I would rather not." }]
})

await Effect.runPromise(Effect.all([whole, partial, refused]).pipe(Effect.provide(layer)))
