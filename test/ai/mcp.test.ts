import { fileURLToPath } from "node:url"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as McpClient from "effect/ai/McpClient"
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as ChildProcess from "effect/process/ChildProcess"
import { Emulator } from "llmfx/testing"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import { info, registrations } from "../support/mcpServer.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"

const client = { name: "test", version: "1.0.0", protocol: McpProtocol.v2025_11_25 }

const http = { layer: Emulator.layer() }
const openai = openAiOver(http, { baseUrl: "http://api.test/openai/v1" })
const models = {
  responses: ResponseLanguageModel.model("gpt-5.4-mini").pipe(Layer.provide(openai)),
  chat: ChatLanguageModel.model("gpt-4.1").pipe(Layer.provide(openai)),
  messages: MessageLanguageModel.model("claude-sonnet-5", { max_tokens: 256 }).pipe(
    Layer.provide(anthropicOver(http, { baseUrl: "http://api.test/anthropic" }))
  )
}

/** Models of the emulator call the tools that they are offered. */
const usesTools = Effect.gen(function* () {
  const toolkit = yield* McpClient.toolkit(yield* McpClient.McpClient)
  for (const [name, model] of Object.entries(models)) {
    const { toolCalls, toolResults } = yield* LanguageModel.generateText({ prompt: "add", toolkit }).pipe(
      Effect.provide(model)
    )
    const { a, b } = (toolCalls[0]?.params ?? {}) as { readonly a: number; readonly b: number }
    assert.deepStrictEqual(
      toolResults.map(({ isFailure, result }) => [isFailure, result]),
      [[false, `${a + b}`]],
      name
    )
  }
})

describe("a model of each API", () => {
  it.live("uses the tools of an MCP server over HTTP", () => {
    const server = McpServer.layerHttp({ ...info, path: "/mcp", protocols: [McpProtocol.v2025_11_25], registrations })
    return Effect.gen(function* () {
      const { dispose, handler } = HttpRouter.toWebHandler(server, { disableLogger: true })
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init))
      const transport = FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)))
      yield* usesTools.pipe(
        Effect.provide(McpClient.layerHttp({ ...client, url: "http://mcp.test/mcp" }).pipe(Layer.provide(transport)))
      )
    }).pipe(Effect.scoped)
  })

  it.live("uses the tools of an MCP server over standard input and output", () => {
    const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
    const command = ChildProcess.make("node", [path("../../scripts/run.mjs"), path("../support/mcpStdioServer.ts")])
    return usesTools.pipe(
      Effect.provide(McpClient.layerStdio({ ...client, command }).pipe(Layer.provide(NodeServices.layer)))
    )
  })
})
