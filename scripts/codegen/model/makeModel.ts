import type { Overrides } from "../overrides.ts"
import type { RawResource, Source } from "../read/resources.ts"
import * as T from "../Type.ts"
import { delegatedOf, endpointsOf } from "./endpoints.ts"
import { dropHeaders, openEmpty, overrideFields, overrideUnions } from "./fields.ts"
import type { Endpoint, Model } from "./Model.ts"

/** Decides what the sources leave open: ids, inputs, responses, and which types are needed at all. */
export const makeModel = (source: Source, overrides: Overrides): Model => {
  const declarations = new Map(source.declarations)
  checkHelpers(source.resources, overrides)
  overrideFields(declarations, overrides)
  overrideUnions(declarations, overrides)
  const inputs = new Set<string>()
  const errorCode = (name: string): string => {
    const code = source.errorCodes.get(name)
    if (code === undefined) throw new Error(`${name}: an error without a code`)
    return code
  }
  const endpoints = source.resources.flatMap((resource) =>
    [...delegatedOf(resource, overrides), ...resource.methods].flatMap((method) =>
      endpointsOf(resource, method, { declarations, inputs, overrides, errorCode })
    )
  )
  checkEndpoints(endpoints, overrides)
  dropHeaders(declarations, inputs)
  openEmpty(declarations)
  const events = Object.entries(overrides.events).map(([module, event]) => ({ module, ...event }))
  const roots = [
    ...endpoints.flatMap(({ input, success }) => [
      ...(input === undefined ? [] : [input]),
      ...(success === undefined ? [] : T.mentions(success))
    ]),
    ...events.flatMap(({ server, client }) => [...server, ...client])
  ]
  const used = T.reach(declarations, roots)
  return {
    resources: source.resources.map(({ path, file }) => ({ path, file })),
    endpoints,
    declarations: [...declarations.values()].filter(({ id }) => used.has(id)),
    events,
    errorCodes: [...new Set(source.errorCodes.values())].sort()
  }
}

/** A method that sends no request of its own is a helper or something new. The overrides must say which. */
const checkHelpers = (resources: ReadonlyArray<RawResource>, { helpers, delegated }: Overrides): void => {
  const found = resources.flatMap((resource) => resource.helpers)
  const unknown = found.filter((id) => helpers[id] === undefined && delegated[id] === undefined)
  const stale = [...Object.keys(helpers), ...Object.keys(delegated)].filter((id) => !found.includes(id))
  if (unknown.length > 0)
    throw new Error(`methods without a request, of which overrides.ts says nothing: ${unknown.join(", ")}`)
  if (stale.length > 0) throw new Error(`overrides.ts names methods that are not there: ${stale.join(", ")}`)
}

const checkEndpoints = (endpoints: ReadonlyArray<Endpoint>, overrides: Overrides): void => {
  const ids = new Set(endpoints.map(({ id }) => id))
  const stale = [...Object.keys(overrides.endpoints), ...Object.keys(overrides.terminal)].filter((id) => !ids.has(id))
  if (stale.length > 0) throw new Error(`overrides.ts names endpoints that are not there: ${stale.join(", ")}`)
  const idle = Object.entries(overrides.behaviours).filter(([, { at }]) => ![...ids].some((id) => at.test(id)))
  if (idle.length > 0) throw new Error(`overrides.ts: no endpoint has ${idle.map(([name]) => name).join(", ")}`)
}
