/** Files, uploads in parts, and vector stores over files. */

import { joinBytes } from "../../../../internal/bytes/joinBytes.ts"
import { arrayOf, type JsonObject, objectsOf, stringOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { type FileField, isFileField } from "../incoming.ts"
import { type Item, stageOf } from "../store.ts"
import { required } from "./requests.ts"

const collection = "/files"

/** Keeps bytes as a file. */
const keepFile = (
  { now, server }: Exchange.Exchange,
  file: Pick<FileField, "name" | "type" | "bytes">,
  purpose: string
): JsonObject => {
  const id = server.id("file-")
  const value = {
    id,
    object: "file",
    bytes: file.bytes.length,
    created_at: seconds(now),
    expires_at: null,
    filename: file.name,
    purpose,
    status: "processed",
    status_details: null
  }
  server.store.insert(collection, id, value, now).hidden["file"] = file
  return value
}

/** Returns the bytes of a file. Refuses if it does not exist. */
export const contentOf = ({ now, server }: Exchange.Exchange, id: string): FileField => {
  const file = server.store.get(collection, id, now)?.hidden["file"]
  if (isFileField(file)) return file
  if (server.samplesForMissing)
    return { _tag: "FileField", name: "sample.txt", type: "text/plain", bytes: new Uint8Array([104, 105]) }
  throw new Refusal(Failure.notFound({ message: `No such File object: ${id}`, param: "id" }))
}

const create: Handler = (exchange) => {
  const { body } = exchange
  const file = required(body, "file")
  const purpose = String(required(body, "purpose"))
  if (!isFileField(file)) throw new Refusal(Failure.invalidRequest({ message: "'file' is not a file", param: "file" }))
  return Exchange.value(keepFile(exchange, file, purpose))
}

const content: Handler = (exchange) => {
  const file = contentOf(exchange, exchange.params["file_id"] ?? "")
  return Exchange.bytes(file.bytes, file.type === "" ? "application/octet-stream" : file.type)
}

const list: Handler = ({ now, query, server }) =>
  Exchange.items(
    server.store
      .list(collection, now)
      .map(({ value }) => value)
      .filter(({ purpose }) => query["purpose"] === undefined || query["purpose"] === purpose)
  )

const upload = ({ now, params, server }: Exchange.Exchange): Item | undefined => {
  const id = params["upload_id"] ?? ""
  const item = server.store.get("/uploads", id, now)
  if (item === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `No upload found with id '${id}'` }))
  }
  return item
}

const createUpload: Handler = ({ body, now, server }) => {
  const id = server.id("upload_")
  const value = {
    id,
    object: "upload",
    bytes: required(body, "bytes"),
    created_at: seconds(now),
    expires_at: seconds(now) + 3600,
    filename: required(body, "filename"),
    purpose: required(body, "purpose"),
    status: "pending"
  }
  server.store.insert("/uploads", id, value, now).hidden["type"] = stringOf(body["mime_type"]) ?? ""
  return Exchange.value(value)
}

const addPart: Handler = (exchange) => {
  const { body, now, params, server } = exchange
  upload(exchange)
  const id = server.id("part_")
  const value = { id, object: "upload.part", created_at: seconds(now), upload_id: params["upload_id"] }
  server.store.insert("/parts", id, value, now).hidden["data"] = body["data"]
  return Exchange.value(value)
}

const complete: Handler = (exchange) => {
  const { body, now, server } = exchange
  const item = upload(exchange)
  if (item === undefined) return Exchange.value({ id: exchange.params["upload_id"], status: "completed" })
  const parts = arrayOf(body["part_ids"]).map((id) => {
    const data = server.store.get("/parts", String(id), now)?.hidden["data"]
    if (isFileField(data)) return data.bytes
    throw new Refusal(Failure.invalidRequest({ message: `No such part: ${String(id)}`, param: "part_ids" }))
  })
  const bytes = joinBytes(parts)
  if (bytes.length !== item.value["bytes"]) {
    throw new Refusal(Failure.invalidRequest({ message: "The parts do not have the size that was announced" }))
  }
  const name = String(item.value["filename"])
  const file: FileField = { _tag: "FileField", name, type: String(item.hidden["type"]), bytes }
  item.value = { ...item.value, status: "completed", file: keepFile(exchange, file, String(item.value["purpose"])) }
  return Exchange.value(item.value)
}

const cancelUpload: Handler = (exchange) => {
  const item = upload(exchange)
  if (item !== undefined) item.value = { ...item.value, status: "cancelled" }
  return Exchange.value(item?.value ?? { id: exchange.params["upload_id"], status: "cancelled" })
}

const filesKey = (store: string): string => `/vector_stores/${store}/files`

const counts = (files: ReadonlyArray<JsonObject>): JsonObject => {
  const of = (status: string): number => files.filter((file) => file["status"] === status).length
  return {
    in_progress: of("in_progress"),
    completed: of("completed"),
    failed: of("failed"),
    cancelled: of("cancelled"),
    total: files.length
  }
}

const createStore: Handler = (exchange) => {
  const { body, now, server } = exchange
  const id = server.id("vs_")
  const value = {
    id,
    object: "vector_store",
    created_at: seconds(now),
    last_active_at: seconds(now),
    name: body["name"] ?? "",
    description: body["description"] ?? null,
    expires_after: body["expires_after"] ?? null,
    expires_at: null,
    metadata: body["metadata"] ?? {},
    usage_bytes: 0,
    file_counts: counts([]),
    status: "completed"
  }
  const item = server.store.insert("/vector_stores", id, value, now)
  item.advance = (time) => {
    const files = server.store.list(filesKey(id), time).map((file) => file.value)
    const file_counts = counts(files)
    item.value = {
      ...item.value,
      file_counts,
      usage_bytes: files.reduce((total, file) => total + Number(file["usage_bytes"] ?? 0), 0),
      status: file_counts["in_progress"] === 0 ? "completed" : "in_progress"
    }
  }
  for (const file of arrayOf(body["file_ids"])) attach(exchange, id, String(file), {})
  item.advance(now)
  return Exchange.value(item.value)
}

const store = ({ now, params, server }: Exchange.Exchange): string => {
  const id = params["vector_store_id"] ?? ""
  if (server.store.get("/vector_stores", id, now) === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `Vector store with id '${id}' not found.` }))
  }
  return id
}

const attach = (exchange: Exchange.Exchange, storeId: string, fileId: string, more: JsonObject): JsonObject => {
  const { now, server } = exchange
  const { bytes } = contentOf(exchange, fileId)
  const value: JsonObject = {
    id: fileId,
    object: "vector_store.file",
    created_at: seconds(now),
    vector_store_id: storeId,
    status: "in_progress",
    usage_bytes: bytes.length,
    last_error: null,
    attributes: {},
    chunking_strategy: { type: "static", static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } },
    ...more
  }
  const item = server.store.insert(filesKey(storeId), fileId, value, now)
  item.advance = (time) => {
    if (item.value["status"] === "in_progress" && stageOf(item.createdAt, time, server.jobDuration) === 2) {
      item.value = { ...item.value, status: "completed" }
    }
  }
  return value
}

const addFile: Handler = (exchange) => {
  const { attributes } = exchange.body
  const more = attributes === undefined ? {} : { attributes }
  return Exchange.value(attach(exchange, store(exchange), String(required(exchange.body, "file_id")), more))
}

const fileContent: Handler = (exchange) => {
  store(exchange)
  const { bytes } = contentOf(exchange, exchange.params["file_id"] ?? "")
  return Exchange.items([{ type: "text", text: new TextDecoder().decode(bytes) }])
}

/** Files with most of the query's words first; those without any are left out. */
const search: Handler = (exchange) => {
  const { body, now, server } = exchange
  const storeId = store(exchange)
  const query = body["query"] === undefined ? required(body, "query") : body["query"]
  const words = (typeof query === "string" ? query : arrayOf(query).join(" ")).toLowerCase().match(/\w+/g) ?? []
  const results = server.store.list(filesKey(storeId), now).flatMap(({ value }) => {
    const { bytes, name } = contentOf(exchange, String(value["id"]))
    const text = new TextDecoder().decode(bytes)
    const found = words.filter((word) => text.toLowerCase().includes(word)).length
    if (found === 0) return []
    const result = {
      file_id: value["id"],
      filename: name,
      score: found / words.length,
      attributes: value["attributes"] ?? {},
      content: [{ type: "text", text }]
    }
    return [result]
  })
  return Exchange.items(results.sort((a, b) => b.score - a.score))
}

const batchesKey = (store: string): string => `/vector_stores/${store}/file_batches`

const createBatch: Handler = (exchange) => {
  const { body, now, server } = exchange
  const storeId = store(exchange)
  const ids = [...arrayOf(body["file_ids"]), ...objectsOf(body["files"]).map((file) => file["file_id"])].map(String)
  for (const id of ids) attach(exchange, storeId, id, {})
  const batch = server.id("vsfb_")
  const value = {
    id: batch,
    object: "vector_store.files_batch",
    created_at: seconds(now),
    vector_store_id: storeId,
    status: "in_progress",
    file_counts: { in_progress: ids.length, completed: 0, failed: 0, cancelled: 0, total: ids.length }
  }
  const item = server.store.insert(batchesKey(storeId), batch, value, now)
  item.hidden["files"] = ids
  item.advance = (time) => {
    const files = batchFiles(exchange, storeId, item, time)
    const file_counts = counts(files)
    const done = file_counts["in_progress"] === 0
    item.value = {
      ...item.value,
      file_counts,
      status: done ? (item.value["status"] === "cancelled" ? "cancelled" : "completed") : "in_progress"
    }
  }
  return Exchange.value(value)
}

const batchFiles = (
  { server }: Exchange.Exchange,
  storeId: string,
  item: Item,
  now: number
): ReadonlyArray<JsonObject> => {
  const ids = item.hidden["files"] as ReadonlyArray<string>
  return ids.flatMap((id) => {
    const file = server.store.get(filesKey(storeId), id, now)
    return file === undefined ? [] : [file.value]
  })
}

const batch = (exchange: Exchange.Exchange): Item | undefined => {
  const { now, params, server } = exchange
  const item = server.store.get(batchesKey(store(exchange)), params["batch_id"] ?? "", now)
  if (item === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `No file batch found with id '${params["batch_id"]}'` }))
  }
  return item
}

const cancelBatch: Handler = (exchange) => {
  const item = batch(exchange)
  if (item === undefined) return Exchange.value({ id: exchange.params["batch_id"], status: "cancelled" })
  for (const id of item.hidden["files"] as ReadonlyArray<string>) {
    const file = exchange.server.store.get(filesKey(store(exchange)), id, exchange.now)
    if (file !== undefined && file.value["status"] === "in_progress")
      file.value = { ...file.value, status: "cancelled" }
  }
  item.value = { ...item.value, status: "cancelled" }
  item.advance?.(exchange.now)
  return Exchange.value(item.value)
}

const batchFilesList: Handler = (exchange) => {
  const item = batch(exchange)
  return Exchange.items(item === undefined ? [] : batchFiles(exchange, store(exchange), item, exchange.now))
}

export const files: Handlers = {
  "files.create": create,
  "files.content": content,
  "files.list": list,
  "uploads.create": createUpload,
  "uploads.parts.create": addPart,
  "uploads.complete": complete,
  "uploads.cancel": cancelUpload,
  "vectorStores.create": createStore,
  "vectorStores.search": search,
  "vectorStores.files.create": addFile,
  "vectorStores.files.content": fileContent,
  "vectorStores.fileBatches.create": createBatch,
  "vectorStores.fileBatches.cancel": cancelBatch,
  "vectorStores.fileBatches.listFiles": batchFilesList
}

/** A file that a batch wrote. */
export const writtenFile = (exchange: Exchange.Exchange, name: string, text: string): string => {
  const file: FileField = { _tag: "FileField", name, type: "application/jsonl", bytes: new TextEncoder().encode(text) }
  return String(keepFile(exchange, file, "batch_output")["id"])
}
