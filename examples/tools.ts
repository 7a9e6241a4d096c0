/**
 * A model calls functions: a lookup that may fail, and a payment that needs approval. The loop stops halfway and
 * resumes; calls made before are not made again.
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
import type { Emulator } from "llmfx/testing"
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

/** Decides what the model does next, depending on how much it was told. */
const reply = ({ messages }: Emulator.ChatRequest): Emulator.Scripted => {
  switch (messages.length) {
    case 1:
      return {
        toolCalls: [
          { name: "look_up", input: { name: "Ada" } },
          { name: "look_up", input: { name: "Bob" } }
        ]
      }
    case 4:
      return {
        toolCalls: [
          { name: "refund", input: { customer: 7, amount: 12 } },
          { name: "refund", input: { customer: 8, amount: 50 } }
        ]
      }
    default:
      return "Ada has her money. Bob I could not help."
  }
}

await Effect.runPromise(program.pipe(Effect.provide(openAi({ replies: reply }))))
