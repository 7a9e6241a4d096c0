import type { EventModule, Resource } from "./model/Model.ts"
import { pascal } from "./words.ts"

/** The module of a type, and its name there. */
export interface Place {
  readonly module: string
  readonly name: string
}

export type Places = ReadonlyMap<string, Place>

/** `["chat", "completions"]` → `ChatCompletions`. */
export const moduleName = (path: ReadonlyArray<string>): string => path.map(pascal).join("")

/** Returns the module of an endpoint. */
export const moduleOf = ({ id }: { readonly id: string }): string =>
  moduleName(id.replace(/:.*$/, "").split(".").slice(0, -1))

/**
 * `chat.completions.create` → `create`, `chat.completions.create:stream` → `stream`. Other twins keep their method's
 * name.
 */
export const exportName = (id: string): string => {
  const [path = "", twin] = id.split(":")
  const method = path.slice(path.lastIndexOf(".") + 1)
  return twin === undefined ? method : method === "create" ? "stream" : `${method}Stream`
}

/** Names that every module may import, or that mean something else in TypeScript. */
const taken = new Set([
  "Endpoint",
  "FileSource",
  "Open",
  "Page",
  "Schema",
  "Array",
  "ReadonlyArray",
  "Record",
  "Uint8Array"
])

interface Input {
  readonly ids: Iterable<string>
  readonly resources: ReadonlyArray<Resource>
  readonly events: ReadonlyArray<EventModule & { readonly ids: ReadonlySet<string> }>
  /** The modules of files without a resource. */
  readonly modules: { readonly [file: string]: string }
  /** The service's name, which every module imports. */
  readonly service: string
}

/** Gives every type its module, and a unique name in it. */
export const placeTypes = ({ events, ids, modules, resources, service }: Input): Places => {
  const byFile = new Map(resources.map(({ file, path }) => [file, moduleName(path)]))
  const places = new Map<string, Place>()
  const used = new Map<string, Set<string>>()
  for (const id of ids) {
    const [file = "", path = ""] = id.split("#")
    const module = events.find((event) => event.ids.has(id))?.module ?? byFile.get(file) ?? modules[file]
    if (module === undefined) throw new Error(`${id}: its file has no resource; overrides.ts must give it a module`)
    const names = used.get(module) ?? new Set([...taken, service])
    used.set(module, names)
    const name = freeName(path.split(".").map(pascal).join(""), names)
    names.add(name)
    places.set(id, { module, name })
  }
  return places
}

const freeName = (wanted: string, names: ReadonlySet<string>): string => {
  if (!names.has(wanted)) return wanted
  for (let n = 2; ; n++) if (!names.has(`${wanted}${n}`)) return `${wanted}${n}`
}
