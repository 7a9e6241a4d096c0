/** Finds the endpoint that a request is for. */
import type * as Endpoint from "../../../Endpoint.ts"
import type { Incoming } from "./incoming.ts"

export interface Match {
  readonly endpoint: Endpoint.Metadata
  readonly params: { readonly [name: string]: string }
}

interface Route {
  readonly endpoint: Endpoint.Metadata
  readonly segments: ReadonlyArray<string>
  readonly query: ReadonlyArray<readonly [string, string]>
}

export interface Router {
  /** Of several endpoints with one path, the one whose fixed parts the request has most of; literal segments go first. */
  readonly match: (incoming: Incoming, path: string) => Match | undefined
  /** The methods that a path has. */
  readonly methods: (path: string) => ReadonlyArray<string>
}

export const makeRouter = (endpoints: ReadonlyArray<Endpoint.Metadata>): Router => {
  const routes = new Map<string, Array<Route>>()
  for (const endpoint of endpoints) {
    const [path = "", query = ""] = endpoint.path.split("?")
    const segments = path.split("/").slice(1)
    const route = { endpoint, segments, query: [...new URLSearchParams(query)] }
    const key = `${endpoint.method} ${segments.length}`
    routes.set(key, [...(routes.get(key) ?? []), route])
  }
  const match: Router["match"] = (incoming, path) => {
    const segments = segmentsOf(path)
    let best: { readonly match: Match; readonly score: number } | undefined
    for (const route of routes.get(`${incoming.method} ${segments.length}`) ?? []) {
      const params = paramsOf(route.segments, segments)
      if (params === undefined) continue
      const score = scoreOf(route, incoming)
      if (score === undefined || (best !== undefined && score <= best.score)) continue
      best = { match: { endpoint: route.endpoint, params }, score }
    }
    return best?.match
  }
  const all = new Set(endpoints.map(({ method }) => method))
  return {
    match,
    methods: (path) => {
      const segments = segmentsOf(path)
      return [...all].filter((method) =>
        (routes.get(`${method} ${segments.length}`) ?? []).some((route) => paramsOf(route.segments, segments))
      )
    }
  }
}

const segmentsOf = (path: string): ReadonlyArray<string> => path.split("/").slice(1).map(decoded)

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

const paramsOf = (
  template: ReadonlyArray<string>,
  segments: ReadonlyArray<string>
): { readonly [name: string]: string } | undefined => {
  const params: Record<string, string> = {}
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? ""
    if (part.startsWith("{")) {
      if (segment === "") return undefined
      params[part.slice(1, -1)] = segment
    } else if (part !== segment) {
      return undefined
    }
  }
  return params
}

/** `undefined` if the request asks for something else. */
const scoreOf = ({ endpoint, query, segments }: Route, incoming: Incoming): number | undefined => {
  let score = segments.filter((segment) => !segment.startsWith("{")).length * 100
  for (const [name, value] of query) {
    if (incoming.query[name] !== value) return undefined
    score += 10
  }
  const wantsStream = isTrue(incoming.body["stream"]) || isTrue(incoming.query["stream"])
  const isTwin = endpoint.fixed?.["stream"] === true
  if (isTwin !== wantsStream && (isTwin || endpoint.kind !== "stream")) {
    if (isTwin) return undefined
    score -= 1
  }
  const beta = incoming.headers["anthropic-beta"] !== undefined || incoming.query["beta"] !== undefined
  if (endpoint.id.startsWith("beta.") === beta) score += 1
  for (const [name, value] of Object.entries(endpoint.headers ?? {})) {
    if (incoming.headers[name.toLowerCase()]?.includes(value) === true) score += 5
  }
  return score
}

const isTrue = (u: unknown): boolean => u === true || u === "true" || u === "1"
