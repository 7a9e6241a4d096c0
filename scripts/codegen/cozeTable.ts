import { endpoints } from "../../src/coze/api/endpoints.ts"
import * as resources from "../../src/coze/api/index.ts"
import type * as Endpoint from "../../src/Endpoint.ts"

const outputs: { readonly [K in Endpoint.Kind]: string } = {
  json: "a value",
  none: "nothing",
  text: "text",
  binary: "bytes",
  stream: "a stream of events",
  jsonl: "a stream of lines",
  list: "pages of items"
}

/** The name that a program calls an endpoint by, such as `Bots.create`. */
const functionOf = (endpoint: Endpoint.Any): string => {
  for (const [module, values] of Object.entries(resources)) {
    for (const [name, value] of Object.entries(values)) if (value === endpoint) return `${module}.${name}`
  }
  throw new Error(`No module exports ${endpoint.id}`)
}

/** The page that lists every endpoint of Coze, whose modules are written by hand. */
export const cozeTable = (): string =>
  [
    "# Endpoints of `llmfx/coze`",
    "",
    `${endpoints.length} endpoints, streaming twins (\`:stream\`) included. Each module exports the types of its inputs and outputs.`,
    "",
    "| Endpoint | Function | Request | Output |",
    "| --- | --- | --- | --- |",
    ...endpoints.map((endpoint) => {
      const cells = [endpoint.id, functionOf(endpoint), `${endpoint.method} ${endpoint.path}`]
      return `| ${cells.map((cell) => `\`${cell}\``).join(" | ")} | ${outputs[endpoint.kind]} |`
    }),
    ""
  ].join("\n")
