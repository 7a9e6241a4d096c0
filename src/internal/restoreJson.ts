/**
 * Providers take neither optional properties nor records nor tuples; the model writes `null`, lists of entries and
 * numbered properties in their place. This turns an unfinished value back into the schema's own JSON.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { isObject } from "./dialect.ts"

/** The value as the schema's own JSON; what fits no part of the schema stays as it is. */
export const restore = (ast: SchemaAST.AST, json: unknown): unknown =>
  restoreAt(SchemaAST.toEncoded(Schema.toCodecJson(Schema.make(ast)).ast), json)

const restoreAt = (ast: SchemaAST.AST, json: unknown): unknown => {
  switch (ast._tag) {
    case "Suspend":
      return restoreAt(ast.thunk(), json)
    case "Union":
      return restoreUnion(ast, json)
    case "Arrays":
      return restoreArray(ast, json)
    case "Objects":
      return restoreObject(ast, json)
    default:
      return json
  }
}

/** Only where one member alone can be meant; a value that is not whole does not tell more. */
const restoreUnion = (ast: SchemaAST.Union, json: unknown): unknown => {
  const members = ast.types.flatMap(resolved).filter((member) => isLike(member, json))
  const [only] = members
  return members.length === 1 && only !== undefined ? restoreAt(only, json) : json
}

const resolved = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  ast._tag === "Suspend" ? resolved(ast.thunk()) : ast._tag === "Union" ? ast.types.flatMap(resolved) : [ast]

const isTuple = (ast: SchemaAST.Arrays): boolean => ast.elements.length > 0 || ast.rest.length > 1

const isLike = (ast: SchemaAST.AST, json: unknown): boolean => {
  if (ast._tag === "Arrays") return isTuple(ast) ? isObject(json) : Array.isArray(json)
  if (ast._tag === "Objects") return ast.indexSignatures.length > 0 ? Array.isArray(json) : isObject(json)
  return false
}

const restoreArray = (ast: SchemaAST.Arrays, json: unknown): unknown => {
  const [item] = ast.rest
  if (!isTuple(ast))
    return Array.isArray(json) && item !== undefined ? json.map((value) => restoreAt(item, value)) : json
  if (!isObject(json)) return json
  const elements = ast.elements.flatMap((element, index) => {
    const value = json[String(index)]
    return value === undefined ? [] : [restoreAt(element, value)]
  })
  const rest = json["__rest__"]
  return Array.isArray(rest) && item !== undefined
    ? [...elements, ...rest.map((value: unknown) => restoreAt(item, value))]
    : elements
}

const restoreObject = (ast: SchemaAST.Objects, json: unknown): unknown => {
  const [index] = ast.indexSignatures
  if (index !== undefined) {
    if (!Array.isArray(json)) return json
    const entries = json.flatMap((entry: unknown) =>
      isObject(entry) && typeof entry["0"] === "string" && entry["1"] !== undefined
        ? [[entry["0"], restoreAt(index.type, entry["1"])] as const]
        : []
    )
    return Object.fromEntries(entries)
  }
  if (!isObject(json)) return json
  const types = new Map<PropertyKey, SchemaAST.AST>(ast.propertySignatures.map(({ name, type }) => [name, type]))
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, value]) => {
      const type = types.get(name)
      if (type === undefined) return [[name, value]]
      return value === null && SchemaAST.isOptional(type) ? [] : [[name, restoreAt(type, value)]]
    })
  )
}
