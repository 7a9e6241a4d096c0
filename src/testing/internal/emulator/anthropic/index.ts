import type { JsonObject } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal } from "../exchange.ts"
import { isFileField } from "../incoming.ts"
import { messages } from "./messages.ts"

const models = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-5"]

const model = (id: string): JsonObject => ({
  id,
  type: "model",
  display_name: id.replace(
    /(^|-)(\w)/g,
    (_, dash: string, letter: string) => (dash === "" ? "" : " ") + letter.toUpperCase()
  ),
  created_at: "2026-01-01T00:00:00Z"
})

const retrieveModel: Handler = ({ params, server }) => {
  const id = params["model_id"] ?? ""
  if (models.includes(id) || server.samplesForMissing) return Exchange.value(model(id))
  throw new Refusal(Failure.notFound({ message: `model: ${id}` }))
}

const upload: Handler = ({ body, now, server }) => {
  const { file } = body
  if (!isFileField(file)) throw new Refusal(Failure.invalidRequest({ message: "file: Field required" }))
  const id = server.id("file_")
  const value = {
    id,
    type: "file",
    filename: file.name,
    mime_type: file.type === "" ? "application/octet-stream" : file.type,
    size_bytes: file.bytes.length,
    created_at: new Date(now).toISOString(),
    downloadable: true
  }
  server.store.insert("/v1/files", id, value, now).hidden["file"] = file
  return Exchange.value(value)
}

const remove: Handler = ({ now, params, server }) => {
  const id = params["file_id"] ?? ""
  if (server.store.get("/v1/files", id, now) === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `File ${id} not found` }))
  }
  server.store.remove("/v1/files", id)
  return Exchange.value({ id, type: "file_deleted" })
}

const download: Handler = ({ now, params, server }) => {
  const file = server.store.get("/v1/files", params["file_id"] ?? "", now)?.hidden["file"]
  if (isFileField(file)) return Exchange.bytes(file.bytes, file.type === "" ? undefined : file.type)
  if (server.samplesForMissing) return Exchange.bytes(new TextEncoder().encode("sample"))
  throw new Refusal(Failure.notFound({ message: `File ${params["file_id"]} not found` }))
}

const both = (name: string, handler: Handler): Handlers => ({ [name]: handler, [`beta.${name}`]: handler })

export const anthropicHandlers: Handlers = {
  ...messages,
  ...both("models.list", () => Exchange.items(models.map(model))),
  ...both("models.retrieve", retrieveModel),
  ...both("files.upload", upload),
  ...both("files.delete", remove),
  ...both("files.download", download)
}
