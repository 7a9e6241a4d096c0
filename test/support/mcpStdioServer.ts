/** The MCP server as a program of its own, over standard input and output. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Layer from "effect/Layer"
import { info, registrations } from "./mcpServer.ts"

McpServer.layerStdio({ ...info, protocols: [McpProtocol.v2025_11_25], registrations }).pipe(
  Layer.provide(NodeStdio.layer),
  Layer.launch,
  NodeRuntime.runMain
)
