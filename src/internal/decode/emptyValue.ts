/** What stands for a value that should be there, where a server leaves it out or sends `null`. */
import type * as SchemaAST from "effect/SchemaAST"
import { taggedUnionOf } from "./taggedUnion.ts"
import { missingVariant } from "./unknownVariant.ts"

/** Makes an empty value; it is written as `null` again where it stands for that. */
export type Empty = (missing: null | undefined) => object

/** `"nothing"` where the value may stay away as any scalar may; `undefined` where nothing can stand for it. */
export const emptyOf = (ast: SchemaAST.AST): Empty | "nothing" | undefined => {
  const make = makerOf(ast, 0)
  return typeof make === "function" ? (missing) => (missing === null ? asNull(make()) : make()) : make
}

/** Deeper than this, a type leads back to itself. */
const maxDepth = 8

type Maker = () => object

const makerOf = (ast: SchemaAST.AST, depth: number): Maker | "nothing" | undefined => {
  if (ast.encoding !== undefined || depth > maxDepth) return undefined
  if (ast.checks !== undefined && ast.annotations?.["~llmfx/struct"] !== true) return undefined
  switch (ast._tag) {
    case "Suspend":
      return makerOf(ast.thunk(), depth)
    case "String":
    case "Number":
    case "Boolean":
    case "Unknown":
    case "Any":
      return "nothing"
    case "Arrays":
      return ast.elements.length === 0 ? () => [] : undefined
    case "Objects":
      return makerOfObject(ast, depth)
    case "Union":
      return makerOfUnion(ast, depth)
    default:
      return undefined
  }
}

const makerOfObject = (ast: SchemaAST.Objects, depth: number): Maker | undefined => {
  const properties: Array<readonly [string, () => unknown]> = []
  for (const { name, type } of ast.propertySignatures) {
    if (type.context?.isOptional === true) continue
    const make = type._tag === "Literal" ? () => type.literal : makerOf(type, depth + 1)
    if (make === undefined) return undefined
    if (make !== "nothing") properties.push([String(name), make])
  }
  return () => Object.fromEntries(properties.map(([name, make]) => [name, make()]))
}

/** Of several kinds of values, a scalar that may stay away, else a list; of several objects, one that nobody knows. */
const makerOfUnion = (ast: SchemaAST.Union, depth: number): Maker | "nothing" | undefined => {
  const tagged = taggedUnionOf(ast)
  if (tagged !== undefined) return () => missingVariant(tagged.discriminator)
  const makers = ast.types.map((type) => ({ type: plain(type), make: makerOf(type, depth) }))
  if (makers.some(({ make }) => make === "nothing")) return "nothing"
  const list = makers.find(({ type }) => type._tag === "Arrays")
  const variant = makers.find(({ type }) => taggedUnionOf(type) !== undefined)
  return (list ?? variant)?.make ?? (makers.length === 1 ? makers[0]?.make : undefined)
}

const plain = (ast: SchemaAST.AST): SchemaAST.AST => (ast._tag === "Suspend" ? plain(ast.thunk()) : ast)

const asNull = (value: object): object =>
  Object.defineProperty(value, "toJSON", { value: () => null, enumerable: false, configurable: true, writable: true })

/** Sets a property that is not there in JSON, and is not to be there when the value is written again. */
export const setHidden = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, enumerable: false, configurable: true, writable: true })
}
