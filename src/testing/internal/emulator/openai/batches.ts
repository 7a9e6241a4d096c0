/** Batches: their requests are answered one by one when their time has come. */

import { isObject, type JsonObject, parseJson } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { type Item, stageOf } from "../store.ts"
import { contentOf, writtenFile } from "./files.ts"
import { required } from "./requests.ts"

const create: Handler = (exchange) => {
  const { body, now, server } = exchange
  const id = server.id("batch_")
  const input = String(required(body, "input_file_id"))
  const requests = requestsOf(new TextDecoder().decode(contentOf(exchange, input).bytes))
  const value: JsonObject = {
    id,
    object: "batch",
    endpoint: required(body, "endpoint"),
    input_file_id: input,
    completion_window: body["completion_window"] ?? "24h",
    status: "validating",
    created_at: seconds(now),
    expires_at: seconds(now) + 86_400,
    metadata: body["metadata"] ?? {},
    request_counts: { total: 0, completed: 0, failed: 0 }
  }
  const item = server.store.insert("/batches", id, value, now)
  item.advance = (time) => advance(exchange, item, requests, time)
  item.advance(now)
  return Exchange.value(item.value)
}

const requestsOf = (text: string): ReadonlyArray<JsonObject | undefined> =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const json = parseJson(line)
      return isObject(json) && typeof json["custom_id"] === "string" ? json : undefined
    })

const ends = new Set<unknown>(["completed", "failed", "cancelled"])

const advance = (
  exchange: Exchange.Exchange,
  item: Item,
  requests: ReadonlyArray<JsonObject | undefined>,
  now: number
): void => {
  if (ends.has(item.value["status"])) return
  const wrong = requests.indexOf(undefined)
  if (requests.length === 0 || wrong >= 0) {
    const error = {
      code: "invalid_json_line",
      line: wrong + 1,
      message: "This line is not a batch request.",
      param: null
    }
    item.value = { ...item.value, status: "failed", failed_at: seconds(now), errors: { object: "list", data: [error] } }
    return
  }
  const stage = stageOf(item.createdAt, now, exchange.server.jobDuration)
  if (stage === 0) return
  if (item.value["status"] === "cancelling") {
    item.value = { ...item.value, status: "cancelled", cancelled_at: seconds(now) }
  } else if (stage === 1) {
    const request_counts = { total: requests.length, completed: 0, failed: 0 }
    item.value = { ...item.value, status: "in_progress", in_progress_at: seconds(now), request_counts }
  } else {
    item.value = { ...item.value, ...results(exchange, requests, now), status: "completed", completed_at: seconds(now) }
  }
}

const results = (
  exchange: Exchange.Exchange,
  requests: ReadonlyArray<JsonObject | undefined>,
  now: number
): JsonObject => {
  const answers = requests.flatMap((request) => {
    if (request === undefined) return []
    const { body, custom_id, method, url } = request
    const { status, body: answer } = exchange.server.answer(
      String(method),
      String(url),
      isObject(body) ? body : {},
      now
    )
    const id = exchange.server.id("batch_req_")
    return [{ id, custom_id, response: { status_code: status, request_id: id, body: answer }, error: null }]
  })
  const of = (isGood: boolean) => answers.filter(({ response }) => response.status_code < 400 === isGood)
  const write = (name: string, lines: ReadonlyArray<unknown>): JsonObject =>
    lines.length === 0
      ? {}
      : {
          [`${name}_file_id`]: writtenFile(
            { ...exchange, now },
            `${name}.jsonl`,
            lines.map((line) => `${JSON.stringify(line)}\n`).join("")
          )
        }
  return {
    ...write("output", of(true)),
    ...write("error", of(false)),
    request_counts: { total: answers.length, completed: of(true).length, failed: of(false).length }
  }
}

const cancel: Handler = ({ now, params, server }) => {
  const id = params["batch_id"] ?? ""
  const item = server.store.get("/batches", id, now)
  if (item === undefined) {
    if (server.samplesForMissing) return Exchange.value({ id, status: "cancelling" })
    throw new Refusal(Failure.notFound({ message: `No batch found with id '${id}'.` }))
  }
  if (ends.has(item.value["status"])) {
    throw new Refusal(Failure.conflict({ message: `Cannot cancel a batch with status '${item.value["status"]}'.` }))
  }
  item.value = { ...item.value, status: "cancelling", cancelling_at: seconds(now) }
  return Exchange.value(item.value)
}

export const batches: Handlers = { "batches.create": create, "batches.cancel": cancel }
