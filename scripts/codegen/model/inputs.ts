import type { Overrides } from "../overrides.ts"
import type { RawMethod } from "../read/methods.ts"
import type { RawResource } from "../read/resources.ts"
import type { Declaration, Field, Type } from "../Type.ts"
import * as T from "../Type.ts"
import { pascal, singular } from "../words.ts"

export interface Context {
  readonly declarations: Map<string, Declaration>
  /** Ids of declarations that are inputs of endpoints. */
  readonly inputs: Set<string>
  readonly overrides: Overrides
  readonly errorCode: (name: string) => string
}

/**
 * Declares the single input of an endpoint: the SDK's parameters object, with the path parameters added to its fields.
 */
export const inputOf = (
  id: string,
  resource: RawResource,
  method: RawMethod,
  pathParams: ReadonlyArray<string>,
  { declarations, inputs, overrides }: Context
): string | undefined => {
  const { rename = {} } = overrides.endpoints[id] ?? {}
  const shape = method.input === undefined ? undefined : withoutStream(declarations, method.input)
  const own = new Set(shape === undefined ? [] : fieldNames(declarations, shape))
  const clash = method.positional.map((name) => rename[name] ?? name).filter((name) => own.has(name))
  if (clash.length > 0) throw new Error(`${id}: two inputs named ${clash.join(", ")}; overrides.ts must rename one`)
  const path = pathParams
    .filter((name) => !own.has(name))
    .map((name): Field => ({ name, type: T.string, optional: false }))
  const type = shape === undefined ? T.object(path) : withFields(path, shape)
  if (type.kind === "object" && type.fields.length === 0) return undefined
  const inputId = inputIdOf(resource, method)
  const known = declarations.get(inputId)
  const isShared = [...declarations.values()].some(
    (other) => other.id !== inputId && T.mentions(other.type).includes(inputId)
  )
  if (known !== undefined && isShared && JSON.stringify(known.type) !== JSON.stringify(type)) {
    throw new Error(`${id}: ${inputId} is an input and a part of other types, and they differ`)
  }
  if (inputs.has(inputId) && JSON.stringify(known?.type) !== JSON.stringify(type)) {
    throw new Error(`${id}: ${inputId} is the input of two endpoints that differ`)
  }
  inputs.add(inputId)
  declarations.set(inputId, { ...(known ?? {}), id: inputId, type })
  return inputId
}

const inputIdOf = (resource: RawResource, method: RawMethod): string => {
  const declared = method.input?.kind === "ref" ? method.input.id : undefined
  if (declared !== undefined) return declared.replace(/ParamsBase$/, "Params")
  const name = method.inputName ?? `${prefixOf(resource)}${pascal(method.name)}Params`
  return `${resource.file}#${name}`
}

/** Returns the common prefix of a resource's parameter types: `ChatCompletion` for `ChatCompletionListParams`. */
export const prefixOf = (resource: RawResource): string => {
  const own = new RegExp(`^${resource.file}#`)
  const prefixes = resource.methods.flatMap(({ input, name }) => {
    if (input?.kind !== "ref" || !own.test(input.id)) return []
    const match = input.id.slice(input.id.indexOf("#") + 1).match(new RegExp(`^(\\w+)${pascal(name)}Params(Base)?$`))
    return match?.[1] === undefined ? [] : [match[1]]
  })
  return prefixes[0] ?? singular(resource.className)
}

/** Returns the fields that a value of the type can have. */
export const fieldNames = (declarations: T.Declarations, type: Type): ReadonlyArray<string> => {
  const resolved = T.resolve(declarations, type)
  if (resolved.kind === "object") return resolved.fields.map((field) => field.name)
  if (resolved.kind === "union" || resolved.kind === "intersection") {
    return [...new Set(resolved.members.flatMap((member) => fieldNames(declarations, member)))]
  }
  return []
}

/** The choice of the endpoint or its twin decides whether to stream, so the input does not have `stream`. */
const withoutStream = (declarations: T.Declarations, type: Type): Type => {
  const resolved = T.resolve(declarations, type)
  if (resolved.kind === "object") {
    return { ...resolved, fields: resolved.fields.filter((field) => !isStreamSwitch(field)) }
  }
  if (resolved.kind !== "union") return type
  const members = resolved.members.map((member) => withoutStream(declarations, member))
  const merged = T.union(members)
  const isTwinPair = resolved.members.some((member) => member.kind === "ref" && /(Non)?Streaming$/.test(member.id))
  if (!isTwinPair) return resolved
  if (merged.kind !== "object") throw new Error(`${JSON.stringify(type)}: the streaming and the other input differ`)
  return merged
}

const isStreamSwitch = ({ name, type }: Field): boolean =>
  name === "stream" && ["boolean", "literal", "union", "null"].includes(type.kind)

const withFields = (fields: ReadonlyArray<Field>, type: Type): Type =>
  type.kind === "object"
    ? { ...type, fields: [...fields, ...type.fields] }
    : fields.length === 0
      ? type
      : { kind: "intersection", members: [T.object(fields), type] }
