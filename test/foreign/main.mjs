/**
 * Runs other people's clients against the emulator: node test/foreign/main.mjs [part of a check's name…]
 * Installs them in this folder when their list changes. Prints a line per check; exits with 1 if one fails.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { startEmulator } from "../support/emulatorProcess.mjs"
import { installPackages } from "../support/ownPackages.mjs"
import { replies } from "./replies.mjs"

const folder = fileURLToPath(new URL(".", import.meta.url))
const wanted = process.argv.slice(2)
const clients = ["vercel", "langchain", "openaiAgents", "llamaindex", "instructor", "mistral", "groq"]
const timeout = 30_000

// LlamaIndex and LangChain look for keys and collectors here.
for (const name of Object.keys(process.env)) {
  if (/^(OPENAI|ANTHROPIC|GROQ|MISTRAL|LANGCHAIN|LANGSMITH)_/.test(name)) delete process.env[name]
}

const within = (check) => {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done after ${timeout / 1000} seconds`)), timeout)
  })
  return Promise.race([check(), late]).finally(() => clearTimeout(timer))
}

installPackages(folder, ["--legacy-peer-deps"])
const scratch = mkdtempSync(join(tmpdir(), "llmfx-foreign-"))
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }))
const repliesFile = join(scratch, "replies.json")
writeFileSync(repliesFile, JSON.stringify(replies))
const emulator = await startEmulator(["--replies", repliesFile])
const failed = []
const faulty = []
let passed = 0
try {
  for (const file of clients) {
    const { checks, faults = {}, name: client } = await import(`./clients/${file}.mjs`)
    for (const [label, check] of Object.entries(checks(emulator.urls))) {
      const title = `${client}: ${label}`
      if (wanted.length > 0 && !wanted.some((part) => title.includes(part))) continue
      const problem = await within(check).then(
        () => undefined,
        (error) => error
      )
      const fault = faults[label]
      if (problem === undefined && fault === undefined) {
        passed++
        console.log(`ok      ${title}`)
      } else if (problem === undefined) {
        failed.push(title)
        console.log(`FAILED  ${title}: passes, though this is on record as the client's own fault: ${fault}`)
      } else if (fault !== undefined) {
        faulty.push(title)
        console.log(`client  ${title}: ${fault}`)
      } else {
        failed.push(title)
        console.log(`FAILED  ${title}\n${String(problem?.stack ?? problem).replace(/^/gm, "        ")}`)
      }
    }
  }
} finally {
  emulator.stop()
}
console.log(`\n${passed} passed, ${faulty.length} fail by the client's own fault, ${failed.length} failed`)
// Some clients keep connections open.
process.exit(failed.length === 0 && passed > 0 ? 0 : 1)
