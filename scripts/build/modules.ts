/** The modules of src and what they import, read from their text. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import process from "node:process"

export const root = process.cwd()
export const source = join(root, "src")

/** The program: the build puts what reads its arguments into files of their own (program.ts). Its tasks are modules. */
const isProgram = (path: string): boolean => /^cli\/[^/]+$/.test(path)

/** Paths of the modules that others may load, relative to src. */
export const modules: ReadonlyArray<string> = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.split("/").includes("internal") && !isProgram(path))

export const readModule = (path: string): string => readFileSync(join(source, path), "utf8")

export const nameOf = (path: string): string => basename(path, ".ts")

/** An index only re-exports. It stays as it is, so a bundler can see through it. */
export const isIndex = (path: string): boolean => /(^|\/)index\.ts$/.test(path)

/** The text of an index, with the index of its provider's resources in it, so there is one file less to load. */
export const indexText = (path: string): string =>
  readModule(path).replace(/^export \* from "\.\/api\/index\.ts"\n/m, () =>
    readModule(`${dirname(path)}/api/index.ts`).replaceAll('from "./', 'from "./api/')
  )

const imports = new Map<string, ReadonlyArray<string>>()

/** The files that a file imports values from. */
const importsOf = (file: string): ReadonlyArray<string> => {
  const known = imports.get(file)
  if (known !== undefined) return known
  const named = readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )[^"]*"(\.[^"]+)"/gm)
  const found = Array.from(named, ([, from = ""]) => resolve(dirname(file), from))
  imports.set(file, found)
  return found
}

/** A file and everything it imports. */
export const closure = (file: string, found: Set<string> = new Set()): Set<string> => {
  if (found.has(file)) return found
  found.add(file)
  for (const imported of importsOf(file)) closure(imported, found)
  return found
}

/** The files of modules and everything they import. */
export const closureOf = (paths: ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const path of paths) closure(join(source, path), found)
  return found
}
