/** Values of the generator's types: inputs and answers as the SDK's types allow them, without a look at our own. */
import { type Declarations, type Field, resolve, type Type, unknown } from "../../../scripts/codegen/Type.ts"

/** Decides wherever a type leaves a choice. */
export interface Choices {
  /** One of `count` alternatives. */
  readonly pick: (count: number, depth: number) => number
  readonly includes: (field: Field, depth: number) => boolean
  readonly text: (name: string) => string
  /** Makes a value for a type that allows anything. */
  readonly anything: (name: string, depth: number) => unknown
}

const maxDepth = 7

/** A value of the type. */
export const sampleOf = (declarations: Declarations, type: Type, choices: Choices): unknown => {
  const valueOf = (type: Type, name: string, depth: number): unknown => {
    const resolved = resolve(declarations, type)
    switch (resolved.kind) {
      case "string":
        return choices.text(name)
      case "number":
        return [1, 0, 2.5, 2048][choices.pick(4, depth)]
      case "boolean":
        return choices.pick(2, depth) === 0
      case "unknown":
        return choices.anything(name, depth)
      case "null":
        return null
      case "void":
      case "ref":
        return undefined
      case "literal":
        return resolved.value
      case "file":
        return new File([`content of ${name}`], `${name} 1.txt`, { type: "text/plain" })
      case "array":
        return Array.from({ length: depth > maxDepth ? 0 : ([2, 1, 0][choices.pick(3, depth)] ?? 0) }, (_, index) =>
          valueOf(resolved.item, `${name}${index}`, depth + 1)
        )
      case "record":
        return depth > maxDepth
          ? {}
          : { a: valueOf(resolved.value, "a", depth + 1), "b c": valueOf(resolved.value, "b", depth + 1) }
      case "union":
        return valueOf(memberOf(resolved.members, depth), name, depth)
      case "object":
        return objectOf(resolved.fields, depth)
      case "intersection":
        return Object.assign({}, ...resolved.members.map((member) => valueOf(member, name, depth)))
    }
  }

  const objectOf = (fields: ReadonlyArray<Field>, depth: number): object =>
    Object.fromEntries(
      fields
        .filter((field) => !field.optional || (depth <= maxDepth && choices.includes(field, depth)))
        .map((field) => [field.name, valueOf(field.type, field.name, depth + 1)])
    )

  /** Far down only what leads no further. */
  const memberOf = (members: ReadonlyArray<Type>, depth: number): Type => {
    const ends = members.filter(
      (member) => !["object", "array", "record", "union"].includes(resolve(declarations, member).kind)
    )
    const candidates = depth > maxDepth && ends.length > 0 ? ends : members
    return candidates[choices.pick(candidates.length, depth)] ?? unknown
  }

  return valueOf(type, "value", 0)
}
