import type { Endpoint } from "../model/Model.ts"
import type { Places } from "../names.ts"
import type { Declaration, Type } from "../Type.ts"
import { mentions } from "../Type.ts"
import { comment } from "./docs.ts"
import { endpointText } from "./endpoints.ts"
import { schemaDeclaration } from "./schemas.ts"
import { type Imports, makeScope, type Scope } from "./scope.ts"
import { declarationText } from "./types.ts"

export interface ModuleInput {
  readonly name: string
  readonly header: string
  /** The name of the API, for docs. */
  readonly provider: string
  readonly referenceUrl: (id: string) => string
  readonly service: string
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly places: Places
  readonly known: Pick<Scope, "declarations" | "responses" | "exact">
  /** The additions of a hand-written module. */
  readonly addition: { readonly from: string; readonly names: ReadonlyArray<string> } | undefined
  /** The modules of behaviours, by name. */
  readonly behaviours: { readonly [name: string]: { readonly from: string } }
  /** Returns whether a module imports this one back. Its schemas may not exist yet while this module loads. */
  readonly cyclic: (module: string) => boolean
}

/** Returns the source of one module. */
export const moduleText = (input: ModuleInput): string => {
  const { endpoints, known, name, places, service } = input
  const scope = makeScope(name, places, known)
  const isOwn = (id: string) => places.get(id)?.module === name
  const own = inOrder([...known.declarations.values()].filter(({ id }) => isOwn(id)))
  const isLate = (type: Type): boolean =>
    mentions(type).some((id) => {
      const module = places.get(id)?.module
      return module !== undefined && module !== name && input.cyclic(module)
    })
  const types = own.map((declaration) =>
    known.responses.has(declaration.id)
      ? `${declarationText(declaration, scope)}\n${schemaDeclaration(declaration, scope)}`
      : declarationText(declaration, scope)
  )
  const calls = endpoints.map((endpoint) => endpointText(endpoint, service, scope, isLate, input.referenceUrl))
  const { addition } = input
  const added = addition === undefined ? [] : [`export { ${addition.names.join(", ")} } from "${addition.from}"`]
  const body = [...types, ...calls, ...added].join("\n\n")
  const imports = [
    ...coreImports(body),
    ...behaviourImports(endpoints, input.behaviours),
    ...typeImports(scope.imports, endpoints.length > 0 ? service : undefined)
  ]
  return `${[input.header, comment([titleOf(input)]).trim(), ...imports].join("\n")}\n\n${body}\n`
}

/** Returns the first line of a module's documentation. */
const titleOf = ({ endpoints: [endpoint], provider }: ModuleInput): string =>
  endpoint === undefined
    ? `Types of the ${provider} API that several resources or events share.`
    : `The endpoints of \`${endpoint.id.replace(/\.[^.]+$/, "")}\` in the ${provider} API, and their types.`

const coreModules = [
  ["Schema", `import * as Schema from "effect/Schema"`],
  ["CodedApiError", `import type { CodedApiError } from "../../ApiError.ts"`],
  ["Endpoint", `import * as Endpoint from "../../Endpoint.ts"`],
  ["FileSource", `import type * as FileSource from "../../files/FileSource.ts"`],
  ["Open", `import * as Open from "../../OpenSchema.ts"`],
  ["Page", `import * as Page from "../../Page.ts"`]
] as const

const coreImports = (body: string): ReadonlyArray<string> =>
  coreModules.flatMap(([name, text]) => (new RegExp(`\\b${name}[.<]\\w`).test(body) ? [text] : []))

const behaviourImports = (
  endpoints: ReadonlyArray<Endpoint>,
  modules: ModuleInput["behaviours"]
): ReadonlyArray<string> => {
  const names = new Set(endpoints.flatMap(({ behaviour }) => (behaviour === undefined ? [] : [behaviour])))
  return Object.entries(modules).flatMap(([name, { from }]) =>
    names.has(name) ? [`import { ${name} } from "${from}"`] : []
  )
}

const typeImports = (imports: Imports, service: string | undefined): ReadonlyArray<string> =>
  [
    ...[...imports].map(([module, names]) => {
      const isType = names.every(({ value }) => !value)
      const specifiers = [...names]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(
          ({ local, name, value }) =>
            `${!isType && !value ? "type " : ""}${name === local ? name : `${name} as ${local}`}`
        )
      return { module, text: `import ${isType ? "type " : ""}{ ${specifiers.join(", ")} } from "./${module}.ts"` }
    }),
    ...(service === undefined ? [] : [{ module: service, text: `import { ${service} } from "../${service}.ts"` }])
  ]
    .sort((a, b) => (a.module < b.module ? -1 : 1))
    .map(({ text }) => text)

/** Orders declarations so each follows what it mentions, otherwise as given. */
const inOrder = (declarations: ReadonlyArray<Declaration>): ReadonlyArray<Declaration> => {
  const byId = new Map(declarations.map((declaration) => [declaration.id, declaration]))
  const done = new Set<string>()
  const ordered: Array<Declaration> = []
  const visit = (declaration: Declaration): void => {
    if (done.has(declaration.id)) return
    done.add(declaration.id)
    for (const id of mentions(declaration.type)) {
      const mentioned = byId.get(id)
      if (mentioned !== undefined) visit(mentioned)
    }
    ordered.push(declaration)
  }
  declarations.forEach(visit)
  return ordered
}
