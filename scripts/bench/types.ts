import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { interleaved, type Row, ratioRow } from "./measure.ts"
import { root } from "./paths.ts"

const programs = {
  llmfx: `import * as Effect from "effect/Effect"
import { ChatCompletions } from "llmfx/openai"
export const text = ChatCompletions.create({ model: "m", messages: [{ role: "user", content: "hi" }] }).pipe(
  Effect.map((completion) => completion.choices[0]?.message.content)
)
`,
  sdk: `import * as Effect from "effect/Effect"
import OpenAI from "openai"
const client = new OpenAI()
export const text = Effect.promise(() =>
  client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] })
).pipe(Effect.map((completion) => completion.choices[0]?.message.content))
`
}

interface Check {
  readonly seconds: number
  readonly megabytes: number
}

const check = (folder: string): Check => {
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", folder, "--extendedDiagnostics"])
  const output = stdout.toString()
  if (status !== 0) throw new Error(output)
  const number = (name: string): number => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(output)?.[1])
  return { seconds: number("Total time"), megabytes: number("Memory used") / 1024 }
}

/** Compiles a program that makes one call. */
export const benchTypes = async (rounds: number): Promise<ReadonlyArray<Row>> => {
  const folder = join(root, "node_modules/.cache/llmfx/types")
  for (const [name, text] of Object.entries(programs)) {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, "main.ts"), text)
    const compilerOptions = {
      module: "NodeNext",
      target: "ES2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
      types: []
    }
    writeFileSync(join(folder, name, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }))
  }
  const memory = { llmfx: check(join(folder, "llmfx")).megabytes, sdk: check(join(folder, "sdk")).megabytes }
  const times = await interleaved(rounds, {
    llmfx: async () => check(join(folder, "llmfx")).seconds,
    sdk: async () => check(join(folder, "sdk")).seconds
  })
  rmSync(folder, { recursive: true })
  return [
    ratioRow("tsc on one call: time ÷ official SDK in the same program", times.llmfx / times.sdk, 1, "most"),
    ratioRow("tsc on one call: memory ÷ official SDK in the same program", memory.llmfx / memory.sdk, 1, "most")
  ]
}
