// Maps the import paths that package.json exports to the sources behind them, so tests, examples and scripts
// import the library as a user's program does.
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = join(dirname(fileURLToPath(import.meta.url)), "..")

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** Import path → source, relative to the repository; `*` stands for any name. */
const sources = Object.entries(manifest.exports)
  .filter(([, target]) => target?.default !== undefined)
  .map(([path, target]) => [
    `${manifest.name}${path.slice(1)}`,
    `src/${target.default.slice("./dist/".length, -".js".length)}.ts`
  ])
const exact = new Map(sources.filter(([path]) => !path.includes("*")))
const patterns = sources.filter(([path]) => path.includes("*"))

/** The source of an import path such as `llmfx/openai/Files`; `undefined` if package.json does not export it. */
export const sourceOf = (specifier) => {
  const found = exact.get(specifier)
  if (found !== undefined) return join(root, found)
  for (const [path, source] of patterns) {
    const [before] = path.split("*")
    if (specifier.startsWith(before)) return join(root, source.replace("*", specifier.slice(before.length)))
  }
  return undefined
}

/** A plugin of esbuild that resolves imports of the package to their sources. */
export const toSource = {
  name: "llmfx-source",
  setup: (pluginBuild) => {
    pluginBuild.onResolve({ filter: /^llmfx(\/|$)/ }, ({ path }) => {
      const source = sourceOf(path)
      return source === undefined ? { errors: [{ text: `package.json does not export ${path}` }] } : { path: source }
    })
  }
}
