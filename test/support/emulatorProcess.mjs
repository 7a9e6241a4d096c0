// @ts-check
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

/**
 * Starts the emulator of the sources in a process of its own.
 *
 * @param {ReadonlyArray<string>} options Those of `llmfx-emulator`.
 */
export const startEmulator = async (options) => {
  const child = spawn(process.execPath, ["scripts/run.mjs", "src/cli/NodeEmulatorMain.ts", ...options], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"]
  })
  const stop = () => child.kill("SIGTERM")
  process.once("exit", stop)
  let printed = ""
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    printed += chunk
    if (printed.includes("COZE_API_BASE")) break
  }
  const url = (/** @type {string} */ name) => {
    const found = new RegExp(`^${name}=(.+)$`, "m").exec(printed)?.[1]
    if (found === undefined) throw new Error(`The emulator did not start: ${printed}`)
    return found
  }
  return {
    urls: { openai: url("OPENAI_BASE_URL"), anthropic: url("ANTHROPIC_BASE_URL"), coze: url("COZE_API_BASE") },
    stop
  }
}
