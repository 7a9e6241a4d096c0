/** The tools of an MCP server that tests talk to over HTTP and over standard input. */
import * as McpServer from "effect/ai/McpServer"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

const Add = Tool.make("add", {
  description: "adds two numbers",
  parameters: Schema.Struct({ a: Schema.Finite, b: Schema.Finite }),
  success: Schema.String
})

const toolkit = Toolkit.make(Add)

/** Registers the tools with a server. */
export const registrations = McpServer.toolkit(toolkit).pipe(
  Layer.provide(toolkit.toLayer({ add: ({ a, b }) => Effect.succeed(`${a + b}`) }))
)

export const info = { name: "adder", version: "1.0.0" }
