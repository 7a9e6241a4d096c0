/** Files, datasets, workflows and workspaces of Coze. */

import { decodeBase64 } from "../../../../internal/bytes/base64.ts"
import { arrayOf, isObject, type JsonObject, objectsOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { pieces } from "../../events/pieces.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { isFileField } from "../incoming.ts"
import { type Item, stageOf } from "../store.ts"
import { cozeConversations, cozeId, fieldsOf, required } from "./conversations.ts"

const upload: Handler = (exchange) => {
  const { body, now, server } = exchange
  const { file } = body
  if (!isFileField(file)) throw new Refusal(Failure.invalidRequest({ message: "The field file is required" }))
  const id = cozeId(exchange)
  const value = { id, bytes: file.bytes.length, created_at: seconds(now), file_name: file.name }
  server.store.insert("/files", id, value, now)
  return Exchange.value(value)
}

const stored = (exchange: Exchange.Exchange, collection: string, id: string): Item | undefined => {
  const item = exchange.server.store.get(collection, id, exchange.now)
  if (item === undefined && !exchange.server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `${id} not found` }))
  }
  return item
}

const retrieveFile: Handler = (exchange) => {
  const id = required(fieldsOf(exchange), "file_id")
  return Exchange.value(stored(exchange, "/files", id)?.value ?? { id })
}

const documentsKey = (dataset: string): string => `/datasets/${dataset}/documents`

const createDataset: Handler = (exchange) => {
  const { body, now, server } = exchange
  const id = cozeId(exchange)
  const value: JsonObject = {
    dataset_id: id,
    name: required(body, "name"),
    space_id: required(body, "space_id"),
    description: body["description"] ?? "",
    format_type: body["format_type"] ?? 0,
    status: 1,
    can_edit: true,
    doc_count: 0,
    create_time: seconds(now),
    update_time: seconds(now)
  }
  const item = server.store.insert("/datasets", id, value, now)
  item.advance = (time) => {
    item.value = { ...item.value, doc_count: server.store.list(documentsKey(id), time).length }
  }
  return Exchange.value({ dataset_id: id })
}

const listDatasets: Handler = ({ now, query, server }) => {
  const datasets = server.store.list("/datasets", now).map(({ value }) => value)
  const named = datasets.filter(
    ({ name }) => query["name"] === undefined || String(name).includes(String(query["name"]))
  )
  return Exchange.items(named, { total_count: named.length })
}

const updateDataset: Handler = (exchange) => {
  const item = stored(exchange, "/datasets", required(fieldsOf(exchange), "dataset_id"))
  const { description, name } = exchange.body
  if (item !== undefined) item.value = { ...item.value, name, description: description ?? "" }
  return Exchange.nothing
}

const deleteDataset: Handler = (exchange) => {
  const id = required(fieldsOf(exchange), "dataset_id")
  stored(exchange, "/datasets", id)
  exchange.server.store.remove("/datasets", id)
  return Exchange.nothing
}

const createDocuments: Handler = (exchange) => {
  const { body, now, server } = exchange
  const dataset = required(body, "dataset_id")
  stored(exchange, "/datasets", dataset)
  const infos = objectsOf(body["document_bases"]).map(({ name, source_info: source }) => {
    const id = cozeId(exchange)
    const text = isObject(source) ? (decodeBase64(String(source["file_base64"] ?? "")) ?? []) : []
    const value: JsonObject = {
      document_id: id,
      name: String(name ?? ""),
      status: 0,
      size: text.length,
      char_count: 0,
      create_time: seconds(now),
      update_time: seconds(now)
    }
    const item = server.store.insert(documentsKey(dataset), id, value, now)
    server.store.insert("/documents", id, { dataset }, now)
    item.advance = (time) => {
      if (stageOf(item.createdAt, time, server.jobDuration) < 2) return
      item.value = { ...item.value, status: 1, char_count: text.length }
    }
    return value
  })
  return Exchange.value({ code: 0, msg: "", document_infos: infos })
}

const listDocuments: Handler = (exchange) => {
  const { now, server } = exchange
  const documents = server.store.list(documentsKey(required(fieldsOf(exchange), "dataset_id")), now)
  return Exchange.items(documents.map(({ value }) => value))
}

const documentOf = (
  exchange: Exchange.Exchange,
  id: string
): { readonly key: string; readonly item: Item } | undefined => {
  const dataset = exchange.server.store.get("/documents", id, exchange.now)?.value["dataset"]
  const key = documentsKey(String(dataset))
  const item = stored(exchange, key, id)
  return item === undefined ? undefined : { key, item }
}

const deleteDocuments: Handler = (exchange) => {
  for (const id of arrayOf(exchange.body["document_ids"]).map(String)) {
    const document = documentOf(exchange, id)
    if (document !== undefined) exchange.server.store.remove(document.key, id)
  }
  return Exchange.nothing
}

const updateDocument: Handler = (exchange) => {
  const document = documentOf(exchange, required(exchange.body, "document_id"))
  const name = exchange.body["document_name"]
  if (document !== undefined && name !== undefined) document.item.value = { ...document.item.value, name }
  return Exchange.nothing
}

/** How far the documents of a dataset are, in percent. */
const progress: Handler = (exchange) => {
  const { body, now, server } = exchange
  const dataset = required(fieldsOf(exchange), "dataset_id")
  stored(exchange, "/datasets", dataset)
  const data = arrayOf(body["document_ids"]).flatMap((id) => {
    const item = server.store.get(documentsKey(dataset), String(id), now)
    if (item === undefined) return []
    const { document_id, name, status } = item.value
    return [{ document_id, document_name: name, status, progress: status === 1 ? 100 : 50 }]
  })
  return Exchange.value({ data })
}

/** A workflow gives its parameters back. */
const outputOf = ({ body }: Exchange.Exchange): string => JSON.stringify({ output: body["parameters"] ?? {} })

const runWorkflow: Handler = (exchange) => {
  const { body, now, server } = exchange
  const workflow = required(body, "workflow_id")
  const id = cozeId(exchange)
  const output = outputOf(exchange)
  const value: JsonObject = { execute_id: id, execute_status: "Running", create_time: seconds(now), output: "" }
  const item = server.store.insert(`/workflows/${workflow}/runs`, id, value, now)
  item.advance = (time) => {
    if (stageOf(item.createdAt, time, server.jobDuration) === 2) {
      item.value = { ...item.value, execute_status: "Success", output }
    }
  }
  const isAsync = body["is_async"] === true
  return Exchange.value({
    code: 0,
    msg: "",
    execute_id: id,
    debug_url: `https://www.coze.com/work_flow?execute_id=${id}&workflow_id=${workflow}`,
    ...(isAsync ? {} : { data: output, token: 0, cost: "0" })
  })
}

const runEvents: Handler = (exchange) => {
  required(exchange.body, "workflow_id")
  const parts = pieces(outputOf(exchange))
  const messages = parts.map((content, index) => ({
    id: String(index),
    event: "Message",
    data: {
      content,
      content_type: "text",
      node_is_finish: index === parts.length - 1,
      node_seq_id: String(index),
      node_title: "End"
    }
  }))
  return Exchange.events([
    ...messages,
    { id: String(parts.length), event: "Done", data: { debug_url: "https://www.coze.com/work_flow" } }
  ])
}

const history: Handler = (exchange) => {
  const { params } = exchange
  const item = stored(exchange, `/workflows/${params["workflow_id"]}/runs`, params["execute_id"] ?? "")
  return Exchange.value([item?.value ?? { execute_id: params["execute_id"], execute_status: "Success" }])
}

const workspaces: ReadonlyArray<JsonObject> = [
  { id: "7400000000000000001", name: "Personal", role_type: "owner", workspace_type: "personal" },
  { id: "7400000000000000002", name: "Team", role_type: "member", workspace_type: "team" }
]

const both = (name: string, handler: Handler): Handlers => ({
  [`datasets.documents.${name}`]: handler,
  [`knowledge.documents.${name}`]: handler
})

export const cozeHandlers: Handlers = {
  ...cozeConversations,
  "files.upload": upload,
  "files.retrieve": retrieveFile,
  "datasets.create": createDataset,
  "datasets.list": listDatasets,
  "datasets.update": updateDataset,
  "datasets.delete": deleteDataset,
  "datasets.process": progress,
  ...both("create", createDocuments),
  ...both("list", listDocuments),
  ...both("delete", deleteDocuments),
  ...both("update", updateDocument),
  "workflows.runs.create": runWorkflow,
  "workflows.runs.stream": runEvents,
  "workflows.runs.resume": runEvents,
  "workflows.runs.history": history,
  "workspaces.list": () => Exchange.items(workspaces, { total_count: workspaces.length })
}
