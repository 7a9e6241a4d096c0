import type { Place, Places } from "../names.ts"
import type { Declarations } from "../Type.ts"

/** The knowledge of a module's emitter, and the imports it finds the module needs. */
export interface Scope {
  readonly module: string
  readonly declarations: Declarations
  /** Ids of types that are part of responses, which have schemas. */
  readonly responses: ReadonlySet<string>
  /** `<id>.<field>` of properties that tell the members of a union apart. */
  readonly exact: ReadonlySet<string>
  /** Returns the name of a type in this module, and imports it if it lives elsewhere. */
  readonly nameOf: (id: string, as: "type" | "value") => string
}

interface Import {
  readonly name: string
  readonly local: string
  value: boolean
}

/** Imports by module. */
export type Imports = ReadonlyMap<string, ReadonlyArray<Import>>

export const makeScope = (
  module: string,
  places: Places,
  known: Pick<Scope, "declarations" | "responses" | "exact">
): Scope & { readonly imports: Imports } => {
  const types = new Map<string, Array<Import>>()
  const own = new Set([...places.values()].filter((place) => place.module === module).map((place) => place.name))
  const locals = new Set(own)

  const importOf = (place: Place): Import => {
    const imports = types.get(place.module) ?? []
    types.set(place.module, imports)
    const found = imports.find(({ name }) => name === place.name)
    if (found !== undefined) return found
    const local = locals.has(place.name) ? `${place.module}${place.name}` : place.name
    locals.add(local)
    const added: Import = { name: place.name, local, value: false }
    imports.push(added)
    return added
  }

  return {
    ...known,
    module,
    nameOf: (id, as) => {
      const place = places.get(id)
      if (place === undefined) throw new Error(`${id}: a type without a place`)
      if (place.module === module) return place.name
      const imported = importOf(place)
      imported.value ||= as === "value"
      return imported.local
    },
    imports: types
  }
}
