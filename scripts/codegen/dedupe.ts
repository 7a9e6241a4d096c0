import type { Declaration, Declarations, Type } from "./Type.ts"

/**
 * Merges repeated types. The SDKs repeat a nested type under every type that uses it; types of one file with the same
 * name and shape become one, under the short name they share.
 */
export const dedupe = (
  declarations: Declarations,
  isAnswer: (id: string) => boolean,
  /** Ids that are used outside the declarations. */
  kept: ReadonlySet<string> = new Set()
): Map<string, Declaration> => {
  let current = new Map(declarations)
  for (;;) {
    const renamed = repeats(current, isAnswer, kept)
    if (renamed.size === 0) return current
    current = rename(current, renamed)
  }
}

/** Returns the id that each repeated id becomes. */
const repeats = (
  declarations: Declarations,
  isAnswer: (id: string) => boolean,
  kept: ReadonlySet<string>
): ReadonlyMap<string, string> => {
  const groups = new Map<string, Array<string>>()
  for (const { deprecated, id, type } of declarations.values()) {
    const path = pathOf(id)
    if (path.length < 2 || kept.has(id)) continue
    const key = JSON.stringify([fileOf(id), path.at(-1), isAnswer(id), deprecated, type])
    groups.set(key, [...(groups.get(key) ?? []), id])
  }
  const renamed = new Map<string, string>()
  const taken = new Set(declarations.keys())
  for (const ids of groups.values()) {
    const [first, ...others] = ids
    if (first === undefined || others.length === 0) continue
    const id = sharedId(ids, taken) ?? first
    taken.add(id)
    for (const each of ids) if (each !== id) renamed.set(each, id)
  }
  return renamed
}

/** Returns the shortest common end of the ids' paths with at least two words, so it means something on its own. */
const sharedId = (ids: ReadonlyArray<string>, taken: ReadonlySet<string>): string | undefined => {
  const [first = "", ...others] = ids
  const path = pathOf(first)
  for (let length = 1; length < path.length; length++) {
    const end = path.slice(-length)
    if (!others.every((id) => pathOf(id).slice(-length).join(".") === end.join("."))) return undefined
    const id = `${fileOf(first)}#${end.join(".")}`
    if (words(end.join("")) > 1 && !taken.has(id) && !taken.has(`${fileOf(first)}#${end.join("")}`)) return id
  }
  return undefined
}

const words = (name: string): number => name.match(/[A-Z]+[a-z0-9]*/g)?.length ?? 0

const rename = (declarations: Declarations, names: ReadonlyMap<string, string>): Map<string, Declaration> => {
  const to = (id: string): string => names.get(id) ?? id
  const result = new Map<string, Declaration>()
  for (const declaration of declarations.values()) {
    const id = to(declaration.id)
    if (!result.has(id)) result.set(id, { ...declaration, id, type: withRefs(declaration.type, to) })
  }
  return result
}

/** Renames the references of a type. */
const withRefs = (type: Type, to: (id: string) => string): Type => {
  switch (type.kind) {
    case "ref":
      return { kind: "ref", id: to(type.id) }
    case "array":
      return { ...type, item: withRefs(type.item, to) }
    case "record":
      return { ...type, value: withRefs(type.value, to) }
    case "union":
    case "intersection":
      return { ...type, members: type.members.map((member) => withRefs(member, to)) }
    case "object":
      return { ...type, fields: type.fields.map((field) => ({ ...field, type: withRefs(field.type, to) })) }
    default:
      return type
  }
}

const fileOf = (id: string): string => id.slice(0, id.indexOf("#"))
const pathOf = (id: string): ReadonlyArray<string> => id.slice(id.indexOf("#") + 1).split(".")
