import { spawn } from "node:child_process"
import { root } from "./paths.ts"

/** Runs a script of this folder in its own process, and returns what it prints. */
export const outputOf = (
  script: string,
  args: ReadonlyArray<string>,
  { folder = root, flags = [] }: { readonly folder?: string; readonly flags?: ReadonlyArray<string> } = {}
): Promise<string> =>
  new Promise((resolve, reject) => {
    const command = [...flags, `${folder}/scripts/run.mjs`, `${folder}/scripts/bench/${script}.ts`, ...args]
    const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    child.stdout.on("data", (text) => {
      output += String(text)
    })
    child.once("error", reject)
    child.once("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${[script, ...args].join(" ")} ended with ${code}`))
    )
  })
