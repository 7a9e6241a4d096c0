/**
 * The answer of any endpoint that has no handler of its own: what its path says it does (make, read, list, change,
 * delete, act on a resource), done on the store; else a value of its schema.
 */

import type * as Endpoint from "../../../Endpoint.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import * as Failure from "../../Failure.ts"
import * as Exchange from "./exchange.ts"
import { type Answer, type Handler, Refusal, seconds } from "./exchange.ts"
import { isFileField } from "./incoming.ts"
import { adopted, firstFit, knownValues, propertiesOf, sampleEvents, sampleOf } from "./shape.ts"
import { type Item, stageOf } from "./store.ts"

/** The paths at which resources are listed, read or made, with `{}` for parameters. */
export interface Collections {
  readonly paths: ReadonlySet<string>
  /** Those at which resources are made. */
  readonly creatable: ReadonlySet<string>
  /** The paths of what there is one of, to be read and changed. */
  readonly settings: ReadonlySet<string>
}

const isParam = (segment: string | undefined): boolean => segment?.startsWith("{") === true

const templateOf = (endpoint: Endpoint.Metadata): ReadonlyArray<string> =>
  (endpoint.path.split("?")[0] ?? "").split("/")

const shapeOf = (segments: ReadonlyArray<string>): string =>
  segments.map((segment) => (isParam(segment) ? "{}" : segment)).join("/")

export const collectionsOf = (endpoints: ReadonlyArray<Endpoint.Metadata>): Collections => {
  const paths = new Set<string>()
  for (const endpoint of endpoints) {
    const segments = templateOf(endpoint)
    if (isParam(segments.at(-1))) paths.add(shapeOf(segments.slice(0, -1)))
    else if (endpoint.kind === "list" && endpoint.method === "GET") paths.add(shapeOf(segments))
  }
  const creatable = endpoints.flatMap((endpoint) => {
    const shape = shapeOf(templateOf(endpoint))
    return endpoint.method === "POST" && endpoint.kind === "json" && paths.has(shape) ? [shape] : []
  })
  const changed = new Set(endpoints.flatMap((it) => (it.body === undefined ? [] : [shapeOf(templateOf(it))])))
  const settings = endpoints.flatMap((endpoint) => {
    const segments = templateOf(endpoint)
    const shape = shapeOf(segments)
    const isOne = endpoint.kind === "json" && !isParam(segments.at(-1)) && !paths.has(shape)
    return endpoint.method === "GET" && isOne && changed.has(shape) ? [shape] : []
  })
  return { paths, creatable: new Set(creatable), settings: new Set(settings) }
}

/** The path of a request up to the parameter at its end: the key of a collection. */
const keyOf = (exchange: Exchange.Exchange, segments: ReadonlyArray<string>): string =>
  segments.map((segment) => (isParam(segment) ? exchange.params[segment.slice(1, -1)] : segment)).join("/")

export const makeGeneric =
  (collections: Collections): Handler =>
  (exchange) => {
    const { endpoint } = exchange
    switch (endpoint.kind) {
      case "stream":
        return Exchange.events(sampleEvents(endpoint.success, endpoint.terminal))
      case "jsonl":
        return Exchange.lines([sampleOf(endpoint.success)])
      case "binary":
        return Exchange.bytes(new TextEncoder().encode(`emulated content of ${endpoint.id}`))
      case "text":
        return Exchange.text("v=0\r\n")
      case "list":
        return listed(exchange, collections)
      default:
        return resource(exchange, collections)
    }
  }

const listed = (exchange: Exchange.Exchange, collections: Collections): Answer => {
  const { endpoint, now, server } = exchange
  const segments = templateOf(endpoint)
  const parent = segments.slice(0, -1)
  if (isParam(parent.at(-1))) found(exchange, collections, parent.slice(0, -1), lastParam(exchange, parent))
  const stored = server.store.list(keyOf(exchange, segments), now)
  if (stored.length > 0) return Exchange.items(stored.map((item) => shown(endpoint, item)))
  if (collections.creatable.has(shapeOf(segments)) && !server.samplesForMissing) return Exchange.items([])
  const ids = propertiesOf(endpoint.success).has("id") ? ["sample_1", "sample_2", "sample_3"] : []
  return Exchange.items(
    ids.length === 0
      ? [sampleOf(endpoint.success)]
      : ids.map((id) => sampleOf(endpoint.success, { ...adopted(endpoint.success, { id }), ...times(exchange) }))
  )
}

/** A resource as this endpoint shows it, without what only the one that made it shows, such as a secret. */
const shown = ({ success }: Endpoint.Metadata, { hidden, value }: Item): JsonObject => {
  if (hidden["isGeneric"] !== true) return value
  const properties = propertiesOf(success)
  return properties.size === 0
    ? value
    : Object.fromEntries(Object.entries(value).filter(([name]) => properties.has(name) && name !== "object"))
}

const resource = (exchange: Exchange.Exchange, collections: Collections): Answer => {
  const { endpoint } = exchange
  const segments = templateOf(endpoint)
  const parent = segments.slice(0, -1)
  if (isParam(segments.at(-1))) {
    const item = found(exchange, collections, parent, lastParam(exchange, segments))
    if (endpoint.method === "GET") return answered(exchange, item === undefined ? undefined : shown(endpoint, item))
    if (endpoint.method === "DELETE") return removed(exchange, parent, lastParam(exchange, segments))
    if (item === undefined) return answered(exchange, undefined)
    item.value = { ...item.value, ...adopted(endpoint.success, exchange.body) }
    return answered(exchange, item.value)
  }
  if (endpoint.method === "POST" && collections.creatable.has(shapeOf(segments))) return created(exchange, segments)
  const owner = isParam(parent.at(-1))
    ? found(exchange, collections, parent.slice(0, -1), lastParam(exchange, parent))
    : undefined
  if (collections.settings.has(shapeOf(segments))) return setting(exchange, keyOf(exchange, segments))
  if (endpoint.method !== "POST") return answered(exchange, undefined)
  const change = changeOf(exchange, segments.at(-1) ?? "")
  if (owner === undefined) return answered(exchange, undefined, change)
  owner.value = { ...owner.value, ...change }
  return answered(exchange, adopted(endpoint.success, owner.value))
}

/** Keeps what was set until it is deleted. */
const setting = (exchange: Exchange.Exchange, key: string): Answer => {
  const { body, endpoint, now, params, server } = exchange
  const kept = server.store.get(key, "", now)?.value
  if (endpoint.method === "GET") return answered(exchange, kept === undefined ? kept : adopted(endpoint.success, kept))
  if (endpoint.method === "DELETE") {
    server.store.remove(key, "")
    return answered(exchange, adopted(endpoint.success, { ...params, deleted: true }))
  }
  const value = { ...kept, ...adopted(endpoint.success, { ...params, ...body }), ...times(exchange) }
  server.store.insert(key, "", value, now)
  return answered(exchange, value)
}

const lastParam = ({ params }: Exchange.Exchange, segments: ReadonlyArray<string>): string =>
  params[segments.at(-1)?.slice(1, -1) ?? ""] ?? ""

/** Returns the resource, or `undefined` if the API cannot create one. Refuses if it could have been created. */
const found = (
  exchange: Exchange.Exchange,
  collections: Collections,
  parent: ReadonlyArray<string>,
  id: string
): Item | undefined => {
  const { now, server } = exchange
  const item = server.store.get(keyOf(exchange, parent), id, now)
  if (item === undefined && collections.creatable.has(shapeOf(parent)) && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `There is no ${singular(parent)} with the id ${id}` }))
  }
  return item
}

const singular = (parent: ReadonlyArray<string>): string =>
  (parent.at(-1) ?? "resource")
    .replace(/ies$/, "y")
    .replace(/(ch|sh|x)es$/, "$1")
    .replace(/s$/, "")

const prefixes: { readonly [collection: string]: string } = {
  assistants: "asst_",
  batches: "batch_",
  containers: "cntr_",
  conversations: "conv_",
  files: "file-",
  messages: "msg_",
  responses: "resp_",
  runs: "run_",
  threads: "thread_",
  uploads: "upload_",
  vector_stores: "vs_",
  videos: "video_"
}

const created = (exchange: Exchange.Exchange, segments: ReadonlyArray<string>): Answer => {
  const { body, endpoint, now, params, server } = exchange
  const collection = segments.at(-1) ?? ""
  const id = server.id(prefixes[collection] ?? `${singular(segments)}_`)
  const plain = Object.fromEntries(Object.entries(body).filter(([, value]) => !isFileField(value)))
  const value = sampleOf(endpoint.success, {
    ...adopted(endpoint.success, { ...params, ...plain }),
    ...adopted(endpoint.success, { id }),
    ...times(exchange)
  }) as JsonObject
  const item = server.store.insert(keyOf(exchange, segments), String(value["id"] ?? id), value, now)
  item.hidden["isGeneric"] = true
  progress(exchange, item)
  return answered(exchange, value)
}

/** Lets a resource go on by itself whose documented states are those of a job. */
const progress = ({ endpoint: { success }, server }: Exchange.Exchange, item: Item): void => {
  const known = knownValues(success, "status")
  const [waiting, working, done] = [waitingStates, workingStates, doneStates].map((states) =>
    states.find((state) => known.includes(state))
  )
  if (done === undefined || item.value["status"] !== waiting) return
  item.advance = (now) => {
    const { status } = item.value
    if (status !== waiting && status !== working) return
    const stage = stageOf(item.createdAt, now, server.jobDuration)
    item.value = {
      ...item.value,
      status: [waiting, working ?? waiting, done][stage],
      ...(typeof item.value["progress"] === "number" ? { progress: stage * 50 } : {}),
      ...(stage < 2 ? {} : timesOf(success, ["completed_at", "finished_at"], now))
    }
  }
}

const waitingStates = ["validating_files", "queued"]
const workingStates = ["in_progress", "running"]
const doneStates = ["completed", "succeeded"]

/** When a resource was made, in the form in which the schema has it. */
const times = ({ endpoint: { success }, now }: Exchange.Exchange): JsonObject =>
  timesOf(
    success,
    ["created_at", "updated_at", "created"].filter((name) => isRequired(success, name)),
    now
  )

const timesOf = (success: Endpoint.Metadata["success"], names: ReadonlyArray<string>, now: number): JsonObject =>
  Object.fromEntries(
    names.flatMap((name) => {
      const time = firstFit(success, name, [seconds(now), new Date(now).toISOString()])
      return time === undefined ? [] : [[name, time] as const]
    })
  )

const isRequired = (success: Endpoint.Metadata["success"], name: string): boolean =>
  propertiesOf(success).get(name)?.context?.isOptional !== true || propertiesOf(success).get(name)?._tag === "Union"

/** Returns the change that a verb at the end of a path makes to a resource. */
const changeOf = ({ endpoint, now }: Exchange.Exchange, verb: string): JsonObject => {
  const one = (name: string, candidates: ReadonlyArray<unknown>): JsonObject => {
    const value = firstFit(endpoint.success, name, candidates)
    return value === undefined ? {} : { [name]: value }
  }
  switch (verb) {
    case "cancel":
      return one("status", ["cancelled", "canceled", "cancelling", "canceling"])
    case "archive":
      return { ...one("archived_at", [new Date(now).toISOString(), seconds(now)]), ...one("status", ["archived"]) }
    case "pause":
      return one("status", ["paused"])
    case "unpause":
    case "resume":
      return one("status", ["active", "running"])
    case "activate":
      return one("status", [{ type: "available", healthy: true, last_checked_at: new Date(now).toISOString() }])
    case "respond":
      return one("status", [{ type: "closed", reason: { type: "responded" } }])
    default:
      return {}
  }
}

const removed = (exchange: Exchange.Exchange, parent: ReadonlyArray<string>, id: string): Answer => {
  exchange.server.store.remove(keyOf(exchange, parent), id)
  return answered(exchange, { ...adopted(exchange.endpoint.success, { id, deleted: true }) })
}

/** The value, or a sample with what the request says of it. */
const answered = (exchange: Exchange.Exchange, value: JsonObject | undefined, change: JsonObject = {}): Answer => {
  const { body, endpoint, params, query } = exchange
  if (endpoint.kind === "none") return Exchange.nothing
  if (value !== undefined) return Exchange.value(sampleOf(endpoint.success, value))
  const [id] = Object.values(params).slice(-1)
  const given = { ...(id === undefined ? {} : { id }), ...query, ...body, ...params, ...change }
  return Exchange.value(sampleOf(endpoint.success, { ...adopted(endpoint.success, given), ...times(exchange) }))
}
