import type { FieldOverride, Overrides } from "../overrides.ts"
import type { Declaration, Field } from "../Type.ts"
import * as T from "../Type.ts"

/** Applies the overrides to the declarations. */
export const overrideFields = (declarations: Map<string, Declaration>, { fields }: Overrides): void => {
  for (const override of fields) {
    const dot = override.at.lastIndexOf(".")
    const name = override.at.slice(dot + 1)
    const pattern = new RegExp(
      `^${override.at
        .slice(0, dot)
        .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")}$`
    )
    const isMeant = ({ id, type }: Declaration) =>
      pattern.test(id) &&
      type.kind === "object" &&
      type.fields.some((field) => field.name === name) === (override.add === undefined)
    const meant = [...declarations.values()].filter(isMeant)
    if (meant.length === 0) {
      throw new Error(
        `overrides.ts: ${override.at} is ${override.add === undefined ? "not there" : "there already, or its type is not"}`
      )
    }
    for (const declaration of meant) {
      if (declaration.type.kind !== "object") continue
      const { fields } = declaration.type
      const changed =
        override.add === undefined
          ? fields.flatMap((field) => (field.name === name ? changedField(field, override) : [field]))
          : [...fields, { name, type: override.add, optional: true }]
      declarations.set(declaration.id, { ...declaration, type: { ...declaration.type, fields: changed } })
    }
  }
}

/** Adds the members that the overrides give to unions. */
export const overrideUnions = (declarations: Map<string, Declaration>, { unions }: Overrides): void => {
  for (const { add, at } of unions) {
    const declaration = declarations.get(at)
    if (declaration?.type.kind !== "union") throw new Error(`overrides.ts: ${at} is not a union`)
    const type = T.union([...declaration.type.members, ...add])
    if (type.kind === "union" && type.members.length < declaration.type.members.length + add.length) {
      throw new Error(`overrides.ts: ${at} has some of the members already`)
    }
    declarations.set(at, { ...declaration, type })
  }
}

const changedField = (
  field: Field,
  { accepts, exact, nullable, omit, optional, type }: FieldOverride
): ReadonlyArray<Field> => {
  if (omit === true) return []
  const base = type ?? field.type
  return [
    {
      ...field,
      type: nullable === true ? T.union([base, { kind: "null" }]) : base,
      optional: optional === true || field.optional,
      ...(exact === true ? { exact } : {}),
      ...(accepts === undefined ? {} : { accepts: accepts.type, notes: [...(field.notes ?? []), accepts.note] })
    }
  ]
}

/**
 * Removes header parameters from types inside a body, such as the requests of a batch, which cannot have headers of
 * their own.
 */
export const dropHeaders = (declarations: Map<string, Declaration>, inputs: ReadonlySet<string>): void => {
  for (const declaration of declarations.values()) {
    const { type } = declaration
    if (inputs.has(declaration.id) || type.kind !== "object") continue
    declarations.set(declaration.id, {
      ...declaration,
      type: { ...type, fields: type.fields.filter((field) => field.header !== true) }
    })
  }
}

/** Turns an object without known fields into one that may hold any. */
export const openEmpty = (declarations: Map<string, Declaration>): void => {
  for (const declaration of declarations.values()) {
    const { type } = declaration
    if (type.kind !== "object" || type.fields.length > 0) continue
    declarations.set(declaration.id, { ...declaration, type: { kind: "record", value: T.unknown } })
  }
}
