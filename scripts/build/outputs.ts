/**
 * Rearranges what rolldown made. A facade only re-exports a chunk. If it exports the whole chunk, the two become one
 * file: loading a file costs more than the code in a small one.
 */
import { basename, dirname, join, relative } from "node:path/posix"
import type { OutputAsset, OutputChunk } from "rolldown"

interface File {
  code: string
  readonly map: object | null
}

/** Files by path. */
export type Files = Map<string, File>

/** Local names and the names they are exported by. */
type Names = ReadonlyMap<string, string>

interface Facade {
  readonly names: Names
  readonly from: string
}

/** Returns rolldown's files, with the facades filled by their chunks. */
export const withoutFacades = (output: ReadonlyArray<OutputChunk | OutputAsset>): Files => {
  const files: Files = new Map()
  for (const file of output) if (file.type === "chunk") files.set(file.fileName, { code: file.code, map: file.map })
  for (const path of [...files.keys()]) {
    const facade = facadeOf(files, path)
    const chunk = facade === undefined ? undefined : files.get(facade.from)
    if (facade !== undefined && chunk !== undefined && isWhole(facade, chunk) && isNamed(files, facade.from))
      fill(files, path, facade)
  }
  return files
}

/** Returns the re-exports of a facade, or `undefined` for other files. */
export const facadeOf = (files: Files, path: string): Facade | undefined => {
  const pattern = /^export \{ ([^}]*) \} from "(\.[^"]+)";\s*(\/\/# .*\s*)?$/
  const [, names = "", from] = pattern.exec(files.get(path)?.code ?? "") ?? []
  return from === undefined ? undefined : { names: renamings(names), from: join(dirname(path), from) }
}

const renamings = (list: string): Names =>
  new Map(
    list.split(", ").map((name) => {
      const [from = "", to = from] = name.split(" as ")
      return [from, to]
    })
  )

/** Writes the names between the braces of an import or export. */
export const listOf = (names: Iterable<readonly [from: string, to: string]>): string =>
  Array.from(names, ([from, to]) => (from === to ? to : `${from} as ${to}`)).join(", ")

const ownExports = /^export \{ ([^}]*) \};$/m

const isWhole = ({ names }: Facade, { code }: File): boolean => {
  const own = renamings(ownExports.exec(code)?.[1] ?? "")
  return own.size === names.size && [...own].every(([local, name]) => local === name && names.has(name))
}

/** A path that a file imports or exports from, with the keyword before it. */
const anyUse = /(\bfrom |\bimport |\bimport\()"(\.[^"]+)"/g
const namedUse = /^(import|export) \{ ([^}]*) \} from "(\.[^"]+)";$/gm

/** Returns whether all users of a file name what they use. */
const isNamed = (files: Files, path: string): boolean =>
  [...files].every(([user, { code }]) => {
    const usesIn = (pattern: RegExp, group: number) =>
      [...code.matchAll(pattern)].filter((match) => join(dirname(user), match[group] ?? "") === path).length
    return usesIn(anyUse, 2) === usesIn(namedUse, 3)
  })

const sourcesOf = (map: object): ReadonlyArray<string> =>
  "sources" in map && Array.isArray(map.sources) ? map.sources : []

const fill = (files: Files, path: string, { from, names }: Facade): void => {
  const chunk = files.get(from)
  if (chunk === undefined) return
  const moved = (to: string) => pathFrom(path, join(dirname(from), to))
  files.delete(from)
  files.set(path, {
    code: chunk.code
      .replaceAll(anyUse, (_, before: string, to: string) => `${before}"${moved(to)}"`)
      .replace(ownExports, () => `export { ${listOf(names)} };`)
      .replace(/sourceMappingURL=.*/, `sourceMappingURL=${basename(path)}.map`),
    map: chunk.map && { ...chunk.map, file: basename(path), sources: sourcesOf(chunk.map).map(moved) }
  })
  for (const [user, file] of files) {
    file.code = file.code.replaceAll(namedUse, (line: string, keyword: string, used: string, to: string) => {
      if (join(dirname(user), to) !== from) return line
      const renamed = Array.from(renamings(used), ([name, as]) => [names.get(name) ?? name, as] as const)
      return `${keyword} { ${listOf(renamed)} } from "${pathFrom(user, path)}";`
    })
  }
}

/** Returns the first way from a file back to itself. Code in such files may be used before it exists. */
export const cycleIn = (files: Files): ReadonlyArray<string> | undefined => {
  const done = new Set<string>()
  const visit = (path: string, way: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const [, before, to = ""] of (files.get(path)?.code ?? "").matchAll(anyUse)) {
      if (before === "import(") continue
      const found = visit(join(dirname(path), to), [...way, path])
      if (found !== undefined) return found
    }
    done.add(path)
    return undefined
  }
  for (const path of files.keys()) {
    const found = visit(path, [])
    if (found !== undefined) return found
  }
  return undefined
}

const pathFrom = (file: string, to: string): string => {
  const path = relative(dirname(file), to)
  return path.startsWith(".") ? path : `./${path}`
}
