import { array, type Declaration, type Declarations, type Field, object, ref, type Type, union } from "./Type.ts"
import { partsOf } from "./unions.ts"

/** Names every unnamed object type after its place, so each becomes a declaration of its own. */
export const liftObjects = (declarations: Declarations): Map<string, Declaration> => {
  const lifted = new Map(declarations)

  const name = (wanted: string): string => {
    if (!lifted.has(wanted)) return wanted
    for (let n = 2; ; n++) if (!lifted.has(`${wanted}${n}`)) return `${wanted}${n}`
  }

  const inside = (type: Type, owner: string): Type => {
    switch (type.kind) {
      case "object": {
        const id = name(owner)
        lifted.set(id, { id, type: { kind: "unknown" } })
        lifted.set(id, { id, type: fieldsOf(type, id) })
        return ref(id)
      }
      case "array":
        return array(inside(type.item, type.item.kind === "object" ? `${owner}Item` : owner))
      case "record":
        return { kind: "record", value: inside(type.value, `${owner}Value`) }
      case "union":
        return { ...type, members: type.members.map((member) => inside(member, owner)) }
      case "intersection":
        return {
          ...type,
          members: type.members.map((member) =>
            member.kind === "object" ? fieldsOf(member, owner) : inside(member, owner)
          )
        }
      default:
        return type
    }
  }

  const fieldsOf = (type: Extract<Type, { kind: "object" }>, owner: string): Type =>
    object(
      type.fields.map((field): Field => ({ ...field, type: inside(field.type, `${owner}.${fieldName(field.name)}`) })),
      type.open
    )

  for (const declaration of declarations.values()) {
    const { id, type } = declaration
    const own = type.kind === "object" ? fieldsOf(type, id) : inside(type, `${id}.Value`)
    lifted.set(id, { ...declaration, type: own })
  }
  return lifted
}

/** `created_at[gte]` → `CreatedAtGte`. */
const fieldName = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")

/**
 * Names every union of objects that is part of another type, so no declaration shows it in full. Only types of
 * responses need it, because each of their unions has a schema.
 */
export const liftUnions = (declarations: Declarations, ids: ReadonlySet<string>): Map<string, Declaration> => {
  const lifted = new Map(declarations)

  const inside = (type: Type, owner: string): Type => {
    if (type.kind === "array") return array(inside(type.item, owner))
    if (type.kind === "record") return { kind: "record", value: inside(type.value, owner) }
    if (type.kind !== "union") return type
    const { objects } = partsOf(declarations, type)
    if (objects.length < 2) return { ...type, members: type.members.map((member) => inside(member, owner)) }
    const id = lifted.has(owner) ? `${owner}Union` : owner
    lifted.set(id, { id, type: union(objects) })
    return union([
      ...type.members.filter((member) => !objects.includes(member)).map((member) => inside(member, owner)),
      ref(id)
    ])
  }

  for (const declaration of declarations.values()) {
    const { id, type } = declaration
    if (!ids.has(id)) continue
    if (type.kind === "object") {
      const fields = type.fields.map((field) => ({
        ...field,
        type: inside(field.type, `${id}.${fieldName(field.name)}`)
      }))
      lifted.set(id, { ...declaration, type: object(fields, type.open) })
    } else if (type.kind === "union") {
      lifted.set(id, {
        ...declaration,
        type: {
          ...type,
          members: type.members.map((member) => (member.kind === "array" ? inside(member, `${id}.Item`) : member))
        }
      })
    } else lifted.set(id, { ...declaration, type: inside(type, `${id}.Item`) })
  }
  return lifted
}
