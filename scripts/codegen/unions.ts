import type { Declarations, Type } from "./Type.ts"
import * as T from "./Type.ts"

/** How a property tells the members of a union apart. */
export interface Tagged {
  readonly discriminator: string
  /** The objects that have the tag. If there are several, `inner` may tell them apart by another property. */
  readonly members: ReadonlyArray<{
    readonly tag: string
    readonly types: ReadonlyArray<Type>
    readonly inner: Tagged | undefined
  }>
  /** Objects that may come without the tag. */
  readonly untagged: ReadonlyArray<Type>
}

/** The parts of a union: what JSON types tell apart, and the objects. */
export interface Parts {
  readonly literals: ReadonlyArray<string>
  readonly plain: ReadonlyArray<Type>
  readonly objects: ReadonlyArray<Type>
}

export const partsOf = (declarations: Declarations, union: Type): Parts => {
  const members = union.kind === "union" ? union.members : [union]
  const literals = members.flatMap((member) =>
    member.kind === "literal" && typeof member.value === "string" ? [member.value] : []
  )
  const objects = members.filter((member) => isObjects(declarations, member))
  const plain = members.filter(
    (member) =>
      member.kind !== "null" &&
      !objects.includes(member) &&
      !(member.kind === "literal" && typeof member.value === "string")
  )
  return { literals, plain, objects }
}

/** Returns whether a type is an object, or a union of objects only. */
const isObjects = (declarations: Declarations, type: Type): boolean => {
  const resolved = T.resolve(declarations, type)
  return (
    resolved.kind === "object" ||
    (resolved.kind === "union" && resolved.members.every((member) => isObjects(declarations, member)))
  )
}

/** Returns the objects of a union, including those of nested unions. */
const alternatives = (declarations: Declarations, types: ReadonlyArray<Type>): ReadonlyArray<Type> => [
  ...new Map(
    types
      .flatMap((type) => {
        const resolved = T.resolve(declarations, type)
        return resolved.kind === "union" ? alternatives(declarations, resolved.members) : [type]
      })
      .map((type) => [JSON.stringify(type), type])
  ).values()
]

const preference = ["type", "event", "object", "role", "kind", "status"]

/** Returns the property that tells the objects apart, or `undefined`. */
export const tag = (
  declarations: Declarations,
  types: ReadonlyArray<Type>,
  outer: ReadonlyArray<string> = []
): Tagged | undefined => {
  const objects = alternatives(declarations, types)
  if (objects.length < 2) return undefined
  const tags = objects.map((type) => tagsOf(declarations, type))
  const [first] = tags
  const best = [...(first?.keys() ?? [])]
    .filter((field) => !outer.includes(field) && tags.every((tag) => tag.has(field)))
    .map((field) =>
      candidate(
        field,
        tags.map((tag) => tag.get(field) as Tags)
      )
    )
    .filter(({ distinct }) => distinct > 1)
    .sort((a, b) => b.score - a.score)[0]
  if (best === undefined) return undefined
  const byTag = new Map<string, Array<Type>>()
  objects.forEach((type, index) => {
    for (const value of tags[index]?.get(best.discriminator)?.values ?? []) {
      const members = byTag.get(value)
      if (members === undefined) byTag.set(value, [type])
      else members.push(type)
    }
  })
  if ([...byTag.values()].every((types) => types.length === objects.length)) return undefined
  const members = [...byTag].map(([value, types]) => ({
    tag: value,
    types,
    inner: tag(declarations, types, [...outer, best.discriminator])
  }))
  const untagged = objects.filter((_, index) => tags[index]?.get(best.discriminator)?.optional)
  return { discriminator: best.discriminator, members, untagged }
}

interface Tags {
  readonly values: ReadonlyArray<string>
  readonly optional: boolean
}

/** Prefers a property that is always present and different for each object, then the usual names. */
const candidate = (discriminator: string, tags: ReadonlyArray<Tags>) => {
  const all = tags.flatMap(({ values }) => values)
  const distinct = new Set(all).size
  const score =
    (distinct === all.length ? 1000 : 0) +
    (tags.some(({ optional }) => optional) ? 0 : 500) +
    10 * distinct -
    rank(discriminator)
  return { discriminator, distinct, score }
}

const rank = (name: string): number => {
  const index = preference.indexOf(name)
  return index < 0 ? preference.length : index
}

/** Returns the properties of an object that are a literal, or one of several. */
const tagsOf = (declarations: Declarations, type: Type): ReadonlyMap<string, Tags> => {
  const resolved = T.resolve(declarations, type)
  if (resolved.kind !== "object") return new Map()
  return new Map(
    resolved.fields.flatMap((field) => {
      const values = literalsOf(declarations, field.type)
      return values === undefined
        ? []
        : [[field.name, { values, optional: field.optional || T.isNullable(field.type) }] as const]
    })
  )
}

const literalsOf = (declarations: Declarations, type: Type): ReadonlyArray<string> | undefined => {
  const resolved = T.withoutNull(T.resolve(declarations, type))
  const members = resolved.kind === "union" ? resolved.members : [resolved]
  const values = members.flatMap((member) =>
    member.kind === "literal" && typeof member.value === "string" ? [member.value] : []
  )
  return values.length === members.length ? values : undefined
}

/** Returns every union in the given declarations, with the id of its declaration. */
export const unionsIn = (
  declarations: Declarations,
  ids: Iterable<string>
): ReadonlyArray<{ readonly id: string; readonly union: Type }> => {
  const found: Array<{ readonly id: string; readonly union: Type }> = []
  const visit = (id: string, type: Type): void => {
    if (type.kind === "union") found.push({ id, union: type })
    for (const child of T.children(type)) visit(id, child)
  }
  for (const id of ids) {
    const declaration = declarations.get(id)
    if (declaration !== undefined) visit(id, declaration.type)
  }
  return found
}

/** Returns the discriminating properties as `<id>.<field>`. They are exact literals in their objects. */
export const exactFields = (declarations: Declarations, unions: Iterable<Type>): ReadonlySet<string> => {
  const exact = new Set<string>()
  const mark = (tagged: Tagged | undefined): void => {
    for (const { types, inner } of tagged?.members ?? []) {
      for (const type of types) if (type.kind === "ref") exact.add(`${type.id}.${tagged?.discriminator}`)
      mark(inner)
    }
  }
  for (const union of unions) mark(tag(declarations, partsOf(declarations, union).objects))
  return exact
}
