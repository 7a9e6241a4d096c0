/**
 * Builds dist: declarations by the TypeScript compiler, modules by rolldown.
 *
 *     npm run build
 *
 * Every public module stays importable by itself. Loading a file costs more than the code in it, so each step saves files
 * or text. Measured on Node 24 by what an import of `llmfx/openai` loads (of `llmfx/anthropic`), next to Effect's own
 * modules:
 *
 * | step | without | with |
 * | --- | --- | --- |
 * | modules that load together share a file (groups.ts), | 252 (241) files, | 35 (29) files, |
 * | and a facade and its chunk become one (outputs.ts) | 300 (270) ms of CPU | 125 (110) ms of CPU |
 *
 * | step | saves |
 * | --- | --- |
 * | namespaces of an index are plain objects (groups.ts) | 62 (50) KB of 1,179 (861) |
 * | doc comments stay in the declarations | 148 (129) KB |
 * | unused classes can be left out of a bundle | 14 KB of 112 for one call |
 *
 * An import of `llmfx/openai/ChatCompletions` alone loads 9 files with 243 KB, instead of 99 files with 262 KB.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { rolldown } from "rolldown"
import { families, familyId, familyText, groups } from "./groups.ts"
import { indexText, isIndex, modules, root, source } from "./modules.ts"
import { cycleIn, type Files, facadeOf, listOf, withoutFacades } from "./outputs.ts"
import { bundleProgram } from "./program.ts"

const dist = join(root, "dist")

const emitDeclarations = (): void => {
  const { status } = spawnSync(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.build.json")],
    { stdio: "inherit" }
  )
  if (status !== 0) process.exit(status ?? 1)
}

/**
 * Marks the calls that make the base of a class as pure. Without the mark, a bundler keeps every class of a shared file,
 * and what the class needs, in programs that use none of them.
 */
const withRemovableClasses = (code: string) => ({
  code: code.replaceAll(/^(export class .* extends) (?=(?:Context|Data)\.)/gm, "$1 /*#__PURE__*/ "),
  // The lines stay where they are.
  map: null
})

const bundle = async (): Promise<Files> => {
  const build = await rolldown({
    input: Object.fromEntries([
      ...modules.filter((path) => !isIndex(path)).map((path) => [path.slice(0, -".ts".length), join(source, path)]),
      ...families.map(({ name }) => [`chunks/${name}-index`, familyId(name)])
    ]),
    plugins: [
      {
        name: "families",
        resolveId: (id) => (id.startsWith(familyId("")) ? id : undefined),
        load: familyText
      },
      { name: "classes", transform: { filter: { code: /^export class /m }, handler: withRemovableClasses } }
    ],
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    platform: "neutral",
    preserveEntrySignatures: "allow-extension",
    treeshake: false
  })
  const { output } = await build.generate({
    dir: dist,
    format: "esm",
    sourcemap: true,
    // Doc comments are in the declarations.
    comments: { annotation: true, jsdoc: false, legal: false },
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    // Facades can be merged only by the original names.
    minifyInternalExports: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: groups.map(({ has, name }) => ({ name, test: has }))
    }
  })
  await build.close()
  return withoutFacades(output)
}

/** The text of an index, which imports the namespaces of its families from their files. */
const indexOf = (path: string, files: Files): string => {
  let text = indexText(path).replaceAll(/\.ts"$/gm, '.js"')
  for (const { members, name, provider } of families.filter(({ provider }) => provider === dirname(path))) {
    const paths = members.map((member) => `"./${member.slice(provider.length + 1, -".ts".length)}.js"`)
    const isMember = (line: string) => paths.some((member) => line.endsWith(` from ${member}`))
    const others = text.split("\n").filter((line) => !isMember(line))
    const facade = facadeOf(files, `chunks/${name}-index.js`)
    if (facade === undefined) throw new Error(`The family ${name} does not have a file of its own`)
    text = `${others.join("\n")}export { ${listOf(facade.names)} } from "../${facade.from}"\n`
  }
  return text
}

rmSync(dist, { recursive: true, force: true })
emitDeclarations()
const files = await bundle()
const cycle = cycleIn(files)
if (cycle !== undefined) throw new Error(`Files import each other: ${cycle.join(" → ")}`)

const indexes = modules
  .filter((path) => isIndex(path) && !path.includes("/api/"))
  .map((path) => [path.replace(/\.ts$/, ".js"), indexOf(path, files)] as const)
// The indexes import the families' files directly, so nothing needs their facades.
for (const { name } of families) files.delete(`chunks/${name}-index.js`)

for (const [path, { code, map }] of files) {
  mkdirSync(join(dist, dirname(path)), { recursive: true })
  writeFileSync(join(dist, path), code)
  // A file that only re-exports does not have a map.
  if (map !== null) writeFileSync(join(dist, `${path}.map`), JSON.stringify(map))
}
for (const [path, code] of indexes) writeFileSync(join(dist, path), code)
await bundleProgram(dist)
