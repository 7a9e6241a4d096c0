// Arranges anew what rolldown has made. A facade only re-exports a chunk; loading a file costs more than what is in a
// small one, so where a facade exports the whole of its chunk, the two become one file.
import { basename, dirname, join, relative } from "node:path/posix"

/** What rolldown has made: path to `{ code, map }`, with the facades filled by their chunks. */
export const withoutFacades = (output) => {
  const files = new Map(
    output.filter(({ type }) => type === "chunk").map(({ code, fileName, map }) => [fileName, { code, map }])
  )
  for (const path of [...files.keys()]) {
    const facade = facadeOf(files, path)
    const chunk = facade && files.get(facade.from)
    if (chunk !== undefined && isWhole(facade, chunk) && isNamed(files, facade.from)) fill(files, path, facade)
  }
  return files
}

/** What a facade re-exports and where from, `local → exported`; `undefined` for other files. */
export const facadeOf = (files, path) => {
  const pattern = /^export \{ ([^}]*) \} from "(\.[^"]+)";\s*(\/\/# .*\s*)?$/
  const [, names, from] = pattern.exec(files.get(path)?.code ?? "") ?? []
  return from === undefined ? undefined : { names: renamings(names), from: join(dirname(path), from) }
}

const renamings = (list) => new Map(list.split(", ").map((name) => pairOf(name.split(" as "))))
const pairOf = ([from, to = from]) => [from, to]

/** The names between the braces of an import or export. */
export const listOf = (names) => Array.from(names, ([from, to]) => (from === to ? to : `${from} as ${to}`)).join(", ")

const ownExports = /^export \{ ([^}]*) \};$/m

const isWhole = ({ names }, { code }) => {
  const own = renamings(ownExports.exec(code)?.[1] ?? "")
  return own.size === names.size && [...own].every(([local, name]) => local === name && names.has(name))
}

/** A path that a file imports or exports from, with what stands before it. */
const anyUse = /(\bfrom |\bimport |\bimport\()"(\.[^"]+)"/g
const namedUse = /^(import|export) \{ ([^}]*) \} from "(\.[^"]+)";$/gm

/** Whether all users of a file name what they use. */
const isNamed = (files, path) =>
  [...files].every(([user, { code }]) => {
    const usesIn = (pattern, group) =>
      [...code.matchAll(pattern)].filter((match) => join(dirname(user), match[group]) === path).length
    return usesIn(anyUse, 2) === usesIn(namedUse, 3)
  })

const fill = (files, path, { from, names }) => {
  const { code, map } = files.get(from)
  const moved = (to) => pathFrom(path, join(dirname(from), to))
  files.delete(from)
  files.set(path, {
    code: code
      .replaceAll(anyUse, (_, before, to) => `${before}"${moved(to)}"`)
      .replace(ownExports, () => `export { ${listOf(names)} };`)
      .replace(/sourceMappingURL=.*/, `sourceMappingURL=${basename(path)}.map`),
    map: { ...map, file: basename(path), sources: map.sources.map((source) => moved(source)) }
  })
  for (const [user, file] of files) {
    file.code = file.code.replaceAll(namedUse, (line, keyword, used, to) => {
      if (join(dirname(user), to) !== from) return line
      const renamed = Array.from(renamings(used), ([name, as]) => [names.get(name) ?? name, as])
      return `${keyword} { ${listOf(renamed)} } from "${pathFrom(user, path)}";`
    })
  }
}

/** The first way from a file back to itself: what is in such files may be used before it is there. */
export const cycleIn = (files) => {
  const done = new Set()
  const visit = (path, way) => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const [, before, to] of (files.get(path)?.code ?? "").matchAll(anyUse)) {
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

const pathFrom = (file, to) => {
  const path = relative(dirname(file), to)
  return path.startsWith(".") ? path : `./${path}`
}
