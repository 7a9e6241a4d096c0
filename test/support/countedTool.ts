import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Tools } from "llmfx"

/** A tool `add`, which returns its argument plus one, and the arguments that it has run with. */
export const countedTool = () => {
  const ran: Array<number> = []
  const add = Tools.make({
    name: "add",
    parameters: Schema.Struct({ a: Schema.Finite }),
    run: ({ a }) =>
      Effect.sync(() => {
        ran.push(a)
        return String(a + 1)
      })
  })
  return { add, ran }
}
