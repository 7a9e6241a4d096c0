/**
 * A chat in the terminal whose model calls tools. It also takes its lines from a pipe; without any, it plays a short
 * conversation.
 *
 *     node scripts/run.mjs examples/repl.ts
 *     echo "How warm is it in Rome?" | node scripts/run.mjs examples/repl.ts
 */
import process from "node:process"
import * as Readline from "node:readline/promises"
import * as Chat from "effect/ai/Chat"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ResponseLanguageModel from "llmfx/openai/ResponseLanguageModel"
import { openAi } from "./support/standIn.ts"

const Weather = Tool.make("weather", {
  description: "The weather in a city",
  parameters: Schema.Struct({ city: Schema.String }),
  success: Schema.Struct({ degrees: Schema.Int }),
  // The model sees failures and can try something else.
  failureMode: "return"
})

const tools = Toolkit.make(Weather)
const handlers = tools.toLayer({ weather: ({ city }) => Effect.succeed({ degrees: city.length * 4 }) })

/** One turn: the model may call tools, and then goes on with their results. */
const turn = (
  chat: Chat.Chat,
  prompt: string
): Effect.Effect<void, unknown, LanguageModel.LanguageModel | Tool.HandlersFor<typeof tools.tools>> =>
  Effect.gen(function* () {
    let hasCalled = false
    yield* chat.streamText({ prompt: prompt === "" ? [] : prompt, toolkit: tools }).pipe(
      Stream.runForEach((part) => {
        switch (part.type) {
          case "text-delta":
            return Effect.sync(() => process.stdout.write(part.delta))
          case "tool-call":
            hasCalled = true
            return Console.log(`${part.name}(${JSON.stringify(part.params)})`)
          case "tool-result":
            return Console.log(`= ${JSON.stringify(part.encodedResult)}`)
          default:
            return Effect.void
        }
      })
    )
    if (hasCalled) return yield* turn(chat, "")
    yield* Console.log("")
  })

/** The lines of the terminal or of a pipe; a short conversation if there are none. */
async function* lines() {
  const { isTTY } = process.stdin
  const input = Readline.createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: "> ",
    terminal: isTTY
  })
  let isEmpty = true
  if (isTTY) input.prompt()
  for await (const line of input) {
    isEmpty = false
    yield line
    if (isTTY) input.prompt()
  }
  if (isEmpty && !isTTY) yield* ["How warm is it in Paris?", "Thanks!"]
}

const program = Effect.gen(function* () {
  const chat = yield* Chat.fromPrompt([{ role: "system", content: "You answer in one sentence." }])
  yield* Stream.runForEach(Stream.fromAsyncIterable(lines(), String), (line) =>
    process.stdin.isTTY ? turn(chat, line) : Effect.andThen(Console.log(`> ${line}`), turn(chat, line))
  )
})

const model = ResponseLanguageModel.model("gpt-5.4-mini").pipe(
  Layer.provide(
    openAi({
      replies: [
        { toolCalls: [{ name: "weather", input: { city: "Paris" } }] },
        "It is 20 degrees warm in Paris.",
        "You are welcome."
      ]
    })
  )
)

await Effect.runPromise(program.pipe(Effect.provide(model), Effect.provide(handlers)))
