import { spawnSync } from "node:child_process"
import { interleaved, type Row, ratioRow } from "./measure.ts"
import { root } from "./paths.ts"

/** Returns how long a fresh process takes to import `modules` after `before`, in milliseconds. */
const importTime = (before: ReadonlyArray<string>, modules: ReadonlyArray<string>) => async (): Promise<number> => {
  const imports = (names: ReadonlyArray<string>) =>
    names.map((name) => `await import(${JSON.stringify(name)});`).join("")
  const code = `${imports(before)}const t=performance.now();${imports(modules)}process.stdout.write(String(performance.now()-t))`
  const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { cwd: root })
  if (stdout.length === 0) throw new Error(stderr.toString())
  return Number(stdout.toString())
}

const effect = ["effect", "effect/http/FetchHttpClient"]

/** Compares the built package on top of Effect with the official SDK. */
export const benchStartup = async (rounds: number): Promise<ReadonlyArray<Row>> => {
  const times = await interleaved(rounds, {
    openaiSdk: importTime([], ["openai"]),
    openai: importTime(effect, ["llmfx/openai"]),
    module: importTime(effect, ["llmfx/openai/ChatCompletions"]),
    anthropicSdk: importTime([], ["@anthropic-ai/sdk"]),
    anthropic: importTime(effect, ["llmfx/anthropic"])
  })
  return [
    ratioRow("import of llmfx/openai ÷ import of openai", times.openai / times.openaiSdk, 0.6, "most"),
    ratioRow("import of llmfx/openai/ChatCompletions ÷ import of openai", times.module / times.openaiSdk, 0.2, "most"),
    ratioRow(
      "import of llmfx/anthropic ÷ import of @anthropic-ai/sdk",
      times.anthropic / times.anthropicSdk,
      0.6,
      "most"
    )
  ]
}
