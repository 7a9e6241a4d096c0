import {
  type CallExpression,
  type Expression,
  type FunctionDeclaration,
  type MethodDeclaration,
  Node,
  type ObjectLiteralExpression,
  type ParameterDeclaration,
  SyntaxKind,
  type TypeNode
} from "ts-morph"
import { nothing, type Type } from "../Type.ts"
import { commentOf } from "./notes.ts"
import type { TypeReader } from "./types.ts"

/** One method of a resource class, as its source describes it. */
export interface RawMethod {
  readonly name: string
  readonly verb: string
  /** A template with parameters in braces, under their wire names. `undefined` if the source computes it. */
  readonly path: string | undefined
  /** Wire names of positional arguments, which are path parameters. */
  readonly positional: ReadonlyArray<string>
  /** The type of the parameter that holds everything except the positional arguments. */
  readonly input: Type | undefined
  readonly inputName: string | undefined
  /** Names that go into the query. `"rest"` for all that go nowhere else. */
  readonly query: ReadonlyArray<string> | "rest" | undefined
  /** Whether `null` values are dropped from the query. */
  readonly dropsNulls: boolean
  readonly hasBody: boolean
  /** The field of the input that is the whole body. */
  readonly bodyField: string | undefined
  readonly encoding: string | undefined
  /** Media types of form fields that have one. */
  readonly partTypes: Readonly<Record<string, string>>
  /** Whether file names keep their folders. */
  readonly keepsFolders: boolean
  /** Header names by input field. */
  readonly headerParameters: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly admin: boolean
  readonly page: string | undefined
  readonly results: ReadonlyArray<RawResult>
  readonly synthesizesEvents: boolean
  readonly throws: ReadonlyArray<string>
  readonly deprecated: boolean
}

export type RawResult =
  | { readonly kind: "json"; readonly type: Type }
  | { readonly kind: "stream" | "list" | "jsonl"; readonly type: Type }
  | { readonly kind: "none" | "binary" | "text" }

const verbs = new Set(["get", "post", "put", "patch", "delete", "getAPIList"])
const encodings = new Set([
  "multipartFormRequestOptions",
  "maybeMultipartFormRequestOptions",
  "encodedMultipartFormRequestOptions"
])

/** `fileID` → `file_id`. */
export const wireName = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()

export interface MethodOptions {
  readonly types: TypeReader
  /** The SDK's stream classes, and their events. */
  readonly streams: { readonly [className: string]: Type }
}

/** Returns the request that a method sends, or `undefined` if it does not send one itself. */
export const readMethod = (method: MethodDeclaration, options: MethodOptions): RawMethod | undefined => {
  const { types } = options
  const call = method.getDescendantsOfKind(SyntaxKind.CallExpression).find(isClientCall)
  if (call === undefined) return undefined
  const verb = verbOf(call)
  const request = requestOf(method)
  const names = namesOf(method)
  const input = method.getParameters().find((parameter) => isInput(parameter))
  const path = pathOf(call.getArguments()[0], names)
  const property = (name: string) => (request === undefined ? undefined : valueOf(request, name))
  const headers = headersOf(property("headers"), names)
  const encoding = method
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .find((inner) => encodings.has(inner.getExpression().getText()))
  return {
    name: method.getName(),
    verb: verb === "getAPIList" ? (textOf(property("method")) ?? "get") : verb,
    path,
    positional: method
      .getParameters()
      .filter((parameter) => parameter.getTypeNode()?.getText() === "string")
      .map((parameter) => wireName(parameter.getName())),
    input: input === undefined ? undefined : inputTypeOf(input, types),
    inputName: input === undefined ? undefined : inputNodesOf(input)[0]?.getText().replace(/<.*$/s, ""),
    query: queryOf(property("query"), names),
    dropsNulls: isWithoutNulls(property("query")),
    hasBody: property("body") !== undefined,
    bodyField: bodyFieldOf(property("body"), method),
    encoding: encoding?.getExpression().getText(),
    partTypes: partTypesOf(encoding?.getArguments()[2]),
    keepsFolders: /\bfalse\b/.test(encoding?.getArguments()[2]?.getText() ?? ""),
    headerParameters: headers.parameters,
    headers: headers.fixed,
    admin: property("__security")?.getText().includes("adminAPIKeyAuth") ?? false,
    page: verb === "getAPIList" ? pageOf(call) : undefined,
    results: resultsOf(method, options, property("__binaryResponse") !== undefined),
    synthesizesEvents: property("__synthesizeEventData") !== undefined,
    throws: commentsOf(method).flatMap((comment) =>
      [...comment.matchAll(/@throws \{(\w+)\}/g)].map((match) => String(match[1]))
    ),
    deprecated: isDeprecated(method)
  }
}

const commentsOf = (method: MethodDeclaration): ReadonlyArray<string> =>
  [method, ...method.getOverloads()].map(commentOf).filter((comment) => comment !== "")

const isDeprecated = (method: MethodDeclaration): boolean => {
  const comments = commentsOf(method)
  return comments.length > 0 && comments.every((comment) => /@deprecated\b/.test(comment))
}

const isClientCall = (call: CallExpression): boolean => {
  const callee = call.getExpression()
  return (
    Node.isPropertyAccessExpression(callee) &&
    callee.getExpression().getText() === "this._client" &&
    verbs.has(callee.getName())
  )
}

const verbOf = (call: CallExpression): string => {
  const callee = call.getExpression()
  return Node.isPropertyAccessExpression(callee) ? callee.getName() : ""
}

/** The request is the object literal that the caller's options are spread into. */
const requestOf = (method: MethodDeclaration): ObjectLiteralExpression | undefined =>
  method
    .getDescendantsOfKind(SyntaxKind.ObjectLiteralExpression)
    .find(
      (literal) =>
        literal
          .getProperties()
          .some((property) => Node.isSpreadAssignment(property) && property.getExpression().getText() === "options") &&
        literal.getProperties().length > 0
    )

const valueOf = (literal: ObjectLiteralExpression, name: string): Expression | undefined => {
  for (const property of literal.getProperties()) {
    if (Node.isPropertyAssignment(property) && unquoted(property.getName()) === name) return property.getInitializer()
    if (Node.isShorthandPropertyAssignment(property) && property.getName() === name) return property.getNameNode()
  }
  return undefined
}

const unquoted = (text: string): string => text.replace(/^['"]|['"]$/g, "")

const textOf = (node: Node | undefined): string | undefined =>
  Node.isStringLiteral(node) ? node.getLiteralValue() : undefined

/** Returns the wire names of destructured input fields, by their local names. */
const namesOf = (scope: MethodDeclaration | FunctionDeclaration): ReadonlyMap<string, string> =>
  new Map(
    scope
      .getDescendantsOfKind(SyntaxKind.BindingElement)
      .filter((element) => element.getDotDotDotToken() === undefined)
      .map((element) => [element.getName(), unquoted(element.getPropertyNameNode()?.getText() ?? element.getName())])
  )

const pathOf = (node: Node | undefined, names: ReadonlyMap<string, string>): string | undefined => {
  if (Node.isStringLiteral(node)) return node.getLiteralValue()
  if (!Node.isTaggedTemplateExpression(node)) return undefined
  const template = node.getTemplate()
  if (!Node.isTemplateExpression(template)) return undefined
  return template.getTemplateSpans().reduce((path, span) => {
    const local = span.getExpression().getText()
    return `${path}{${names.get(local) ?? wireName(local)}}${span.getLiteral().getLiteralText()}`
  }, template.getHead().getLiteralText())
}

const isInput = (parameter: ParameterDeclaration): boolean =>
  !/^(options|opts)$/.test(parameter.getName()) && parameter.getTypeNode()?.getText() !== "string"

/** Returns the input's own types, without the SDK's transport options, which may replace it. */
const inputNodesOf = (parameter: ParameterDeclaration): ReadonlyArray<TypeNode> => {
  const node = parameter.getTypeNode()
  if (node === undefined) return []
  const nodes = Node.isUnionTypeNode(node) ? node.getTypeNodes() : [node]
  return nodes.filter(
    (each) => !/^(null|undefined|RequestOptions)$/.test(each.getText()) && !/\?: never/.test(each.getText())
  )
}

const inputTypeOf = (parameter: ParameterDeclaration, types: TypeReader): Type | undefined => {
  const [only, ...others] = inputNodesOf(parameter)
  if (only === undefined || others.length > 0)
    throw new Error(`${parameter.getText()}: the input needs exactly one type`)
  return types.typeOf(only)
}

const queryOf = (node: Expression | undefined, names: ReadonlyMap<string, string>) => {
  if (node === undefined) return undefined
  if (!Node.isObjectLiteralExpression(node)) return "rest" as const
  return node.getProperties().map((property) => {
    const name = Node.isShorthandPropertyAssignment(property) ? property.getName() : undefined
    if (name === undefined) throw new Error(`a query that the generator does not understand: ${node.getText()}`)
    return names.get(name) ?? name
  })
}

/** `Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null))`. */
const isWithoutNulls = (node: Expression | undefined): boolean =>
  Node.isCallExpression(node) && /\.filter\(.*!== null\)/.test(node.getText())

/** Returns the field of the input that is the body. If other fields remain, there is none. */
const bodyFieldOf = (node: Expression | undefined, method: MethodDeclaration): string | undefined => {
  if (!Node.isIdentifier(node)) return undefined
  const local = node.getText()
  const element = method
    .getDescendantsOfKind(SyntaxKind.BindingElement)
    .find((each) => each.getName() === local && each.getDotDotDotToken() === undefined)
  return element === undefined ? undefined : namesOf(method).get(local)
}

/** Reads `{ session: { content_type: "application/json", json: true } }`. */
const partTypesOf = (node: Node | undefined): Readonly<Record<string, string>> => {
  if (!Node.isObjectLiteralExpression(node)) return {}
  return Object.fromEntries(
    node.getProperties().flatMap((property) => {
      const part = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined
      const type = Node.isObjectLiteralExpression(part) ? textOf(valueOf(part, "content_type")) : undefined
      return type === undefined || !Node.isPropertyAssignment(property) ? [] : [[unquoted(property.getName()), type]]
    })
  )
}

interface Headers {
  readonly fixed: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

/** Reads `buildHeaders([{ … }, options?.headers])`; another function's call is read through. */
const headersOf = (node: Expression | undefined, names: ReadonlyMap<string, string>): Headers => {
  if (node === undefined) return { fixed: {}, parameters: {} }
  if (Node.isCallExpression(node) && node.getExpression().getText() !== "buildHeaders") {
    const symbol = node.getExpression().getSymbol()
    const helper = (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations().find(Node.isFunctionDeclaration)
    const inner = helper
      ?.getDescendantsOfKind(SyntaxKind.CallExpression)
      .find((call) => call.getExpression().getText() === "buildHeaders")
    if (helper === undefined || inner === undefined)
      throw new Error(`headers that the generator does not understand: ${node.getText()}`)
    return headersOf(inner, namesOf(helper))
  }
  const fixed: Record<string, string> = {}
  const parameters: Record<string, string> = {}
  for (const property of node.getDescendantsOfKind(SyntaxKind.PropertyAssignment)) {
    const header = unquoted(property.getName())
    const value = property.getInitializer()
    const literal = Node.isStringLiteral(value) ? value : value?.getDescendantsOfKind(SyntaxKind.StringLiteral)[0]
    if (literal !== undefined) fixed[header] = literal.getLiteralValue()
    const local = Node.isStringLiteral(value)
      ? undefined
      : [value, ...(value?.getDescendants() ?? [])].find(
          (inner) => Node.isIdentifier(inner) && names.has(inner.getText())
        )
    const parameter = local === undefined ? undefined : names.get(local.getText())
    if (parameter !== undefined) parameters[parameter] = header
    else if (literal === undefined)
      throw new Error(`a header that the generator does not understand: ${property.getText()}`)
  }
  return { fixed, parameters }
}

/** Returns the page class of a list. A class that extends another counts as its base. */
const pageOf = (call: CallExpression): string => {
  const node = call.getArguments()[1]
  const expression = Node.isExpressionWithTypeArguments(node) ? node.getExpression() : node
  const symbol = expression?.getSymbol()
  const target = symbol?.getAliasedSymbol() ?? symbol
  const declaration = target?.getDeclarations().find(Node.isClassDeclaration)
  const isShared = declaration?.getSourceFile().getFilePath().endsWith("/core/pagination.ts") ?? true
  const base = isShared ? undefined : declaration?.getExtends()?.getExpression().getText()
  return base ?? expression?.getText() ?? ""
}

const resultsOf = (method: MethodDeclaration, options: MethodOptions, binary: boolean): ReadonlyArray<RawResult> => {
  const signatures = method.getOverloads().length > 0 ? method.getOverloads() : [method]
  const results = signatures.flatMap((signature) =>
    membersOf(signature.getReturnTypeNodeOrThrow()).flatMap((node) => resultOf(node, options, binary))
  )
  return [...new Map(results.map((result) => [JSON.stringify(result), result])).values()]
}

const membersOf = (node: TypeNode): ReadonlyArray<TypeNode> =>
  Node.isUnionTypeNode(node) ? node.getTypeNodes() : [node]

const resultOf = (node: TypeNode, options: MethodOptions, binary: boolean): ReadonlyArray<RawResult> => {
  const [first, second] = Node.isTypeReference(node) ? node.getTypeArguments() : []
  if (isNamed(node, "PagePromise") && second !== undefined)
    return [{ kind: "list", type: options.types.typeOf(second) }]
  if (first === undefined || !(isNamed(node, "APIPromise") || isNamed(node, "Promise"))) {
    throw new Error(`a result that the generator does not understand: ${node.getText()}`)
  }
  const parts = membersOf(first)
  // `T | null` is a single response type.
  const isNullable = parts.some((part) => part.getText() === "null")
  return isNullable
    ? [{ kind: "json", type: options.types.typeOf(first) }]
    : parts.map((part) => partOf(part, options, binary))
}

const partOf = (node: TypeNode, { types, streams }: MethodOptions, binary: boolean): RawResult => {
  const [item] = Node.isTypeReference(node) ? node.getTypeArguments() : []
  if (isNamed(node, "Stream") && item !== undefined) return { kind: "stream", type: types.typeOf(item) }
  if (isNamed(node, "JSONLDecoder") && item !== undefined) return { kind: "jsonl", type: types.typeOf(item) }
  const events = Node.isTypeReference(node) ? streams[node.getTypeName().getText()] : undefined
  if (events !== undefined) return { kind: "stream", type: events }
  if (binary && node.getText() === "Response") return { kind: "binary" }
  if (node.getText() === "string") return { kind: "text" }
  const type = types.typeOf(node)
  return type.kind === nothing.kind ? { kind: "none" } : { kind: "json", type }
}

const isNamed = (node: TypeNode, name: string): boolean =>
  Node.isTypeReference(node) && node.getTypeName().getText() === name
