/** Adapts JSON Schema to the providers' strict subsets. */
import * as SchemaAST from "effect/SchemaAST"

type Node = { readonly [key: string]: unknown }

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value)

/** The parts of a schema, each with what it adds to the path. */
const partsOf = (node: Node): ReadonlyArray<readonly [path: ReadonlyArray<string>, part: Node]> => {
  const { anyOf, items, properties } = node
  return [
    ...(isNode(properties) ? Object.entries(properties).map(([name, part]) => [[name], part] as const) : []),
    ...(isNode(items) ? [[["[]"], items] as const] : []),
    ...(Array.isArray(anyOf) ? anyOf.map((part: unknown) => [[], part] as const) : [])
  ].flatMap(([path, part]) => (isNode(part) ? [[path, part] as const] : []))
}

/** The path to the first part that may be any value; providers refuse those. */
export const untyped = (schema: Node): ReadonlyArray<string> | undefined => {
  const search = (node: Node): ReadonlyArray<string> | undefined => {
    if (!["type", "anyOf", "allOf", "enum", "const", "$ref"].some((key) => key in node)) return []
    for (const [path, part] of partsOf(node)) {
      const found = search(part)
      if (found !== undefined) return [...path, ...found]
    }
    return undefined
  }
  const { $defs } = schema
  const definitions = isNode($defs) ? Object.values($defs).filter(isNode) : []
  return [schema, ...definitions].map(search).find((path) => path !== undefined)
}

/** The path to the first part that contains itself. */
export const recursion = (document: {
  readonly schema: Node
  readonly definitions: { readonly [name: string]: Node }
}): ReadonlyArray<string> | undefined => {
  const finished = new Set<string>()
  const search = (node: Node, within: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    const { $ref } = node
    if (typeof $ref === "string") {
      if (within.includes($ref)) return []
      const target = document.definitions[$ref.replace("#/$defs/", "")]
      if (target === undefined || finished.has($ref)) return undefined
      const found = search(target, [...within, $ref])
      finished.add($ref)
      return found
    }
    for (const [path, part] of partsOf(node)) {
      const found = search(part, within)
      if (found !== undefined) return [...path, ...found]
    }
    return undefined
  }
  return search(document.schema, [])
}

/** The path to the first property whose name is a symbol, which no JSON has. */
export const symbolKey = (ast: SchemaAST.AST): ReadonlyArray<string> | undefined => {
  const seen = new Set<SchemaAST.AST>()
  const search = (ast: SchemaAST.AST): ReadonlyArray<string> | undefined => {
    if (seen.has(ast)) return undefined
    seen.add(ast)
    for (const [path, part] of astPartsOf(ast)) {
      if (part === undefined) return path
      const found = search(part)
      if (found !== undefined) return [...path, ...found]
    }
    return undefined
  }
  return search(SchemaAST.toEncoded(ast))
}

/** Returns the parts of a schema, each with its addition to the path. Symbols have no part. */
const astPartsOf = (
  ast: SchemaAST.AST
): ReadonlyArray<readonly [path: ReadonlyArray<string>, part: SchemaAST.AST | undefined]> => {
  switch (ast._tag) {
    case "Suspend":
      return [[[], ast.thunk()]]
    case "Union":
      return ast.types.map((type) => [[], type] as const)
    case "Arrays":
      return [...ast.elements, ...ast.rest].map((type) => [["[]"], type] as const)
    case "Objects":
      return [
        ...ast.propertySignatures.map(
          ({ name, type }) => [[String(name)], typeof name === "symbol" ? undefined : type] as const
        ),
        ...ast.indexSignatures.map(({ type }) => [["[]"], type] as const)
      ]
    default:
      return []
  }
}

/** Leaves out what no answer needs: numbers as the words `Infinity` and `NaN`, and alternatives that repeat. */
export const tidy = (node: Node): Node =>
  simplified(
    Object.fromEntries(
      Object.entries(node).map(([key, value]) => {
        if ((key === "properties" || key === "$defs") && isNode(value)) {
          return [key, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, tidyPart(part)]))]
        }
        if (key === "items") return [key, tidyPart(value)]
        return [key, key === "anyOf" && Array.isArray(value) ? value.map(tidyPart) : value]
      })
    )
  )

const tidyPart = (part: unknown): unknown => (isNode(part) ? tidy(part) : part)

const wordsForNumbers = JSON.stringify(["Infinity", "-Infinity", "NaN"])

const simplified = (node: Node): Node => {
  const { anyOf, ...rest } = node
  if (!Array.isArray(anyOf)) return node
  const hasNumber = anyOf.some((part: unknown) => isNode(part) && part["type"] === "number")
  const seen = new Set<string>()
  const parts = anyOf.filter((part: unknown) => {
    const text = JSON.stringify(part)
    const isWords = hasNumber && isNode(part) && JSON.stringify(part["enum"]) === wordsForNumbers
    if (isWords || seen.has(text)) return false
    seen.add(text)
    return true
  })
  const [only] = parts
  return parts.length === 1 && isNode(only) ? { ...only, ...rest } : { ...node, anyOf: parts }
}

/** How many properties may be left out, and how many parts may have several types. */
export const countParameters = (schema: unknown): { readonly optionals: number; readonly unions: number } => {
  let optionals = 0
  let unions = 0
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    if (!isNode(value)) return
    const { anyOf, oneOf, properties, required, type } = value
    if (Array.isArray(anyOf) || Array.isArray(oneOf) || Array.isArray(type)) unions++
    if (isNode(properties)) {
      const needed = new Set<unknown>(Array.isArray(required) ? required : [])
      optionals += Object.keys(properties).filter((name) => !needed.has(name)).length
    }
    Object.values(value).forEach(visit)
  }
  visit(schema)
  return { optionals, unions }
}
