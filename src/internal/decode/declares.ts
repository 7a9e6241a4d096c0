import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { JsonObject } from "../json/json.ts"

const known = new WeakMap<Schema.Constraint, Map<string, boolean>>()

/** Whether a schema, or a member of it if it is a union, has a field of its own with this name. */
const declares = (schema: Schema.Constraint | undefined, name: string): boolean => {
  if (schema === undefined) return false
  const names = known.get(schema) ?? new Map<string, boolean>()
  known.set(schema, names)
  const before = names.get(name)
  if (before !== undefined) return before
  const has = hasField(schema.ast, name, 0)
  names.set(name, has)
  return has
}

const hasField = (ast: SchemaAST.AST, name: string, depth: number): boolean => {
  if (depth > 8) return false
  switch (ast._tag) {
    case "Suspend":
      return hasField(ast.thunk(), name, depth + 1)
    case "Union":
      return ast.types.some((type) => hasField(type, name, depth + 1))
    case "Objects":
      return ast.propertySignatures.some((property) => property.name === name)
    case "Unknown":
    case "Any":
      return true
    default:
      return false
  }
}

/** Whether an object with an `error` can be the value of a schema: values that have an error also have their id. */
export const mayHaveError = (schema: Schema.Constraint | undefined, { id }: JsonObject): boolean =>
  declares(schema, "error") && (id !== undefined || isAnything(schema) || !declares(schema, "id"))

/** Whether a schema says nothing of its values. */
export const isAnything = (schema: Schema.Constraint | undefined): boolean =>
  schema?.ast._tag === "Unknown" || schema?.ast._tag === "Any"

/** Whether a schema is that of a list. */
export const isArray = (schema: Schema.Constraint | undefined): boolean => {
  let ast = schema?.ast
  for (let depth = 0; ast?._tag === "Suspend" && depth < 8; depth++) ast = ast.thunk()
  return ast?._tag === "Arrays"
}
