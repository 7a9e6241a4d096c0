import type { Endpoint } from "../model/Model.ts"
import { exportName } from "../names.ts"
import type { Type } from "../Type.ts"
import { comment } from "./docs.ts"
import { schemaText } from "./schemas.ts"
import type { Scope } from "./scope.ts"
import { property, quote, typeText } from "./types.ts"

const constructors = {
  json: ["Json", "json"],
  none: ["None", "none"],
  text: ["Text", "text"],
  binary: ["Binary", "binary"],
  stream: ["EventStream", "eventStream"],
  jsonl: ["JsonLines", "jsonLines"],
  list: ["List", "list"]
} as const

/**
 * Returns the type of an endpoint's documented error codes. Empty if there are none, or if the endpoint's twin has it.
 */
const errorTypeText = ({ errors, errorType, method, path, twin }: Endpoint): string =>
  errorType === undefined || twin
    ? ""
    : `${comment([`Error codes of \`${method} ${path.replace(/\?.*$/, "")}\`; servers may send others.`])}export type ${errorType} = ${[
        ...errors.map(quote),
        "(string & {})"
      ].join(" | ")}\n\n`

/** Returns an endpoint as an exported constant. */
export const endpointText = (
  endpoint: Endpoint,
  service: string,
  scope: Scope,
  isLate: (type: Type) => boolean,
  referenceUrl: (id: string) => string
): string => {
  const [type, constructor] = constructors[endpoint.kind]
  const input = endpoint.input === undefined ? "{}" : scope.nameOf(endpoint.input, "type")
  const success = endpoint.success === undefined ? undefined : typeText(endpoint.success, scope, true)
  const signature = `Endpoint.${type}<${[
    input,
    ...(success === undefined ? [] : [success]),
    service,
    ...(endpoint.errorType === undefined ? [] : [`CodedApiError<${endpoint.errorType}>`])
  ].join(", ")}>`
  const fields = members(endpoint, scope, isLate).map((member) => `  ${member}`)
  const call = `/*#__PURE__*/ Endpoint.${constructor}(${service}, {\n${fields.join(",\n")}\n})`
  const name = exportName(endpoint.id)
  const constant = isReserved(name)
    ? `const ${name}_: ${signature} = ${call}\nexport { ${name}_ as ${name} }`
    : `export const ${name}: ${signature} = ${call}`
  return `${errorTypeText(endpoint)}${docText(endpoint, success, referenceUrl)}${constant}`
}

const members = (endpoint: Endpoint, scope: Scope, isLate: (type: Type) => boolean): ReadonlyArray<string> => {
  const { success } = endpoint
  return [
    `id: ${quote(endpoint.id)}`,
    `method: ${quote(endpoint.method)}`,
    `path: ${quote(endpoint.path)}`,
    ...(endpoint.query.length > 0 ? [`query: ${list(endpoint.query)}`] : []),
    ...(endpoint.nullQuery === undefined ? [] : [`nullQuery: ${quote(endpoint.nullQuery)}`]),
    ...(isEmpty(endpoint.headerParams) ? [] : [`headerParams: ${record(endpoint.headerParams)}`]),
    ...(isEmpty(endpoint.headers) ? [] : [`headers: ${record(endpoint.headers)}`]),
    ...(endpoint.body === undefined ? [] : [`body: ${quote(endpoint.body)}`]),
    ...(endpoint.bodyField === undefined ? [] : [`bodyField: ${quote(endpoint.bodyField)}`]),
    ...(isEmpty(endpoint.partTypes) ? [] : [`partTypes: ${record(endpoint.partTypes)}`]),
    ...(endpoint.keepFolders ? ["keepFolders: true"] : []),
    ...(endpoint.twin ? ["fixed: { stream: true }"] : []),
    ...(endpoint.accept === undefined ? [] : [`accept: ${quote(endpoint.accept)}`]),
    ...(endpoint.admin ? [`credential: "admin"`] : []),
    ...(endpoint.safety === undefined ? [] : [`safety: ${quote(endpoint.safety)}`]),
    ...(success === undefined ? [] : [`success: ${successText(success, scope, isLate)}`]),
    ...(endpoint.mayBeText ? ["mayBeText: true"] : []),
    ...(endpoint.pagination === undefined ? [] : [`pagination: Page.${endpoint.pagination}`]),
    ...(endpoint.envelope ? ["envelope: true"] : []),
    ...(endpoint.terminal === undefined
      ? []
      : [`terminal: ${endpoint.terminal === "finishReason" ? quote(endpoint.terminal) : list(endpoint.terminal)}`]),
    ...(endpoint.behaviour === undefined ? [] : [`behaviour: ${endpoint.behaviour}`]),
    ...(endpoint.errors.length > 0 ? [`errors: ${list(endpoint.errors)}`] : [])
  ]
}

/** A success schema that is not a plain name is a call, marked pure so a bundler drops an unused endpoint. */
const successText = (success: Type, scope: Scope, isLate: (type: Type) => boolean): string => {
  const text = schemaText(success, scope)
  if (isLate(success)) return `/*#__PURE__*/ Open.lazy(() => ${text})`
  return success.kind === "ref" ? text : `/*#__PURE__*/ ${text}`
}

const list = (names: ReadonlyArray<string>): string => `[${names.map(quote).join(", ")}]`
const record = (values: Readonly<Record<string, string>>): string =>
  `{ ${Object.entries(values)
    .map(([name, value]) => `${property(name)}: ${quote(value)}`)
    .join(", ")} }`
const isEmpty = (values: object): boolean => Object.keys(values).length === 0

const isReserved = (name: string): boolean =>
  /^(delete|import|export|default|new|in|do|if|for|try|var|with|enum|void|case|this|super|class|function|return|switch|typeof|while|yield|await|static)$/.test(
    name
  )

const docText = (endpoint: Endpoint, success: string | undefined, referenceUrl: (id: string) => string): string => {
  const request = `\`${endpoint.method} ${endpoint.path.replace(/\?.*$/, "")}\``
  const what = {
    json: `Returns ${named(success)}`,
    none: "Returns nothing",
    text: "Returns text",
    binary: "Streams bytes",
    stream: `Streams ${named(success)} events`,
    jsonl: `Streams ${named(success)} lines`,
    list: `Lists ${named(success)}, page by page`
  }[endpoint.kind]
  return comment([
    `${what}. ${request}`,
    "",
    `@see ${referenceUrl(endpoint.id.replace(/:stream$/, ""))}`,
    "@category endpoints",
    ...(endpoint.deprecated ? ["@deprecated"] : [])
  ])
}

const named = (type = "unknown"): string => `\`${type.replace(/ \| /g, "` or `")}\``
