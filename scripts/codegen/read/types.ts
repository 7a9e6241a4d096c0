import {
  type ExpressionWithTypeArguments,
  type InterfaceDeclaration,
  Node,
  type PropertySignature,
  type Symbol as TsSymbol,
  type TypeAliasDeclaration,
  type TypeElementTypes,
  type TypeNode,
  type TypeParameterDeclaration,
  type TypeReferenceNode
} from "ts-morph"
import type { Declaration, Field, Type } from "../Type.ts"
import * as T from "../Type.ts"
import { commentOf, notesOf } from "./notes.ts"

/** Turns type syntax into types and collects the declarations it meets. */
export interface TypeReader {
  readonly typeOf: (node: TypeNode) => Type
  readonly declare: (node: InterfaceDeclaration | TypeAliasDeclaration) => Type
  readonly declarations: Map<string, Declaration>
}

/** Types of the SDK's own machinery, as they are on the wire. */
const wellKnown: { readonly [name: string]: Type } = {
  Uploadable: { kind: "file" },
  Blob: { kind: "file" },
  File: { kind: "file" },
  FileLike: { kind: "file" },
  ToFileInput: { kind: "file" },
  BlobLike: { kind: "file" },
  ArrayBuffer: { kind: "file" }
}

/** Types that are a word of TypeScript. */
const words: { readonly [word: string]: Type } = {
  string: T.string,
  number: T.number,
  boolean: T.boolean,
  unknown: T.unknown,
  any: T.unknown,
  void: T.nothing,
  undefined: T.nothing,
  never: T.nothing
}

type ObjectType = Extract<Type, { kind: "object" }>

type Named = InterfaceDeclaration | TypeAliasDeclaration

const fail = (node: Node, why: string): never => {
  const at = `${node.getSourceFile().getFilePath()}:${node.getStartLineNumber()}`
  throw new Error(`${at}: ${why}: ${node.getText().slice(0, 200)}`)
}

const literalOf = (node: Node): Type => {
  if (Node.isNullLiteral(node)) return { kind: "null" }
  if (Node.isTrueLiteral(node)) return T.literal(true)
  if (Node.isFalseLiteral(node)) return T.literal(false)
  if (Node.isStringLiteral(node) || Node.isNumericLiteral(node)) return T.literal(node.getLiteralValue())
  if (Node.isPrefixUnaryExpression(node)) return T.literal(Number(node.getText()))
  return fail(node, "a literal that the generator does not understand")
}

const nameOf = (text: string): string => (/^['"]/.test(text) ? text.slice(1, -1) : text)

/** Adds the fields of a base that the type does not declare itself. */
const extend = (base: ObjectType, own: ObjectType): ObjectType => {
  const names = new Set(own.fields.map((field) => field.name))
  return {
    kind: "object",
    fields: [...own.fields, ...base.fields.filter((field) => !names.has(field.name))],
    open: base.open || own.open
  }
}

/** Returns what a reference names, past imports and re-exports. */
const targetOf = (node: TypeReferenceNode): TsSymbol => {
  const symbol = node.getTypeName().getSymbol() ?? fail(node, "an unknown name")
  return symbol.getAliasedSymbol() ?? symbol
}

const namespacesOf = (node: Named): ReadonlyArray<string> =>
  node
    .getAncestors()
    .filter(Node.isModuleDeclaration)
    .map((module) => module.getName())
    .reverse()

/** An alias of another name, or of a plain type, does not become a type of its own. */
const isOtherName = (node: TypeNode): boolean =>
  (Node.isTypeReference(node) && node.getTypeArguments().length === 0) ||
  /^(string|number|boolean|unknown)$/.test(node.getText())

/** `root` is the folder of the sources. */
export const makeTypeReader = (root: string): TypeReader => {
  const declarations = new Map<string, Declaration>()

  const pathOf = (node: Node): string =>
    node
      .getSourceFile()
      .getFilePath()
      .slice(root.length + 1)

  const isResource = (node: Node | undefined): node is Named =>
    node !== undefined && /^(resources|core\/pagination)/.test(pathOf(node))

  const typeOf = (node: TypeNode): Type => {
    if (Node.isParenthesizedTypeNode(node)) return typeOf(node.getTypeNode())
    if (Node.isUnionTypeNode(node)) return unionOf(node.getTypeNodes())
    if (Node.isArrayTypeNode(node)) return T.array(typeOf(node.getElementTypeNode()))
    if (Node.isTypeOperatorTypeNode(node)) return typeOf(node.getTypeNode())
    if (Node.isTypeLiteral(node)) return membersOf(node.getMembers())
    if (Node.isTypeReference(node)) return referenceOf(node)
    if (Node.isIntersectionTypeNode(node)) return intersectionOf(node.getTypeNodes(), node)
    // `{ [K in …]?: never }` forbids fields and adds none.
    if (Node.isMappedTypeNode(node) && node.getTypeNode()?.getText() === "never") return T.object([])
    if (Node.isLiteralTypeNode(node)) return literalOf(node.getLiteral())
    return words[node.getText()] ?? fail(node, "a type that the generator does not understand")
  }

  const unionOf = (nodes: ReadonlyArray<TypeNode>): Type =>
    T.union(nodes.map(typeOf).filter((type) => type.kind !== "void"))

  const intersectionOf = (nodes: ReadonlyArray<TypeNode>, at: Node): Type => {
    // `string & {}` is how the SDKs keep a union of literals open.
    if (nodes.some((node) => node.getText() === "string")) return T.string
    return nodes.map((node) => objectOf(typeOf(node), at)).reduce(extend)
  }

  const objectOf = (type: Type, at: Node): ObjectType => {
    const resolved = T.resolve(declarations, type)
    if (resolved.kind === "object") return resolved
    if (resolved.kind === "record") return { kind: "object", fields: [], open: true }
    return fail(at, `an object type is needed, not ${resolved.kind}`)
  }

  const membersOf = (members: ReadonlyArray<TypeElementTypes>): Type => {
    const fields: Array<Field> = []
    let rest: Type | undefined
    for (const member of members) {
      if (Node.isPropertySignature(member)) {
        const field = fieldOf(member)
        if (field.type.kind !== "void") fields.push(field)
      } else if (Node.isIndexSignatureDeclaration(member)) {
        rest = typeOf(member.getReturnTypeNode() ?? fail(member, "no type"))
      } else fail(member, "a member that the generator does not understand")
    }
    if (fields.length === 0) return { kind: "record", value: rest ?? T.unknown }
    return T.object(fields, rest !== undefined)
  }

  const fieldOf = (member: PropertySignature): Field => {
    const comment = commentOf(member)
    const type = typeOf(member.getTypeNode() ?? fail(member, "a property without a type"))
    return {
      name: nameOf(member.getName()),
      type,
      optional: member.hasQuestionToken(),
      ...notesOf(comment, type),
      ...(/^\s*Header param:/.test(comment) ? { header: true } : {})
    }
  }

  const referenceOf = (node: TypeReferenceNode): Type => {
    const args = node.getTypeArguments()
    const [first, second] = args
    const name = node.getTypeName().getText()
    if (name === "Array" || name === "ReadonlyArray") return T.array(typeOf(first ?? fail(node, "no item type")))
    if (name === "Record") return { kind: "record", value: typeOf(second ?? fail(node, "no value type")) }
    return utilityOf(name, args, node) ?? namedOf(node)
  }

  const namedOf = (node: TypeReferenceNode): Type => {
    const symbol = targetOf(node)
    const found = symbol
      .getDeclarations()
      .find(
        (declaration) =>
          Node.isInterfaceDeclaration(declaration) ||
          Node.isTypeAliasDeclaration(declaration) ||
          Node.isTypeParameterDeclaration(declaration)
      )
    if (found !== undefined && Node.isTypeParameterDeclaration(found)) return defaultOf(found)
    if (isResource(found)) return declare(found)
    return wellKnown[symbol.getName()] ?? fail(node, "a type from outside the resources")
  }

  /** The generator does not have generics: a type parameter stands for its default. */
  const defaultOf = (node: TypeParameterDeclaration): Type =>
    typeOf(node.getDefault() ?? fail(node, "a type parameter without a default"))

  /** Reads `Omit`, `Pick` and `Partial`. */
  const utilityOf = (name: string, [type, keys]: ReadonlyArray<TypeNode>, at: Node): ObjectType | undefined => {
    if (name !== "Omit" && name !== "Pick" && name !== "Partial") return undefined
    const { fields, open } = objectOf(typeOf(type ?? fail(at, "no type")), at)
    if (name === "Partial")
      return { kind: "object", fields: fields.map((field) => ({ ...field, optional: true })), open }
    const named = keysOf(keys ?? fail(at, "no keys"))
    return { kind: "object", fields: fields.filter((field) => named.has(field.name) === (name === "Pick")), open }
  }

  const keysOf = (node: TypeNode): ReadonlySet<unknown> => {
    const type = typeOf(node)
    const members = type.kind === "union" ? type.members : [type]
    return new Set(members.map((member) => (member.kind === "literal" ? member.value : fail(node, "a computed key"))))
  }

  const declare = (node: Named): Type => {
    if (Node.isTypeAliasDeclaration(node) && isOtherName(node.getTypeNodeOrThrow())) {
      return typeOf(node.getTypeNodeOrThrow())
    }
    const id = `${pathOf(node).replace(/\.ts$/, "")}#${[...namespacesOf(node), node.getName()].join(".")}`
    if (!declarations.has(id)) {
      // A type may mention itself.
      declarations.set(id, { id, type: T.nothing })
      const type = Node.isInterfaceDeclaration(node) ? interfaceOf(node) : typeOf(node.getTypeNodeOrThrow())
      declarations.set(id, { id, type, ...notesOf(commentOf(node)) })
    }
    return T.ref(id)
  }

  const interfaceOf = (node: InterfaceDeclaration): Type => {
    const bases = node.getExtends().map(baseOf)
    const own = node.getMembers().length === 0 ? T.object([]) : membersOf(node.getMembers())
    if (bases.length === 0) return own
    return [...bases, objectOf(own, node)].reduce(extend)
  }

  const baseOf = (base: ExpressionWithTypeArguments): ObjectType => {
    const utility = utilityOf(base.getExpression().getText(), base.getTypeArguments(), base)
    if (utility !== undefined) return utility
    const symbol = base.getExpression().getSymbol()
    const target = symbol?.getAliasedSymbol() ?? symbol
    const declaration = target?.getDeclarations().find(Node.isInterfaceDeclaration) ?? fail(base, "an unknown base")
    return objectOf(declare(declaration), base)
  }

  return { typeOf, declare, declarations }
}
