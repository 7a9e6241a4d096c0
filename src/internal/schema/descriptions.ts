/** Restores descriptions of a schema's parts that the conversion to JSON Schema loses, so they reach the model. */
import * as SchemaAST from "effect/SchemaAST"
import { isObject, type JsonObject } from "../json/json.ts"

/** Adds the descriptions of properties that the JSON Schema made of a schema lacks. */
export const withDescriptions = (ast: SchemaAST.AST, schema: JsonObject): JsonObject => {
  const definitions = isObject(schema["$defs"]) ? schema["$defs"] : {}
  const described = new Map<string, JsonObject>()
  const visit = (ast: SchemaAST.AST, node: JsonObject): JsonObject => {
    const { $ref } = node
    if (typeof $ref === "string") {
      const name = $ref.replace("#/$defs/", "")
      const target = definitions[name]
      if (isObject(target) && !described.has(name)) {
        // Set before it is visited: a definition may contain itself.
        described.set(name, target)
        described.set(name, visit(ast, target))
      }
      return node
    }
    return formsOf(ast).reduce((node, form) => visitForm(form, node), node)
  }
  const visitForm = (ast: SchemaAST.AST, node: JsonObject): JsonObject => {
    const { anyOf, items, properties } = node
    switch (ast._tag) {
      case "Objects": {
        if (!isObject(properties)) return node
        const types = new Map(ast.propertySignatures.map(({ name, type }) => [String(name), type]))
        const parts = Object.entries(properties).map(([name, part]) => {
          const type = types.get(name)
          return [name, type === undefined || !isObject(part) ? part : withOwn(type, visit(type, part))]
        })
        return { ...node, properties: Object.fromEntries(parts) }
      }
      case "Arrays": {
        const [item] = ast.rest
        return item !== undefined && isObject(items) ? { ...node, items: withOwn(item, visit(item, items)) } : node
      }
      case "Union": {
        // An optional property may be null, too, so there can be one more part than members.
        if (!Array.isArray(anyOf)) return ast.types.reduce((node, type) => visit(type, node), node)
        return {
          ...node,
          anyOf: anyOf.map((part: unknown, at) => {
            const type = ast.types[at]
            return type === undefined || !isObject(part) ? part : visit(type, part)
          })
        }
      }
      default:
        return Array.isArray(anyOf)
          ? { ...node, anyOf: anyOf.map((part: unknown) => (isObject(part) ? visitForm(ast, part) : part)) }
          : node
    }
  }
  const visited = visit(ast, schema)
  return described.size === 0 ? visited : { ...visited, $defs: { ...definitions, ...Object.fromEntries(described) } }
}

/** A schema, and what it is in JSON. */
const formsOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const plain = ast._tag === "Suspend" ? ast.thunk() : ast
  return [plain, ...(plain.encoding ?? []).map(({ to }) => to)]
}

/** Adds what is said of the property, else of its type. Nothing is said twice; a definition has what is said of it. */
const withOwn = (type: SchemaAST.AST, node: JsonObject): JsonObject => {
  const ofKey = type.context?.annotations?.["description"]
  const description =
    typeof ofKey === "string" ? ofKey : "$ref" in node ? undefined : SchemaAST.resolveDescription(type)
  if (description === undefined || JSON.stringify(node).includes(JSON.stringify(description).slice(1, -1))) return node
  const { description: before } = node
  return { ...node, description: typeof before === "string" ? `${before}: ${description}` : description }
}

/** Moves each reference that has other keywords into a part of its own, because OpenAI refuses the combination. */
export const withLoneReferences = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withLoneReferences)
  if (!isObject(value)) return value
  const { $ref, ...rest } = Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withLoneReferences(part)])
  )
  const isReference = typeof $ref === "string"
  if (!isReference) return $ref === undefined ? rest : { $ref, ...rest }
  return Object.keys(rest).length === 0 ? { $ref } : { ...rest, anyOf: [{ $ref }] }
}
