/**
 * Writes the OpenAI and Anthropic modules from the sources of the official packages, and the lists in docs/api.
 *
 *     npm run codegen -- [--only openai|anthropic] [--model | --check]
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { cozeTable } from "./cozeTable.ts"
import { emit } from "./emit/emit.ts"
import type { Model } from "./model/Model.ts"
import { makeModel } from "./model/makeModel.ts"
import { anthropic, type Overrides, openai } from "./overrides.ts"
import { readSource } from "./read/resources.ts"

const packageFolder = ({ package: name }: Overrides): string => join(process.cwd(), "node_modules", name)

const modelOf = (overrides: Overrides): Model => {
  const source = readSource({
    root: join(packageFolder(overrides), "src"),
    clientClass: overrides.clientClass,
    streams: overrides.streams,
    roots: [
      ...Object.values(overrides.events).flatMap(({ client, server }) => [...server, ...client]),
      ...Object.values(overrides.delegated).flatMap(({ input, result }) => [input, result])
    ]
  })
  return makeModel(source, overrides)
}

const versionOf = (overrides: Overrides): string =>
  JSON.parse(readFileSync(join(packageFolder(overrides), "package.json"), "utf8")).version

/** Returns the generated modules of a provider. Nothing in their room is written by hand. */
const generatedFiles = (folder: string): ReadonlyArray<string> => {
  const path = join("src", folder, "api")
  return existsSync(path) ? readdirSync(path).map((file) => join(path, file)) : []
}

const generate = (overrides: Overrides): ReadonlyMap<string, string> =>
  format(emit({ model: modelOf(overrides), overrides, version: versionOf(overrides) }))

/** Formats and sorts imports as the project does, in a folder of its own so a check leaves the project alone. */
const format = (files: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const folder = mkdtempSync(join(tmpdir(), "llmfx-codegen-"))
  try {
    for (const [path, text] of files) write(join(folder, path), text)
    cpSync("biome.json", join(folder, "biome.json"))
    const biome = join(process.cwd(), "node_modules", ".bin", "biome")
    execFileSync(
      biome,
      ["check", "--write", "--linter-enabled=false", "--vcs-enabled=false", "--log-level=error", "."],
      {
        cwd: folder,
        stdio: "pipe"
      }
    )
    return new Map([...files.keys()].map((path) => [path, readFileSync(join(folder, path), "utf8")]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const stale = (files: ReadonlyMap<string, string>, overrides: Overrides): ReadonlyArray<string> =>
  generatedFiles(overrides.folder).filter((file) => !files.has(file))

const cozePath = "docs/api/coze.md"

const args = process.argv.slice(2)
const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : undefined
const providers = [openai, anthropic].filter(({ folder }) => only === undefined || only === folder)

if (args.includes("--model")) {
  const models = Object.fromEntries(providers.map((overrides) => [overrides.folder, modelOf(overrides)]))
  console.log(JSON.stringify(models, null, 2))
} else if (args.includes("--check")) {
  const different = providers.flatMap((overrides) => {
    const files = generate(overrides)
    const changed = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text)
    return [...changed.map(([path]) => path), ...stale(files, overrides)]
  })
  if (!existsSync(cozePath) || readFileSync(cozePath, "utf8") !== cozeTable()) different.push(cozePath)
  for (const path of different) console.log(path)
  process.exitCode = different.length > 0 ? 1 : 0
} else {
  for (const overrides of providers) {
    const files = generate(overrides)
    for (const path of stale(files, overrides)) rmSync(path)
    for (const [path, text] of files) write(path, text)
    console.log(`${overrides.folder}: ${files.size} files`)
  }
  write(cozePath, cozeTable())
}
