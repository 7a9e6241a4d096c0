/** Responses and conversations: what was said before is remembered. */

import { arrayOf, isObject, type JsonObject, objectsOf, stringOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { padded } from "../../events/pieces.ts"
import { responseEvents } from "../../events/response.ts"
import { type ChatReply, type ChatRequest, countInput, tokensOf } from "../chat.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { type Item, stageOf } from "../store.ts"
import { checkItems, rememberReasoning } from "./items.ts"
import { inputItems, isCustomTool, responseRequest } from "./requests.ts"
import { responseSettings } from "./settings.ts"

const collection = "/responses"

const itemsOf = (item: Item | undefined, name: string): ReadonlyArray<JsonObject> =>
  (item?.hidden[name] ?? []) as ReadonlyArray<JsonObject>

const conversationOf = (body: JsonObject): string | undefined =>
  stringOf(body["conversation"]) ?? (isObject(body["conversation"]) ? stringOf(body["conversation"]["id"]) : undefined)

const itemsKey = (conversation: string): string => `/conversations/${conversation}/items`

/** Everything before the input. */
const historyOf = ({ body, now, server }: Exchange.Exchange): ReadonlyArray<JsonObject> => {
  const conversation = conversationOf(body)
  if (conversation !== undefined) {
    if (server.store.get("/conversations", conversation, now) === undefined && !server.samplesForMissing) {
      throw new Refusal(Failure.notFound({ message: `Conversation with id '${conversation}' not found.` }))
    }
    return server.store.list(itemsKey(conversation), now).map(({ value }) => value)
  }
  const previous = stringOf(body["previous_response_id"])
  if (previous === undefined) return []
  const item = server.store.get(collection, previous, now)
  if (item === undefined) {
    if (server.samplesForMissing) return []
    throw new Refusal(
      Failure.invalidRequest({
        message: `Previous response with id '${previous}' not found.`,
        code: "previous_response_not_found",
        param: "previous_response_id"
      })
    )
  }
  return [...itemsOf(item, "input"), ...objectsOf(item.value["output"])]
}

const outputOf = (exchange: Exchange.Exchange, request: ChatRequest, reply: ChatReply): ReadonlyArray<JsonObject> => {
  const reasoning = reply.reasoning === undefined ? [] : [reasoningOf(exchange, reply.reasoning)]
  const calls = (reply.toolCalls ?? []).map((call) => callOf(exchange, request, call))
  const isMute = reply.text === undefined && reply.refusal === undefined
  const output = [...reasoning, ...calls, ...(isMute ? [] : [messageOf(exchange, reply)])]
  rememberReasoning(exchange, output)
  return output
}

const messageOf = ({ server }: Exchange.Exchange, { refusal, text, truncated }: ChatReply): JsonObject => ({
  type: "message",
  id: server.id("msg_"),
  role: "assistant",
  status: truncated === true ? "incomplete" : "completed",
  content: [
    refusal === undefined
      ? { type: "output_text", text: text ?? "", annotations: [], logprobs: [] }
      : { type: "refusal", refusal }
  ]
})

/** Its text is shown if the request asks for a summary, and kept in the encrypted part if it asks for that. */
const reasoningOf = ({ body, server }: Exchange.Exchange, text: string): JsonObject => {
  const summary = isObject(body["reasoning"]) ? body["reasoning"]["summary"] : undefined
  const isEncrypted = arrayOf(body["include"]).includes("reasoning.encrypted_content")
  return {
    type: "reasoning",
    id: server.id("rs_"),
    content: [],
    summary: typeof summary === "string" ? [{ type: "summary_text", text }] : [],
    ...(isEncrypted ? { encrypted_content: `gAAAAA${encodeURIComponent(text).replaceAll("%", "_")}` } : {})
  }
}

const callOf = (
  { server }: Exchange.Exchange,
  request: ChatRequest,
  { input, name }: { readonly name: string; readonly input: unknown }
): JsonObject => {
  const common = { call_id: server.id("call_"), name, status: "completed" }
  return isCustomTool(request, name)
    ? { type: "custom_tool_call", id: server.id("ctc_"), ...common, input: String(input) }
    : { type: "function_call", id: server.id("fc_"), ...common, arguments: JSON.stringify(input) }
}

const responseOf = (exchange: Exchange.Exchange): JsonObject => {
  const { body, now, server } = exchange
  const history = historyOf(exchange)
  checkItems(exchange, history)
  const request = responseRequest(exchange, history)
  const reply = server.chat(request)
  const output = outputOf(exchange, request, reply)
  const conversation = conversationOf(body)
  const response: JsonObject = {
    ...responseSettings(body),
    id: server.id("resp_"),
    object: "response",
    created_at: seconds(now),
    completed_at: reply.truncated === true ? null : seconds(now),
    status: reply.truncated === true ? "incomplete" : "completed",
    error: null,
    incomplete_details: reply.truncated === true ? { reason: "max_output_tokens" } : null,
    model: request.model,
    output,
    ...(isObject(body["prompt"]) ? { prompt: { variables: {}, version: "1", ...body["prompt"] } } : {}),
    ...(conversation === undefined ? {} : { conversation: { id: conversation } }),
    usage: usageOf(tokensOf(request, reply))
  }
  remember(exchange, response, history)
  return response
}

const usageOf = (tokens: ReturnType<typeof tokensOf>): JsonObject => ({
  input_tokens: tokens.input,
  input_tokens_details: { cached_tokens: tokens.cached },
  output_tokens: tokens.output,
  output_tokens_details: { reasoning_tokens: tokens.reasoning },
  total_tokens: tokens.input + tokens.output
})

const remember = (
  { body, now, server }: Exchange.Exchange,
  response: JsonObject,
  history: ReadonlyArray<JsonObject>
): void => {
  const given = inputItems(body["input"]).map((item) => ({ id: server.id("item_"), ...item }))
  const conversation = conversationOf(body)
  if (conversation !== undefined) {
    for (const item of [...given, ...objectsOf(response["output"])]) {
      server.store.insert(itemsKey(conversation), String(item["id"]), item, now)
    }
  }
  if (body["store"] === false) return
  const item = server.store.insert(collection, String(response["id"]), response, now)
  item.hidden["input"] = [...history, ...given]
  if (body["background"] === true) inBackground(item, response, server.jobDuration)
}

/** Queued, then in progress, then what it would have been at once. */
const inBackground = (item: Item, done: JsonObject, duration: number): void => {
  item.hidden["done"] = done
  item.advance = (now) => {
    if (item.value["status"] === "cancelled") return
    const stage = stageOf(item.createdAt, now, duration)
    item.value =
      stage === 2
        ? done
        : { ...done, status: stage === 1 ? "in_progress" : "queued", completed_at: null, output: [], usage: null }
  }
}

/** Returns a background response as its creation does: only queued. */
const atOnce = (exchange: Exchange.Exchange): JsonObject => {
  const response = responseOf(exchange)
  const { now, server } = exchange
  return server.store.get(collection, String(response["id"]), now)?.value ?? response
}

const stored = ({ now, params, server }: Exchange.Exchange): Item | undefined => {
  const id = params["response_id"] ?? ""
  const item = server.store.get(collection, id, now)
  if (item === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `Response with id '${id}' not found.` }))
  }
  return item
}

const sample = (exchange: Exchange.Exchange): JsonObject => ({
  id: exchange.params["response_id"] ?? exchange.server.id("resp_"),
  object: "response",
  created_at: seconds(exchange.now),
  model: "gpt-5.4-mini",
  status: "completed",
  output: [],
  ...responseSettings({})
})

const retrieve: Handler = (exchange) => Exchange.value(stored(exchange)?.value ?? sample(exchange))

/** The events of a response again, after the one with the number that the request gives. */
const replay: Handler = (exchange) => {
  const item = stored(exchange)
  const after = Number(exchange.query["starting_after"] ?? -1)
  const whole = (item?.hidden["done"] as JsonObject | undefined) ?? item?.value ?? sample(exchange)
  return Exchange.events(responseEvents(whole).slice(after + 1))
}

const cancel: Handler = (exchange) => {
  const item = stored(exchange)
  if (item === undefined) return Exchange.value({ ...sample(exchange), status: "cancelled" })
  if (item.value["background"] !== true) {
    throw new Refusal(Failure.invalidRequest({ message: "Cannot cancel a synchronous response." }))
  }
  if (item.value["status"] !== "completed") item.value = { ...item.value, status: "cancelled" }
  return Exchange.value(item.value)
}

const remove: Handler = (exchange) => {
  stored(exchange)
  exchange.server.store.remove(collection, exchange.params["response_id"] ?? "")
  return Exchange.nothing
}

const inputs: Handler = (exchange) => Exchange.items(itemsOf(stored(exchange), "input"))

const count: Handler = (exchange) => {
  const { body } = exchange
  const request = responseRequest({ ...exchange, body: { model: "any", ...body } }, historyOf(exchange))
  return Exchange.value({ object: "response.input_tokens", input_tokens: countInput(request) })
}

const conversationItems = (exchange: Exchange.Exchange, conversation: string): ReadonlyArray<JsonObject> =>
  objectsOf(exchange.body["items"]).map((given) => {
    const item: JsonObject = { type: "message", status: "completed", ...given, id: exchange.server.id("msg_") }
    const content =
      typeof item["content"] === "string" ? [{ type: "input_text", text: item["content"] }] : item["content"]
    const whole = content === undefined ? item : { ...item, content }
    exchange.server.store.insert(itemsKey(conversation), String(item["id"]), whole, exchange.now)
    return whole
  })

const createConversation: Handler = (exchange) => {
  const { body, now, server } = exchange
  const id = server.id("conv_")
  const conversation = { id, object: "conversation", created_at: seconds(now), metadata: body["metadata"] ?? {} }
  server.store.insert("/conversations", id, conversation, now)
  conversationItems(exchange, id)
  return Exchange.value(conversation)
}

const addItems: Handler = (exchange) => {
  const id = exchange.params["conversation_id"] ?? ""
  if (
    exchange.server.store.get("/conversations", id, exchange.now) === undefined &&
    !exchange.server.samplesForMissing
  ) {
    throw new Refusal(Failure.notFound({ message: `Conversation with id '${id}' not found.` }))
  }
  const added = conversationItems(exchange, exchange.params["conversation_id"] ?? "")
  return Exchange.value({
    object: "list",
    data: added,
    has_more: false,
    first_id: added[0]?.["id"] ?? "",
    last_id: added.at(-1)?.["id"] ?? ""
  })
}

const streamed = (exchange: Exchange.Exchange): ReadonlyArray<JsonObject> => {
  const { stream_options: options } = exchange.body
  // Who pays is said when the response is read, not in its stream.
  const { billing: _, ...response } = responseOf(exchange)
  const events = responseEvents(response)
  return isObject(options) && options["include_obfuscation"] === false
    ? events
    : events.map((event) => (String(event["type"]).endsWith(".delta") ? padded(event) : event))
}

/** The user's messages stay; everything else becomes one encrypted item. */
const compact: Handler = (exchange) => {
  const { body, now, server } = exchange
  const history = historyOf(exchange)
  const request = responseRequest({ ...exchange, body: { model: "any", ...body } }, history)
  const tokens = tokensOf(request, { text: "compacted" })
  const messages = [...history, ...inputItems(body["input"])]
    .filter(({ role, type }) => type === "message" && role === "user")
    .map(({ content, ...message }) => ({
      id: server.id("msg_"),
      status: "completed",
      ...message,
      content: typeof content === "string" ? [{ type: "input_text", text: content }] : content
    }))
  return Exchange.value({
    id: server.id("resp_"),
    object: "response.compaction",
    created_at: seconds(now),
    output: [...messages, { type: "compaction", id: server.id("cmp_"), encrypted_content: "gAAAAAcompacted" }],
    usage: usageOf(tokens)
  })
}

const responseHandlers = {
  create: ((exchange) => Exchange.value(atOnce(exchange))) satisfies Handler,
  "create:stream": ((exchange) => Exchange.events(streamed(exchange))) satisfies Handler,
  compact,
  retrieve,
  "retrieve:stream": replay,
  cancel,
  delete: remove,
  "inputItems.list": inputs,
  "inputTokens.count": count
}

export const responses: Handlers = {
  ...Object.fromEntries(
    Object.entries(responseHandlers).flatMap(([name, handler]) => [
      [`responses.${name}`, handler],
      [`beta.responses.${name}`, handler]
    ])
  ),
  "conversations.create": createConversation,
  "conversations.items.create": addItems
}
