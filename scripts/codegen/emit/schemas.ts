import type { Declaration, Field, Type } from "../Type.ts"
import * as T from "../Type.ts"
import { partsOf, type Tagged, tag } from "../unions.ts"
import type { Scope } from "./scope.ts"
import { property, quote, typeText } from "./types.ts"

/** Returns the schema of a type as an expression. */
export const schemaText = (type: Type, scope: Scope): string => {
  switch (type.kind) {
    case "string":
    case "number":
    case "boolean":
    case "unknown":
    case "null":
      return plain(type.kind)
    case "literal":
      return typeof type.value === "string" ? `Open.literals(${quote(type.value)})` : plain(typeof type.value)
    case "array":
      return `Open.array(${schemaText(type.item, scope)})`
    case "record":
      return `Open.record(${schemaText(type.value, scope)})`
    case "ref":
      return scope.nameOf(type.id, "value")
    case "union":
      return unionText(type, scope)
    default:
      throw new Error(`an answer can't hold a type of the kind ${type.kind}`)
  }
}

const plain = (kind: string): string => `Schema.${kind.charAt(0).toUpperCase()}${kind.slice(1)}`

/** `name` is the declared name of the union, if it has one. It is short and names what the parts belong to. */
const unionText = (type: Type, scope: Scope, name?: string): string => {
  const members = type.kind === "union" ? type.members : [type]
  if (members.some((member) => member.kind === "unknown")) return plain("unknown")
  const parts = elements(type, scope, name)
  const [only] = parts
  const text =
    parts.length === 1 && only !== undefined
      ? only
      : hasSeveralObjects(type, scope)
        ? `Open.union(() => [${parts.join(", ")}])`
        : `Schema.Union([${parts.join(", ")}])`
  return T.isNullable(type) ? `Open.nullable(${text})` : text
}

/** Whether members of a union have to be told apart by more than their JSON type: at run time that takes code. */
const hasSeveralObjects = (type: Type, scope: Scope): boolean => {
  const { objects, plain: others } = partsOf(scope.declarations, type)
  const tagged = objects.length < 2 ? undefined : tag(scope.declarations, objects)
  const count = tagged === undefined ? objects.length : 1 + untaggedOf(tagged).length
  const shapes = others.map((member) => T.resolve(scope.declarations, member).kind)
  const isMany = (...kinds: ReadonlyArray<Type["kind"]>) => shapes.filter((kind) => kinds.includes(kind)).length > 1
  return count + shapes.filter((kind) => kind === "record").length > 1 || isMany("array") || shapes.includes("union")
}

/**
 * Returns the members of a union as schemas, the most specific first. Members that a property tells apart become one.
 */
const elements = (type: Type, scope: Scope, name?: string): ReadonlyArray<string> => {
  const { literals, objects, plain: others } = partsOf(scope.declarations, type)
  const rest = literals.length > 0 ? others.filter((member) => member.kind !== "string") : others
  return [
    ...new Set([
      ...(literals.length > 0 ? [`Open.literals(${literals.map(quote).join(", ")})`] : []),
      ...rest.map((member) => schemaText(member, scope)),
      ...objectsText(objects, scope, name)
    ])
  ]
}

const objectsText = (objects: ReadonlyArray<Type>, scope: Scope, name?: string): ReadonlyArray<string> => {
  const tagged = objects.length < 2 ? undefined : tag(scope.declarations, objects)
  if (tagged !== undefined) return taggedTexts(tagged, name ?? typeText(T.union(objects), scope, true), scope)
  return [...objects].sort((a, b) => demands(b, scope) - demands(a, scope)).map((member) => schemaText(member, scope))
}

/** Among objects told apart only by trying, the one with the most required fields goes first. */
const demands = (type: Type, scope: Scope): number => {
  const resolved = T.resolve(scope.declarations, type)
  return resolved.kind === "object" ? resolved.fields.filter((field) => !field.optional).length : 0
}

const taggedTexts = (tagged: Tagged, typeArgument: string, scope: Scope): ReadonlyArray<string> => [
  taggedText(tagged, typeArgument, scope),
  ...untaggedOf(tagged).map((type) => schemaText(type, scope))
]

/** The tag of the one object that may come without its tag. */
const absentTag = ({ members, untagged: [only, ...others] }: Tagged): string | undefined => {
  const [first, ...more] = members.filter(({ types }) => only !== undefined && types.includes(only))
  return others.length === 0 && more.length === 0 && first?.types.length === 1 ? first.tag : undefined
}

/** The objects without a tag that are members of their own. */
const untaggedOf = (tagged: Tagged): ReadonlyArray<Type> => (absentTag(tagged) === undefined ? tagged.untagged : [])

const taggedText = (tagged: Tagged, typeArgument: string | undefined, scope: Scope): string => {
  const argument = typeArgument === undefined ? "" : `<${typeArgument}>`
  const members = tagged.members.map(({ inner, tag, types }) => {
    const [only, ...others] = types
    const schema =
      only !== undefined && others.length === 0
        ? schemaText(only, scope)
        : inner === undefined
          ? `Open.union(() => [${types.map((type) => schemaText(type, scope)).join(", ")}])`
          : taggedText(inner, undefined, scope)
    return `${property(tag)}: ${schema}`
  })
  const absent = absentTag(tagged)
  const options = absent === undefined ? "" : `, { absent: ${quote(absent)} }`
  return `Open.taggedUnion${argument}(${quote(tagged.discriminator)}, () => ({ ${members.join(", ")} })${options})`
}

const fieldText = (field: Field, exact: boolean, scope: Scope): string => {
  const type = T.withoutNull(field.type)
  const schema = exact ? tagText(type, scope) : acceptingText(schemaText(type, scope), field, scope)
  const wrap = field.optional ? "Open.optional" : T.isNullable(field.type) ? "Open.nullish" : undefined
  return `${property(field.name)}: ${wrap === undefined ? schema : `${wrap}(${schema})`}`
}

const acceptingText = (schema: string, { accepts, exact, type }: Field, scope: Scope): string => {
  if (accepts === undefined) return exact === true ? `${schema} as Open.Codec<${typeText(type, scope, false)}>` : schema
  const members = `[${schema}, Open.lenient(${schemaText(accepts, scope)})]`
  const declared = T.withoutNull(type)
  return hasSeveralObjects(T.union([declared, accepts]), scope)
    ? `Open.union<${typeText(declared, scope, true)} | ${typeText(accepts, scope, true)}>(() => ${members})`
    : `Schema.Union(${members})`
}

const tagText = (type: Type, scope: Scope): string => {
  const resolved = T.resolve(scope.declarations, type)
  const members = resolved.kind === "union" ? resolved.members : [resolved]
  const values = members.map((member) => (member.kind === "literal" ? quote(String(member.value)) : ""))
  return `Open.tag(${values.join(", ")})`
}

/** Returns the schema of a named type, built on first use. */
export const schemaDeclaration = ({ id, type }: Declaration, scope: Scope): string => {
  const name = scope.nameOf(id, "value")
  const head = `export const ${name}: Open.Codec<${name}> = /*#__PURE__*/ `
  if (type.kind === "object") {
    const fields = type.fields.map((field) => `  ${fieldText(field, scope.exact.has(`${id}.${field.name}`), scope)}`)
    return `${head}Open.struct(() => ({\n${fields.join(",\n")}\n}))`
  }
  const text = type.kind === "union" ? topUnion(type, scope, name) : schemaText(type, scope)
  return head + (/^Open\.(union|taggedUnion)\b/.test(text) ? text : `Open.lazy(() => ${text})`)
}

/** The declared type already lists the members of the union. */
const topUnion = (type: Type, scope: Scope, name: string): string => {
  const { literals, objects, plain: others } = partsOf(scope.declarations, type)
  const tagged = objects.length < 2 ? undefined : tag(scope.declarations, objects)
  const isOnlyTagged = tagged !== undefined && literals.length + others.length + untaggedOf(tagged).length === 0
  return isOnlyTagged && !T.isNullable(type) ? taggedText(tagged, undefined, scope) : unionText(type, scope, name)
}
