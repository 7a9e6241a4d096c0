/** Makes empty values for lists and objects that a server omits or sends as `null`. */
import type * as SchemaAST from "effect/SchemaAST"
import { isBeyondJson, resolved } from "./ast.ts"
import { taggedUnionOf } from "./taggedUnion.ts"
import { missingVariant } from "./unknownVariant.ts"

/** Makes an empty value. `JSON.stringify` writes it as `null` if it replaces one. */
export type Empty = (missing: null | undefined) => object

/**
 * Returns how to replace a missing value: `"nothing"` if it may stay missing, as a scalar may; `undefined` if no value
 * can replace it.
 */
export const emptyOf = (ast: SchemaAST.AST): Empty | "nothing" | undefined => {
  const make = makerOf(ast, 0)
  return typeof make === "function" ? (missing) => (missing === null ? asNull(make()) : make()) : make
}

/** A type nested deeper than this is recursive. */
const maxDepth = 8

type Maker = () => object

const makerOf = (ast: SchemaAST.AST, depth: number): Maker | "nothing" | undefined => {
  if (isBeyondJson(ast) || depth > maxDepth) return undefined
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

/**
 * For several kinds of values, prefers a scalar that may stay missing, then a list. For several objects, makes an
 * unknown variant.
 */
const makerOfUnion = (ast: SchemaAST.Union, depth: number): Maker | "nothing" | undefined => {
  const tagged = taggedUnionOf(ast)
  if (tagged !== undefined) return () => missingVariant(tagged.discriminator)
  const makers = ast.types.map((type) => ({ type: resolved(type), make: makerOf(type, depth) }))
  if (makers.some(({ make }) => make === "nothing")) return "nothing"
  const list = makers.find(({ type }) => type._tag === "Arrays")
  const variant = makers.find(({ type }) => taggedUnionOf(type) !== undefined)
  return (list ?? variant)?.make ?? (makers.length === 1 ? makers[0]?.make : undefined)
}

const asNull = (value: object): object =>
  Object.defineProperty(value, "toJSON", { value: () => null, enumerable: false, configurable: true, writable: true })

/** Sets a non-enumerable property, so `JSON.stringify` omits it. */
export const setHidden = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, enumerable: false, configurable: true, writable: true })
}
