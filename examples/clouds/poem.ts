/** Two programs that do not mention a cloud: the layer decides who answers. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Messages } from "llmfx/anthropic"
import { ChatCompletions } from "llmfx/openai"

const poem = [{ role: "user" as const, content: "A poem of one line about clouds" }]

export const chat = (model: string) =>
  Effect.flatMap(ChatCompletions.create({ model, messages: poem }), ({ choices }) =>
    Console.log(choices[0]?.message.content)
  )

export const message = (model: string) =>
  Messages.stream({ model, max_tokens: 100, messages: poem }).pipe(
    Stream.runFold(
      () => "",
      (text, event) =>
        event.type === "content_block_delta" && event.delta.type === "text_delta" ? text + event.delta.text : text
    ),
    Effect.flatMap(Console.log)
  )
