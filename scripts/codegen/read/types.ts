import {
  type InterfaceDeclaration,
  Node,
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

export const makeTypeReader = (root: string): TypeReader => {
  const declarations = new Map<string, Declaration>()

  const fail = (node: Node, why: string): never => {
    const at = `${node.getSourceFile().getFilePath().slice(root.length)}:${node.getStartLineNumber()}`
    throw new Error(`${at}: ${why}: ${node.getText().slice(0, 200)}`)
  }

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
    switch (node.getText()) {
      case "string":
        return T.string
      case "number":
        return { kind: "number" }
      case "boolean":
        return { kind: "boolean" }
      case "unknown":
      case "any":
        return T.unknown
      case "void":
      case "undefined":
      case "never":
        return T.nothing
      default:
        return fail(node, "a type that the generator does not understand")
    }
  }

  const literalOf = (node: Node): Type => {
    if (Node.isNullLiteral(node)) return { kind: "null" }
    if (Node.isTrueLiteral(node)) return T.literal(true)
    if (Node.isFalseLiteral(node)) return T.literal(false)
    if (Node.isStringLiteral(node) || Node.isNumericLiteral(node)) return T.literal(node.getLiteralValue())
    if (Node.isPrefixUnaryExpression(node)) return T.literal(Number(node.getText()))
    return fail(node, "a literal that the generator does not understand")
  }

  const unionOf = (nodes: ReadonlyArray<TypeNode>): Type =>
    T.union(nodes.map(typeOf).filter((type) => type.kind !== "void"))

  const intersectionOf = (nodes: ReadonlyArray<TypeNode>, at: Node): Type => {
    // `string & {}` is how the SDKs keep a union of literals open.
    if (nodes.some((node) => node.getText() === "string")) return T.string
    const objects = nodes.map((node) => objectOf(typeOf(node), at))
    return objects.reduce(extend)
  }

  type ObjectType = Extract<Type, { kind: "object" }>

  const objectOf = (type: Type, at: Node): ObjectType => {
    const resolved = T.resolve(declarations, type)
    if (resolved.kind === "object") return resolved
    if (resolved.kind === "record") return { kind: "object", fields: [], open: true }
    return fail(at, `an object type is needed, not ${resolved.kind}`)
  }

  const extend = (base: ObjectType, own: ObjectType): ObjectType => {
    const names = new Set(own.fields.map((field) => field.name))
    return {
      kind: "object",
      fields: [...own.fields, ...base.fields.filter((field) => !names.has(field.name))],
      open: base.open || own.open
    }
  }

  const membersOf = (members: ReadonlyArray<TypeElementTypes>): Type => {
    const fields: Array<Field> = []
    let rest: Type | undefined
    for (const member of members) {
      if (Node.isPropertySignature(member)) {
        const node = member.getTypeNode() ?? fail(member, "a property without a type")
        const comment = commentOf(member)
        const type = typeOf(node)
        if (type.kind === "void") continue
        fields.push({
          name: nameOf(member.getName()),
          type,
          optional: member.hasQuestionToken(),
          ...notesOf(comment, type),
          ...(/^\s*Header param:/.test(comment) ? { header: true } : {})
        })
      } else if (Node.isIndexSignatureDeclaration(member))
        rest = typeOf(member.getReturnTypeNode() ?? fail(member, "no type"))
      else fail(member, "a member that the generator does not understand")
    }
    if (fields.length === 0) return { kind: "record", value: rest ?? T.unknown }
    return T.object(fields, rest !== undefined)
  }

  const nameOf = (text: string): string => (/^['"]/.test(text) ? text.slice(1, -1) : text)

  const referenceOf = (node: TypeReferenceNode): Type => {
    const args = node.getTypeArguments()
    const [first, second] = args
    const name = node.getTypeName().getText()
    if (name === "Array" || name === "ReadonlyArray") return T.array(typeOf(first ?? fail(node, "no item type")))
    if (name === "Record") return { kind: "record", value: typeOf(second ?? fail(node, "no value type")) }
    const utility = utilityOf(name, args, node)
    if (utility !== undefined) return utility
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
    const known = wellKnown[symbol.getName()]
    if (known !== undefined && !isResource(found)) return known
    if (found === undefined || !isResource(found)) return fail(node, "a type from outside the resources")
    return declare(found as InterfaceDeclaration | TypeAliasDeclaration)
  }

  const isResource = (node: Node | undefined): boolean =>
    node !== undefined && /^\/(resources|core\/pagination)/.test(node.getSourceFile().getFilePath().slice(root.length))

  /** The generator does not have generics: a type parameter stands for its default. */
  const defaultOf = (node: TypeParameterDeclaration): Type =>
    typeOf(node.getDefault() ?? fail(node, "a type parameter without a default"))

  const targetOf = (node: TypeReferenceNode): TsSymbol => {
    const symbol = node.getTypeName().getSymbol() ?? fail(node, "an unknown name")
    return symbol.getAliasedSymbol() ?? symbol
  }

  const keysOf = (node: TypeNode | undefined): ReadonlySet<unknown> => {
    const type = node === undefined ? T.nothing : typeOf(node)
    const members = type.kind === "union" ? type.members : [type]
    return new Set(
      members.map((member) => (member.kind === "literal" ? member.value : fail(node as Node, "a computed key")))
    )
  }

  const utilityOf = (name: string, [type, keys]: ReadonlyArray<TypeNode>, at: Node): ObjectType | undefined => {
    if (name !== "Omit" && name !== "Pick" && name !== "Partial") return undefined
    const { fields, open } = objectOf(typeOf(type ?? fail(at, "no type")), at)
    if (name === "Partial")
      return { kind: "object", fields: fields.map((field) => ({ ...field, optional: true })), open }
    const named = keysOf(keys)
    return { kind: "object", fields: fields.filter((field) => named.has(field.name) === (name === "Pick")), open }
  }

  const idOf = (node: InterfaceDeclaration | TypeAliasDeclaration): string => {
    const file = node
      .getSourceFile()
      .getFilePath()
      .slice(root.length + 1)
      .replace(/\.ts$/, "")
    const namespaces = node
      .getAncestors()
      .filter(Node.isModuleDeclaration)
      .map((module) => module.getName())
    return `${file}#${[...namespaces.reverse(), node.getName()].join(".")}`
  }

  const declare = (node: InterfaceDeclaration | TypeAliasDeclaration): Type => {
    if (Node.isTypeAliasDeclaration(node)) {
      const aliased = node.getTypeNodeOrThrow()
      // An alias of the same type is replaced by the first name.
      if (Node.isTypeReference(aliased) && aliased.getTypeArguments().length === 0) return typeOf(aliased)
      if (/^(string|number|boolean|unknown)$/.test(aliased.getText())) return typeOf(aliased)
    }
    const id = idOf(node)
    if (!declarations.has(id)) {
      declarations.set(id, { id, type: T.nothing })
      const type = Node.isInterfaceDeclaration(node) ? interfaceOf(node) : typeOf(node.getTypeNodeOrThrow())
      declarations.set(id, { id, type, ...notesOf(commentOf(node)) })
    }
    return T.ref(id)
  }

  const interfaceOf = (node: InterfaceDeclaration): Type => {
    const bases = node.getExtends().map((base) => {
      const utility = utilityOf(base.getExpression().getText(), base.getTypeArguments(), base)
      if (utility !== undefined) return utility
      const symbol = base.getExpression().getSymbol()
      const target = symbol?.getAliasedSymbol() ?? symbol
      const declaration = target?.getDeclarations().find(Node.isInterfaceDeclaration) ?? fail(base, "an unknown base")
      return objectOf(declare(declaration), base)
    })
    const own = node.getMembers().length === 0 ? T.object([]) : membersOf(node.getMembers())
    if (bases.length === 0) return own
    return [...bases, objectOf(own, node)].reduce(extend)
  }

  return { typeOf, declare, declarations }
}
