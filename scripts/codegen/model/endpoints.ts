import type { Overrides } from "../overrides.ts"
import type { RawMethod, RawResult } from "../read/methods.ts"
import type { RawResource } from "../read/resources.ts"
import type { Type } from "../Type.ts"
import * as T from "../Type.ts"
import { pascal } from "../words.ts"
import { type Context, fieldNames, inputOf, prefixOf } from "./inputs.ts"
import type { Endpoint } from "./Model.ts"

/** Returns the methods of a resource whose requests the SDK makes elsewhere. */
export const delegatedOf = (resource: RawResource, { delegated }: Overrides): ReadonlyArray<RawMethod> =>
  Object.entries(delegated)
    .filter(([id]) => resource.helpers.includes(id))
    .map(([id, { verb, path, input, result }]) => ({
      name: id.slice(id.lastIndexOf(".") + 1),
      verb,
      path,
      positional: [],
      input: T.ref(input),
      inputName: input.slice(input.indexOf("#") + 1),
      query: undefined,
      dropsNulls: false,
      hasBody: true,
      bodyField: undefined,
      encoding: undefined,
      partTypes: {},
      keepsFolders: false,
      headerParameters: {},
      headers: {},
      admin: false,
      page: undefined,
      results: [{ kind: "json", type: T.ref(result) }],
      synthesizesEvents: false,
      throws: [],
      deprecated: false
    }))

const bodies = {
  multipartFormRequestOptions: "multipart",
  maybeMultipartFormRequestOptions: "jsonOrMultipart",
  encodedMultipartFormRequestOptions: "sdpOrMultipart"
} as const

/** Returns a method's endpoint, and its streaming twin if it has one. */
export const endpointsOf = (resource: RawResource, method: RawMethod, context: Context): ReadonlyArray<Endpoint> => {
  const { overrides } = context
  const id = [...resource.path, method.name].join(".")
  const override = overrides.endpoints[id]
  const template = override?.path ?? method.path
  if (template === undefined) throw new Error(`${id}: the source computes the path; overrides.ts must give it`)
  const path = template.replace(/\{([^}]+)\}/g, (_, name: string) => `{${override?.rename?.[name] ?? name}}`)
  const pathParams = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => String(match[1]))
  const input = inputOf(id, resource, method, pathParams, context)
  const { Accept: accept, ...headers } = method.headers
  const placed = new Set([...pathParams, ...Object.keys(method.headerParameters)])
  const names =
    input === undefined ? [] : fieldNames(context.declarations, T.ref(input)).filter((name) => !placed.has(name))
  const base: Endpoint = {
    id,
    method: method.verb.toUpperCase(),
    path,
    kind: "json",
    input,
    query: method.query === "rest" ? names : (method.query ?? []),
    nullQuery: method.dropsNulls ? "drop" : undefined,
    headerParams: method.headerParameters,
    headers,
    body: method.hasBody ? (bodies[method.encoding as keyof typeof bodies] ?? "json") : undefined,
    bodyField: override?.bodyField ?? method.bodyField,
    partTypes: method.partTypes,
    keepFolders: method.keepsFolders,
    accept: override?.accept,
    admin: method.admin,
    safety: override?.safety,
    success: undefined,
    mayBeText: false,
    pagination: undefined,
    terminal: undefined,
    twin: false,
    envelope: false,
    behaviour: undefined,
    errors: [...new Set(method.throws.map(context.errorCode))].sort(),
    errorType: method.throws.length === 0 ? undefined : `${prefixOf(resource)}${pascal(method.name)}ErrorCode`,
    deprecated: method.deprecated
  }
  void accept
  const name = `${resource.file}#${prefixOf(resource)}${pascal(method.name)}`
  return answersOf(base, method, override?.kind, context).map((endpoint) => ({
    ...endpoint,
    behaviour: Object.entries(overrides.behaviours).find(([, { at }]) => at.test(endpoint.id))?.[0],
    success: endpoint.success === undefined ? undefined : named(endpoint, endpoint.success, name, context)
  }))
}

const answersOf = (
  base: Endpoint,
  method: RawMethod,
  forced: "text" | undefined,
  { declarations, overrides }: Context
): ReadonlyArray<Endpoint> => {
  const typesOf = (kind: RawResult["kind"]): ReadonlyArray<Type> =>
    method.results.flatMap((result) => (result.kind === kind && "type" in result ? [result.type] : []))
  const has = (kind: RawResult["kind"]): boolean => method.results.some((result) => result.kind === kind)
  const [item] = typesOf("list")
  if (item !== undefined) {
    const pagination = overrides.pagination[method.page ?? ""]
    if (pagination === undefined) throw new Error(`${base.id}: an unknown page class ${method.page}`)
    return [{ ...base, kind: "list", success: item, pagination }]
  }
  const [line] = typesOf("jsonl")
  if (line !== undefined) return [{ ...base, kind: "jsonl", success: line }]
  if (forced !== undefined) return [{ ...base, kind: forced }]
  const json = typesOf("json")
  const mayBeText = json.length > 0 && has("text")
  const plain = (["binary", "none", "text"] as const).filter(has).map((kind): Endpoint => ({ ...base, kind }))
  const single: ReadonlyArray<Endpoint> =
    json.length === 0
      ? plain
      : [{ ...base, success: T.union([answer(declarations, json), ...(mayBeText ? [T.string] : [])]), mayBeText }]
  const [event] = typesOf("stream")
  if (event === undefined) return single
  const twin = single.length > 0
  const id = twin ? `${base.id}:stream` : base.id
  return [
    ...single,
    {
      ...base,
      id,
      kind: "stream",
      success: event,
      twin,
      query: twin && base.body === undefined ? [...base.query, "stream"] : base.query,
      terminal: overrides.terminal[id],
      envelope: method.synthesizesEvents
    }
  ]
}

const suffixes: { readonly [kind: string]: string } = { list: "Item", stream: "Event", jsonl: "Line" }

/** Names a response that is one of several types, so no signature spells them out. */
const named = (endpoint: Endpoint, type: Type, name: string, { declarations }: Context): Type => {
  if (type.kind !== "union") return type
  const refs = type.members.filter((member) => member.kind === "ref")
  if (refs.length < 2) return type
  const id = `${name}${suffixes[endpoint.kind] ?? "Response"}`
  const known = declarations.get(id)
  if (known !== undefined && JSON.stringify(known.type) !== JSON.stringify(T.union(refs))) {
    throw new Error(`${endpoint.id}: the name of its answer, ${id}, is taken`)
  }
  declarations.set(id, { id, type: T.union(refs) })
  return T.union([T.ref(id), ...type.members.filter((member) => member.kind !== "ref")])
}

/** Merges several JSON responses into one type, without members that another union already covers. */
const answer = (declarations: T.Declarations, types: ReadonlyArray<Type>): Type => {
  const covered = new Set(
    types.flatMap((type) => {
      const resolved = T.resolve(declarations, type)
      return resolved.kind === "union" ? resolved.members.map((member) => JSON.stringify(member)) : []
    })
  )
  return T.union(types.filter((type) => !covered.has(JSON.stringify(type))))
}
