/**
 * Measures llmfx next to the official SDKs and bare fetch, in one run.
 *
 *     npm run bench -- [--write] [--only stream,requests]
 *     npm run bench -- --only gateway [--streams 300] [--events 200] [--gap 10] [--calls 2000] [--latency 50] [--idle 5000]
 *
 * `--write` puts the table into docs/speed.md, in the place of this major version of Node.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { benchBulk } from "./bulk.ts"
import { benchBundle } from "./bundle.ts"
import { benchGateway, type GatewayOptions } from "./gateway/gateway.ts"
import { benchLanguageModels } from "./languageModels.ts"
import type { Row } from "./measure.ts"
import { benchMemory } from "./memory.ts"
import { root } from "./paths.ts"
import { benchRequests } from "./requests.ts"
import { startServer } from "./servers.ts"
import { benchStartup } from "./startup.ts"
import { benchStreams } from "./stream.ts"
import { benchTypes } from "./types.ts"

const args = process.argv.slice(2)
const only = args.includes("--only") ? (args[args.indexOf("--only") + 1] ?? "").split(",") : undefined

/** Options of the gateway's benchmark: its names with numbers. */
const numbers: Partial<GatewayOptions> = Object.fromEntries(
  ["streams", "events", "gap", "calls", "latency", "idle", "rounds"].flatMap((name) => {
    const at = args.indexOf(`--${name}`)
    return at === -1 ? [] : [[name, Number(args[at + 1])]]
  })
)

const server = await startServer()
const parts: { readonly [name: string]: () => Promise<ReadonlyArray<Row>> } = {
  stream: () => benchStreams(server.url, 15),
  ai: () => benchLanguageModels(server.url, 9),
  requests: () => benchRequests(server.url, 9),
  bulk: () => benchBulk(5),
  gateway: () => benchGateway(numbers),
  startup: () => benchStartup(9),
  bundle: benchBundle,
  memory: benchMemory,
  types: () => benchTypes(5)
}

const rows: Array<Row> = []
for (const [name, run] of Object.entries(parts)) {
  if (only === undefined || only.includes(name)) rows.push(...(await run()))
}
server.stop()

const cells = rows.map(({ bar, holds, measured, what }) => [
  what,
  measured,
  bar,
  holds === undefined ? "" : holds ? "yes" : "no"
])
const table = [["what", "measured", "bar", "holds"], ["---", "---", "---", "---"], ...cells]
  .map((row) => `| ${row.join(" | ")} |`)
  .join("\n")
console.log(`Node ${process.versions.node}, medians of interleaved runs\n\n${table}`)

if (args.includes("--write")) {
  const path = join(root, "docs/speed.md")
  const name = `bench node ${process.versions.node.split(".")[0]}`
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, rest] = readFileSync(path, "utf8").split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/speed.md has no place for ${name}`)
  writeFileSync(
    path,
    `${before}${start}\n\nNode ${process.versions.node}, medians of interleaved runs.\n\n${table}\n\n${end}${after}`
  )
}
process.exit(0)
