/** Messages and their batches. */

import { arrayOf, isObject, type JsonObject, objectsOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { messageEvents } from "../../events/message.ts"
import { type ChatMessage, type ChatReply, type ChatRequest, countInput, tokensOf } from "../chat.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal } from "../exchange.ts"
import { type Item, stageOf } from "../store.ts"
import { checkBatch, checkCountTokens, checkMessages, checkObject } from "./checks.ts"

const required = (body: JsonObject, field: string): unknown => {
  const value = body[field]
  if (value !== undefined && value !== null) return value
  throw new Refusal(Failure.invalidRequest({ message: `${field}: Field required` }))
}

const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : arrayOf(content)
        .map((block) =>
          !isObject(block)
            ? ""
            : block["type"] === "tool_result"
              ? textOf(block["content"])
              : String(block["text"] ?? "")
        )
        .join("")

const messageOf = ({ content, role }: JsonObject): ChatMessage => ({
  role: objectsOf(content).some(({ type }) => type === "tool_result")
    ? "tool"
    : role === "assistant" || role === "system"
      ? role
      : "user",
  text: textOf(content)
})

const thinkingTypes = new Set<unknown>(["enabled", "adaptive"])

const requestOf = (endpoint: string, body: JsonObject): ChatRequest => {
  const messages = objectsOf(required(body, "messages")).map(messageOf)
  const choice = isObject(body["tool_choice"]) ? body["tool_choice"] : {}
  const output = isObject(body["output_config"]) ? body["output_config"]["format"] : body["output_format"]
  return {
    provider: "anthropic",
    endpoint,
    model: String(required(body, "model")),
    messages: body["system"] === undefined ? messages : [{ role: "system", text: textOf(body["system"]) }, ...messages],
    tools: objectsOf(body["tools"]).flatMap((tool) =>
      isObject(tool["input_schema"]) ? [{ name: String(tool["name"]), schema: tool["input_schema"] }] : []
    ),
    toolChoice: choice["type"] === "any" ? "required" : String(choice["name"] ?? choice["type"] ?? "auto"),
    format: isObject(output) && output["type"] === "json_schema" ? { schema: output["schema"] } : undefined,
    thinking: isObject(body["thinking"]) && thinkingTypes.has(body["thinking"]["type"]),
    body
  }
}

const stopReason = ({ refusal, toolCalls, truncated }: ChatReply): string =>
  refusal !== undefined
    ? "refusal"
    : truncated === true
      ? "max_tokens"
      : toolCalls !== undefined && toolCalls.length > 0
        ? "tool_use"
        : "end_turn"

const answer = ({ endpoint, incoming, server }: Exchange.Exchange, body: JsonObject): JsonObject => {
  if (server.isStrict) {
    checkObject(incoming)
    checkMessages(body)
    server.checkModel(String(body["model"]))
  }
  const request = requestOf(endpoint.id, body)
  required(body, "max_tokens")
  const reply = server.chat(request)
  const tokens = tokensOf(request, reply)
  return {
    id: server.id("msg_"),
    type: "message",
    role: "assistant",
    model: request.model,
    content: contentOf(server, body, reply),
    stop_reason: stopReason(reply),
    stop_sequence: null,
    ...(body["context_management"] === undefined ? {} : { context_management: { applied_edits: [] } }),
    usage: {
      input_tokens: tokens.input - tokens.cached,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: tokens.cached,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: tokens.output,
      output_tokens_details: { thinking_tokens: tokens.reasoning },
      service_tier: "standard",
      inference_geo: body["inference_geo"] ?? "not_available"
    }
  }
}

const contentOf = (server: Exchange.Server, body: JsonObject, reply: ChatReply): ReadonlyArray<JsonObject> => {
  const text = reply.text ?? reply.refusal
  const thinking = isObject(body["thinking"]) ? body["thinking"] : {}
  return [
    ...(reply.reasoning === undefined
      ? []
      : [
          {
            type: "thinking",
            thinking: thinking["display"] === "omitted" ? "" : reply.reasoning,
            signature: "c2lnbmF0dXJl"
          }
        ]),
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...(reply.toolCalls ?? []).map(({ input, name }) => ({
      type: "tool_use",
      id: server.id("toolu_"),
      name,
      input: isObject(input) ? input : { input }
    }))
  ]
}

const collection = "/v1/messages/batches"

const createBatch: Handler = (exchange) => {
  const { body, now, server } = exchange
  if (server.isStrict) checkBatch(body)
  const requests = objectsOf(required(body, "requests"))
  const names = requests.map(({ custom_id }) => custom_id)
  if (new Set(names).size < names.length) {
    throw new Refusal(Failure.invalidRequest({ message: "requests: custom_id must be unique" }))
  }
  const id = server.id("msgbatch_")
  const value: JsonObject = {
    id,
    type: "message_batch",
    processing_status: "in_progress",
    request_counts: { processing: requests.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    created_at: iso(now),
    expires_at: iso(now + 86_400_000),
    ended_at: null,
    cancel_initiated_at: null,
    archived_at: null,
    results_url: null
  }
  const item = server.store.insert(collection, id, value, now)
  item.advance = (time) => advance({ ...exchange, now: time }, item, requests)
  return Exchange.value(value)
}

const iso = (millis: number): string => new Date(millis).toISOString()

const advance = (exchange: Exchange.Exchange, item: Item, requests: ReadonlyArray<JsonObject>): void => {
  const { incoming, now, server } = exchange
  const status = item.value["processing_status"]
  if (status === "ended" || stageOf(item.createdAt, now, server.jobDuration) < 2) return
  const results = requests.map(({ custom_id, params }) => ({
    custom_id,
    result: status === "canceling" ? { type: "canceled" } : resultOf(exchange, isObject(params) ? params : {})
  }))
  const of = (type: string): number => results.filter(({ result }) => result["type"] === type).length
  item.hidden["results"] = results
  item.value = {
    ...item.value,
    processing_status: "ended",
    ended_at: iso(now),
    results_url: `${incoming.url.href.split(collection)[0]}${collection}/${item.value["id"]}/results`,
    request_counts: {
      processing: 0,
      succeeded: of("succeeded"),
      errored: of("errored"),
      canceled: of("canceled"),
      expired: 0
    }
  }
}

const resultOf = (exchange: Exchange.Exchange, params: JsonObject): JsonObject => {
  try {
    return { type: "succeeded", message: answer(exchange, params) }
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    const error = { type: "invalid_request_error", message: thrown.reason.message }
    return { type: "errored", error: { type: "error", error, request_id: null } }
  }
}

const batchOf = ({ now, params, server }: Exchange.Exchange): Item | undefined => {
  const id = params["message_batch_id"] ?? ""
  const item = server.store.get(collection, id, now)
  if (item === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `Message batch ${id} not found` }))
  }
  return item
}

const cancelBatch: Handler = (exchange) => {
  const item = batchOf(exchange)
  if (item === undefined) return Exchange.value({ id: exchange.params["message_batch_id"] })
  if (item.value["processing_status"] === "in_progress") {
    item.value = { ...item.value, processing_status: "canceling", cancel_initiated_at: iso(exchange.now) }
  }
  return Exchange.value(item.value)
}

const results: Handler = (exchange) => {
  const item = batchOf(exchange)
  if (item === undefined) return Exchange.lines([])
  const lines = item.hidden["results"]
  if (lines === undefined) {
    throw new Refusal(Failure.invalidRequest({ message: "The batch has not ended: its results are not available" }))
  }
  return Exchange.lines(arrayOf(lines))
}

const countTokens: Handler = ({ body, endpoint, incoming, server }) => {
  if (server.isStrict) checkObject(incoming)
  if (server.isStrict) checkCountTokens(body)
  return Exchange.value({ input_tokens: countInput(requestOf(endpoint.id, body)) })
}

const handlers = {
  create: ((exchange) => Exchange.value(answer(exchange, exchange.body))) satisfies Handler,
  "create:stream": ((exchange) => Exchange.events(messageEvents(answer(exchange, exchange.body)))) satisfies Handler,
  countTokens,
  "batches.create": createBatch,
  "batches.cancel": cancelBatch,
  "batches.results": results
}

export const messages: Handlers = Object.fromEntries(
  Object.entries(handlers).flatMap(([name, handler]) => [
    [`messages.${name}`, handler],
    [`beta.messages.${name}`, handler]
  ])
)
