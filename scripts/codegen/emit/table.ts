import type { Model } from "../model/Model.ts"
import { exportName, moduleOf, type Places } from "../names.ts"
import type { Overrides } from "../overrides.ts"
import type { Declarations } from "../Type.ts"
import { makeScope } from "./scope.ts"
import { typeText } from "./types.ts"

/** The page that lists every endpoint of a provider. */
export const tableText = (model: Model, overrides: Overrides, places: Places, declarations: Declarations): string => {
  const rows = model.endpoints.map((endpoint) => {
    const module = moduleOf(endpoint)
    const scope = makeScope(module, places, { declarations, responses: new Set(), exact: new Set() })
    const input = endpoint.input === undefined ? "" : `\`${scope.nameOf(endpoint.input, "type")}\``
    const output =
      endpoint.success === undefined
        ? ({ none: "nothing", text: "text", binary: "bytes" }[endpoint.kind as string] ?? "")
        : `\`${typeText(endpoint.success, scope, false)}\``
    const plural = { list: "pages of ", stream: "events: ", jsonl: "lines of " }[endpoint.kind as string] ?? ""
    return [
      `\`${endpoint.id}\``,
      `\`${module}.${exportName(endpoint.id)}\``,
      `\`${endpoint.method} ${endpoint.path}\``,
      input,
      plural + output
    ]
      .map((cell) => cell.replaceAll("|", "\\|"))
      .join(" | ")
  })
  return [
    `# Endpoints of \`llmfx/${overrides.folder}\``,
    "",
    `${model.endpoints.length} endpoints, streaming twins (\`:stream\`) included. Types are exported by the module of the function, or by the one that owns them.`,
    "",
    "| Endpoint | Function | Request | Input | Output |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    ""
  ].join("\n")
}
