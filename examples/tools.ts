/**
 * A model that calls functions: a lookup that may fail, and one that somebody has to allow. The loop stops halfway and
 * is resumed; what was done before is not done again.
 *
 *     node scripts/run.mjs examples/tools.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ToolLoop, Tools } from "llmfx"
import type { ChatCompletions } from "llmfx/openai"
import * as ChatToolLoop from "llmfx/openai/ChatToolLoop"
import { openAi } from "./support/standIn.ts"

const lookUp = Tools.make({
  name: "look_up",
  description: "Looks a customer up",
  parameters: Schema.Struct({ name: Schema.String }),
  run: ({ name }) =>
    name === "Ada" ? Effect.succeed({ id: 7, name }) : Effect.fail(new Error(`Nobody is called ${name}`))
})

const refund = Tools.make({
  name: "refund",
  description: "Pays money back",
  parameters: Schema.Struct({ customer: Schema.Int, amount: Schema.Finite }),
  run: ({ amount, customer }) => Effect.as(Console.log(`  (${amount} go to customer ${customer})`), "paid"),
  approve: ({ amount }) => Effect.succeed(amount <= 20)
})

type State = ToolLoop.State<ChatCompletions.ChatCompletionCreateParams, ChatCompletions.ChatCompletion>

const input = {
  model: "gpt-5.4-mini",
  messages: [{ role: "user" as const, content: "Give Ada her 12 back, and Bob 50." }]
}

const program = Effect.gen(function* () {
  const ledger = yield* ToolLoop.makeMemoryLedger
  let kept: State | undefined
  const show = (event: ToolLoop.Event<State["input"], NonNullable<State["answer"]>>) => {
    if (event._tag === "Checkpoint") kept = event.state
    if (event._tag === "Called")
      return Console.log(`${event.call.name}(${event.call.arguments}) → ${event.result.output}`)
    if (event._tag === "Finished") return Console.log(`${event.reason}: ${event.answer.choices[0]?.message.content}`)
    return Effect.void
  }

  const events = ChatToolLoop.run(input, [lookUp, refund], { ledger, eager: true })
  yield* events.pipe(
    Stream.tap(show),
    Stream.takeUntil((event) => event._tag === "Called" && event.call.name === "refund"),
    Stream.runDrain
  )
  yield* Console.log("— stopped, and resumed —")
  yield* ChatToolLoop.run(input, [lookUp, refund], { ledger, resume: kept }).pipe(Stream.runForEach(show))
})

const calls = (...list: ReadonlyArray<readonly [id: string, name: string, input: object]>) => [
  {
    choices: [
      {
        index: 0,
        delta: {
          tool_calls: list.map(([id, name, input], index) => ({
            index,
            id,
            type: "function",
            function: { name, arguments: JSON.stringify(input) }
          }))
        },
        finish_reason: null
      }
    ]
  },
  { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] }
]

const layer = openAi(({ body }) => {
  const answered = (body["messages"] as ReadonlyArray<unknown>).length
  const chunks =
    answered === 1
      ? calls(["a", "look_up", { name: "Ada" }], ["b", "look_up", { name: "Bob" }])
      : answered === 4
        ? calls(["c", "refund", { customer: 7, amount: 12 }], ["d", "refund", { customer: 8, amount: 50 }])
        : [
            {
              choices: [
                { index: 0, delta: { content: "Ada has her money. Bob I could not help." }, finish_reason: "stop" }
              ]
            }
          ]
  return {
    events: [
      ...chunks.map((chunk) => ({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", ...chunk })),
      "[DONE]"
    ]
  }
})

await Effect.runPromise(program.pipe(Effect.provide(layer)))
