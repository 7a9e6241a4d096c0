/** The generator's own form of a type: the SDK's TypeScript without its syntax. */
export type Type =
  | { readonly kind: "string" | "number" | "boolean" | "unknown" | "null" | "void" | "file" }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "array"; readonly item: Type }
  | { readonly kind: "record"; readonly value: Type }
  | { readonly kind: "object"; readonly fields: ReadonlyArray<Field>; readonly open: boolean }
  | { readonly kind: "union"; readonly members: ReadonlyArray<Type> }
  | { readonly kind: "intersection"; readonly members: ReadonlyArray<Type> }
  | { readonly kind: "ref"; readonly id: string }

export interface Field extends Notes {
  readonly name: string
  readonly type: Type
  readonly optional: boolean
  /** Whether the source sends it as a header. */
  readonly header?: boolean
  /** Also decodes values of this type, although the declared type excludes them. */
  readonly accepts?: Type
  /** The declared literals of an answer are exact, although others decode. */
  readonly exact?: boolean
}

/** Facts that a comment states and a type does not: limits, units and formats, in our own words. */
export interface Notes {
  readonly notes?: ReadonlyArray<string>
  readonly deprecated?: boolean
}

/** A named type. The id is `<file under src, without extension>#<Dotted.Name>`. */
export interface Declaration extends Notes {
  readonly id: string
  readonly type: Type
}

export type Declarations = ReadonlyMap<string, Declaration>

export const string: Type = { kind: "string" }
export const number: Type = { kind: "number" }
export const boolean: Type = { kind: "boolean" }
export const unknown: Type = { kind: "unknown" }
export const nothing: Type = { kind: "void" }

export const ref = (id: string): Type => ({ kind: "ref", id })
export const literal = (value: string | number | boolean): Type => ({ kind: "literal", value })
export const array = (item: Type): Type => ({ kind: "array", item })
export const object = (fields: ReadonlyArray<Field>, open = false): Type => ({ kind: "object", fields, open })

/** Makes a flat union without repeats. A single member stays as it is. */
export const union = (types: ReadonlyArray<Type>): Type => {
  const flat = types.flatMap((type) => (type.kind === "union" ? type.members : [type]))
  const members = [...new Map(flat.map((type) => [JSON.stringify(type), type])).values()]
  const [only] = members
  return members.length === 1 && only !== undefined ? only : { kind: "union", members }
}

export const isNullable = (type: Type): boolean =>
  type.kind === "null" || (type.kind === "union" && type.members.some((member) => member.kind === "null"))

export const withoutNull = (type: Type): Type =>
  type.kind === "union" ? union(type.members.filter((member) => member.kind !== "null")) : type

/** Returns the types that a type mentions directly. */
export const children = (type: Type): ReadonlyArray<Type> => {
  switch (type.kind) {
    case "array":
      return [type.item]
    case "record":
      return [type.value]
    case "union":
    case "intersection":
      return type.members
    case "object":
      return type.fields.map((field) => field.type)
    default:
      return []
  }
}

/** Returns the ids that a type mentions at any depth, without following them. */
export const mentions = (type: Type): ReadonlyArray<string> =>
  type.kind === "ref" ? [type.id] : children(type).flatMap(mentions)

/** Follows references to a type that is not a reference. */
export const resolve = (declarations: Declarations, type: Type): Type => {
  if (type.kind !== "ref") return type
  const declaration = declarations.get(type.id)
  if (declaration === undefined) throw new Error(`no declaration of ${type.id}`)
  return resolve(declarations, declaration.type)
}

/** Returns the ids reachable from the given ones, including these. */
export const reach = (declarations: Declarations, roots: Iterable<string>): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (id: string): void => {
    if (found.has(id)) return
    found.add(id)
    const declaration = declarations.get(id)
    if (declaration === undefined) throw new Error(`${id}: no such type`)
    mentions(declaration.type).forEach(visit)
  }
  for (const id of roots) visit(id)
  return found
}
