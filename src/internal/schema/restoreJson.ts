/**
 * Providers take neither optional properties nor records nor tuples; the model writes `null`, lists of entries and
 * numbered properties in their place. This turns an unfinished value back into the schema's own JSON.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { isObject } from "../json/json.ts"

/**
 * Gives values as the schema's own JSON; what fits no part of the schema stays as it is. Parts that were seen before are
 * not looked at again: of a value that grows, that leaves what is new.
 */
export const makeRestore = (ast: SchemaAST.AST): ((json: unknown) => unknown) => {
  let encoded: SchemaAST.AST | undefined
  const restore = new Restore()
  return (json) => {
    encoded ??= SchemaAST.toEncoded(Schema.toCodecJson(Schema.make(ast)).ast)
    return restore.at(encoded, json)
  }
}

class Restore {
  readonly #seen = new Map<SchemaAST.AST, WeakMap<object, unknown>>()

  at(ast: SchemaAST.AST, json: unknown): unknown {
    if (typeof json !== "object" || json === null) return json
    let seen = this.#seen.get(ast)
    if (seen === undefined) {
      seen = new WeakMap()
      this.#seen.set(ast, seen)
    }
    if (seen.has(json)) return seen.get(json)
    const restored = this.#restore(ast, json)
    seen.set(json, restored)
    return restored
  }

  #restore(ast: SchemaAST.AST, json: object): unknown {
    switch (ast._tag) {
      case "Suspend":
        return this.at(ast.thunk(), json)
      case "Union":
        return this.#union(ast, json)
      case "Arrays":
        return this.#array(ast, json)
      case "Objects":
        return this.#object(ast, json)
      default:
        return json
    }
  }

  /** Only if a single member can be meant; an incomplete value does not reveal more. */
  #union(ast: SchemaAST.Union, json: object): unknown {
    const members = ast.types.flatMap(resolved).filter((member) => isLike(member, json))
    const [only] = members
    return members.length === 1 && only !== undefined ? this.at(only, json) : json
  }

  #array(ast: SchemaAST.Arrays, json: object): unknown {
    const [item] = ast.rest
    if (!isTuple(ast)) {
      return Array.isArray(json) && item !== undefined ? json.map((value) => this.at(item, value)) : json
    }
    if (!isObject(json)) return json
    const elements = ast.elements.flatMap((element, index) => {
      const value = json[String(index)]
      return value === undefined ? [] : [this.at(element, value)]
    })
    const rest = json["__rest__"]
    return Array.isArray(rest) && item !== undefined
      ? [...elements, ...rest.map((value: unknown) => this.at(item, value))]
      : elements
  }

  #object(ast: SchemaAST.Objects, json: object): unknown {
    const [index] = ast.indexSignatures
    if (index !== undefined) {
      if (!Array.isArray(json)) return json
      const entries = json.flatMap((entry: unknown) =>
        isObject(entry) && typeof entry["0"] === "string" && entry["1"] !== undefined
          ? [[entry["0"], this.at(index.type, entry["1"])] as const]
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
        return value === null && SchemaAST.isOptional(type) ? [] : [[name, this.at(type, value)]]
      })
    )
  }
}

const resolved = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  ast._tag === "Suspend" ? resolved(ast.thunk()) : ast._tag === "Union" ? ast.types.flatMap(resolved) : [ast]

const isTuple = (ast: SchemaAST.Arrays): boolean => ast.elements.length > 0 || ast.rest.length > 1

const isLike = (ast: SchemaAST.AST, json: unknown): boolean => {
  if (ast._tag === "Arrays") return isTuple(ast) ? isObject(json) : Array.isArray(json)
  if (ast._tag === "Objects") return ast.indexSignatures.length > 0 ? Array.isArray(json) : isObject(json)
  return false
}
