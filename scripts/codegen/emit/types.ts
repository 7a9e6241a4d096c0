import type { Declaration, Field, Type } from "../Type.ts"
import * as T from "../Type.ts"
import { partsOf, type Tagged, tag } from "../unions.ts"
import { docComment } from "./docs.ts"
import type { Scope } from "./scope.ts"

export const quote = (text: string): string => JSON.stringify(text)

export const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name))

/**
 * Returns a type as TypeScript. Responses are open: a literal may be any string, a union may have an unknown member.
 */
export const typeText = (type: Type, scope: Scope, open: boolean): string => {
  switch (type.kind) {
    case "string":
    case "number":
    case "boolean":
    case "unknown":
    case "null":
      return type.kind
    case "void":
      return "undefined"
    case "file":
      return "FileSource.FileSource"
    case "literal":
      return literalText(type.value, open)
    case "array":
      return `ReadonlyArray<${typeText(type.item, scope, open)}>`
    case "record":
      return `{ readonly [key: string]: ${typeText(type.value, scope, open)} }`
    case "ref":
      return scope.nameOf(type.id, "type")
    case "object":
      return `{ ${type.fields.map((field) => fieldText(field, scope, open, false)).join("; ")} }`
    case "intersection":
      return type.members
        .map((member) =>
          member.kind === "union" ? `(${typeText(member, scope, open)})` : typeText(member, scope, open)
        )
        .join(" & ")
    case "union":
      return unionText(type, scope, open)
  }
}

const literalText = (value: string | number | boolean, open: boolean): string => {
  if (!open) return JSON.stringify(value)
  return typeof value === "string" ? `${quote(value)} | (string & {})` : typeof value
}

const unionText = (type: Type, scope: Scope, open: boolean): string => {
  const members = type.kind === "union" ? type.members : [type]
  if (members.some((member) => member.kind === "unknown")) return "unknown"
  const { literals, objects } = partsOf(scope.declarations, type)
  const isOpen = literals.length > 0 && (open || members.some((member) => member.kind === "string"))
  const rest = members.filter(
    (member) =>
      member.kind !== "null" &&
      !(
        literals.length > 0 &&
        (member.kind === "string" || (member.kind === "literal" && typeof member.value === "string"))
      )
  )
  return [
    ...new Set([
      ...literals.map(quote),
      ...(isOpen ? ["(string & {})"] : []),
      ...rest.map((member) => typeText(member, scope, open)),
      ...(open ? variants(tag(scope.declarations, objects), objects) : []),
      ...(members.some((member) => member.kind === "null") ? ["null"] : [])
    ])
  ].join(" | ")
}

/** Returns the members for objects with an unknown tag. A reference to a union already has them. */
const variants = (tagged: Tagged | undefined, objects: ReadonlyArray<Type>): ReadonlyArray<string> => {
  if (tagged === undefined || objects.length < 2) return []
  return [...new Set(discriminators(tagged))].map((name) =>
    name === "type" ? "Open.UnknownVariant" : `Open.UnknownVariant<${quote(name)}>`
  )
}

const discriminators = (tagged: Tagged): ReadonlyArray<string> => [
  tagged.discriminator,
  ...tagged.members.flatMap(({ inner }) => (inner === undefined ? [] : discriminators(inner)))
]

const fieldText = (field: Field, scope: Scope, open: boolean, exact: boolean): string => {
  const nullable = T.isNullable(field.type)
  const own = typeText(open ? T.withoutNull(field.type) : field.type, scope, open && !exact && field.exact !== true)
  const text = field.accepts === undefined ? own : `${own} | ${typeText(field.accepts, scope, open)}`
  if (text === "unknown") return `readonly ${property(field.name)}${field.optional || nullable ? "?" : ""}: unknown`
  if (open)
    return field.optional || nullable
      ? `readonly ${property(field.name)}?: ${text} | null | undefined`
      : `readonly ${property(field.name)}: ${text}`
  return field.optional
    ? `readonly ${property(field.name)}?: ${text} | undefined`
    : `readonly ${property(field.name)}: ${text}`
}

/** Returns the TypeScript declaration of a named type. */
export const declarationText = (declaration: Declaration, scope: Scope): string => {
  const { id, type } = declaration
  const open = scope.responses.has(id)
  const name = scope.nameOf(id, "type")
  const doc = docComment(declaration)
  if (type.kind !== "object") return `${doc}export type ${name} = ${typeText(type, scope, open)}`
  const lines = type.fields.map(
    (field) => `${docComment(field, "  ")}  ${fieldText(field, scope, open, scope.exact.has(`${id}.${field.name}`))}`
  )
  const rest = type.open && !open ? ["  readonly [key: string]: unknown"] : []
  return `${doc}export interface ${name} {\n${[...lines, ...rest].join("\n")}\n}`
}
