/** Conversations, their messages, and the chats of agents in them. */

import { isObject, type JsonObject, objectsOf, parseJson, stringOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { cozeChatEvents } from "../../events/cozeChat.ts"
import { type ChatMessage, type ChatReply, type ChatRequest, tokensOf } from "../chat.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { type Item, stageOf } from "../store.ts"

const conversations = "/conversations"
const messagesKey = (conversation: string): string => `/conversations/${conversation}/messages`
const chatsKey = (conversation: string): string => `/conversations/${conversation}/chats`

/** Ids look as the API's do: long numbers. */
export const cozeId = ({ server }: Exchange.Exchange): string => server.id("7400000000000")

export const required = (fields: JsonObject, name: string): string => {
  const value = stringOf(fields[name])
  if (value !== undefined) return value
  throw new Refusal(Failure.invalidRequest({ message: `The field ${name} is required` }))
}

/** Query and body side by side: the API takes most fields in either. */
export const fieldsOf = ({ body, params, query }: Exchange.Exchange): JsonObject => ({ ...query, ...body, ...params })

const makeConversation = (exchange: Exchange.Exchange): Item => {
  const { body, now, server } = exchange
  const id = cozeId(exchange)
  const value: JsonObject = {
    id,
    created_at: seconds(now),
    meta_data: isObject(body["meta_data"]) ? body["meta_data"] : {},
    last_section_id: id,
    ...(body["name"] === undefined ? {} : { name: body["name"] })
  }
  const item = server.store.insert(conversations, id, value, now)
  for (const message of objectsOf(body["messages"])) addMessage(exchange, id, message)
  return item
}

const conversationOf = (exchange: Exchange.Exchange): Item | undefined => {
  const id = required(fieldsOf(exchange), "conversation_id")
  const item = exchange.server.store.get(conversations, id, exchange.now)
  if (item === undefined && !exchange.server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ code: "4002", message: `conversation ${id} not found` }))
  }
  return item
}

const addMessage = (exchange: Exchange.Exchange, conversation: string, given: JsonObject): JsonObject => {
  const { now, server } = exchange
  const id = cozeId(exchange)
  const value: JsonObject = {
    role: "user",
    type: "question",
    content_type: "text",
    content: "",
    ...given,
    id,
    conversation_id: conversation,
    created_at: seconds(now),
    updated_at: seconds(now)
  }
  server.store.insert(messagesKey(conversation), id, value, now)
  return value
}

const messageOf = (exchange: Exchange.Exchange): Item | undefined => {
  const fields = fieldsOf(exchange)
  const id = required(fields, "message_id")
  const item = exchange.server.store.get(messagesKey(required(fields, "conversation_id")), id, exchange.now)
  if (item === undefined && !exchange.server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `message ${id} not found` }))
  }
  return item
}

const sampleMessage: JsonObject = { role: "assistant", type: "answer", content: "sample", content_type: "text" }

const listMessages: Handler = (exchange) => {
  const { now, server } = exchange
  const fields = fieldsOf(exchange)
  const stored = server.store
    .list(messagesKey(required(fields, "conversation_id")), now)
    .map(({ value }) => value)
    .filter(({ chat_id }) => fields["chat_id"] === undefined || fields["chat_id"] === chat_id)
  return Exchange.items(fields["order"] === undefined ? [...stored].reverse() : stored)
}

const listConversations: Handler = ({ now, query, server }) => {
  const stored = server.store.list(conversations, now).map(({ value }) => value)
  return Exchange.items(/^asc$/i.test(String(query["sort_order"])) ? stored : [...stored].reverse())
}

const requestOf = (exchange: Exchange.Exchange, conversation: string): ChatRequest => {
  const { body, endpoint, now, server } = exchange
  return {
    provider: "coze",
    endpoint: endpoint.id,
    model: stringOf(body["bot_id"]) ?? stringOf(body["workflow_id"]) ?? "",
    messages: server.store.list(messagesKey(conversation), now).map(
      ({ value }): ChatMessage => ({
        role: value["role"] === "assistant" ? "assistant" : "user",
        text: textOf(value)
      })
    ),
    tools: [],
    toolChoice: "auto",
    format: undefined,
    body
  }
}

/** Content of several parts is JSON in a text. */
const textOf = ({ content, content_type: type }: JsonObject): string => {
  const text = String(content ?? "")
  if (type !== "object_string") return text
  const parts = parseJson(text)
  if (parts === undefined) return text
  return objectsOf(parts)
    .map((part) => stringOf(part["text"]) ?? "")
    .join("")
}

/** A chat whose messages are already in the conversation. */
const makeChat = (exchange: Exchange.Exchange): Item => {
  const { body, now, query, server } = exchange
  const given = stringOf(query["conversation_id"]) ?? stringOf(body["conversation_id"])
  const known = given === undefined ? undefined : server.store.get(conversations, given, now)
  if (given !== undefined && known === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ code: "4002", message: `conversation ${given} not found` }))
  }
  const conversation = String((known ?? makeConversation({ ...exchange, body: {} })).value["id"])
  for (const message of objectsOf(body["additional_messages"])) addMessage(exchange, conversation, message)
  const id = cozeId(exchange)
  const value: JsonObject = {
    id,
    conversation_id: conversation,
    bot_id: stringOf(body["bot_id"]) ?? "",
    created_at: seconds(now),
    last_error: { code: 0, msg: "" },
    status: "in_progress"
  }
  const item = server.store.insert(chatsKey(conversation), id, value, now)
  item.hidden["request"] = requestOf(exchange, conversation)
  item.hidden["since"] = now
  item.hidden["messages"] = []
  item.advance = (time) => {
    const isDue = stageOf(Number(item.hidden["since"]), time, server.jobDuration) === 2
    if (item.value["status"] === "in_progress" && isDue) finish({ ...exchange, now: time }, item)
  }
  return item
}

/** Gives the chat its answer: messages, or calls of tools that the caller has to run. */
const finish = (exchange: Exchange.Exchange, item: Item): void => {
  const { now, server } = exchange
  const request = item.hidden["request"] as ChatRequest
  const reply = server.chat(request)
  if (reply.toolCalls !== undefined && reply.toolCalls.length > 0) {
    const calls = reply.toolCalls.map(({ input, name }) => ({
      id: cozeId(exchange),
      type: "function",
      function: { name, arguments: JSON.stringify(input) }
    }))
    item.value = {
      ...item.value,
      status: "requires_action",
      required_action: { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls: calls } }
    }
    return
  }
  const { input, output } = tokensOf(request, reply)
  item.hidden["messages"] = answersOf(exchange, item, reply)
  item.value = {
    ...item.value,
    status: "completed",
    completed_at: seconds(now),
    usage: { token_count: input + output, input_count: input, output_count: output }
  }
}

const answersOf = (exchange: Exchange.Exchange, { value }: Item, reply: ChatReply): ReadonlyArray<JsonObject> => {
  const conversation = String(value["conversation_id"])
  const common = { role: "assistant", chat_id: value["id"], bot_id: value["bot_id"] }
  const answer = addMessage(exchange, conversation, {
    ...common,
    type: "answer",
    content: reply.text ?? reply.refusal ?? "",
    ...(reply.reasoning === undefined ? {} : { reasoning_content: reply.reasoning })
  })
  const finished = { msg_type: "generate_answer_finish", data: "", from_module: null, from_unit: null }
  const verbose = { ...answer, ...common, id: cozeId(exchange), type: "verbose", content: JSON.stringify(finished) }
  return [answer, verbose]
}

const chatOf = (exchange: Exchange.Exchange): Item | undefined => {
  const fields = fieldsOf(exchange)
  const id = required(fields, "chat_id")
  const item = exchange.server.store.get(chatsKey(required(fields, "conversation_id")), id, exchange.now)
  if (item === undefined && !exchange.server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `chat ${id} not found` }))
  }
  return item
}

const sampleChat = (exchange: Exchange.Exchange): JsonObject => {
  const { chat_id: id, conversation_id: conversation } = fieldsOf(exchange)
  return { id: id ?? cozeId(exchange), conversation_id: conversation, status: "completed" }
}

/** The events of a chat that is finished at once. */
const chatEvents = (exchange: Exchange.Exchange, item: Item): ReadonlyArray<JsonObject> => {
  finish(exchange, item)
  return cozeChatEvents(item.value, item.hidden["messages"] as ReadonlyArray<JsonObject>)
}

const submit = (exchange: Exchange.Exchange): Item | undefined => {
  const item = chatOf(exchange)
  if (item === undefined) return undefined
  if (item.value["status"] !== "requires_action") {
    throw new Refusal(Failure.invalidRequest({ message: "The chat does not wait for tool outputs" }))
  }
  const request = item.hidden["request"] as ChatRequest
  const outputs = objectsOf(exchange.body["tool_outputs"]).map(({ output }) => ({
    role: "tool" as const,
    text: String(output ?? "")
  }))
  item.hidden["request"] = { ...request, messages: [...request.messages, ...outputs] }
  item.hidden["since"] = exchange.now
  const { required_action: _, ...rest } = item.value
  item.value = { ...rest, status: "in_progress" }
  return item
}

export const cozeConversations: Handlers = {
  "conversations.create": (exchange) => Exchange.value(makeConversation(exchange).value),
  "conversations.retrieve": (exchange) =>
    Exchange.value(conversationOf(exchange)?.value ?? { id: fieldsOf(exchange)["conversation_id"] }),
  "conversations.list": listConversations,
  "conversations.update": (exchange) => {
    const item = conversationOf(exchange)
    if (item !== undefined) item.value = { ...item.value, name: exchange.body["name"] ?? item.value["name"] }
    return Exchange.value(item?.value ?? { id: fieldsOf(exchange)["conversation_id"] })
  },
  "conversations.clear": (exchange) => {
    const conversation = required(fieldsOf(exchange), "conversation_id")
    conversationOf(exchange)
    exchange.server.store.clear(messagesKey(conversation))
    return Exchange.value({ id: cozeId(exchange), conversation_id: conversation })
  },
  "conversations.delete": (exchange) => {
    conversationOf(exchange)
    exchange.server.store.remove(conversations, required(fieldsOf(exchange), "conversation_id"))
    return Exchange.nothing
  },
  "conversations.messages.create": (exchange) => {
    conversationOf(exchange)
    const { content, content_type, meta_data, role } = exchange.body
    const given = { content, content_type, role: role ?? "user", type: role === "assistant" ? "answer" : "question" }
    const conversation = required(fieldsOf(exchange), "conversation_id")
    return Exchange.value(addMessage(exchange, conversation, meta_data === undefined ? given : { ...given, meta_data }))
  },
  "conversations.messages.list": listMessages,
  "conversations.messages.retrieve": (exchange) => Exchange.value(messageOf(exchange)?.value ?? sampleMessage),
  "conversations.messages.update": (exchange) => {
    const item = messageOf(exchange)
    const { content, content_type, meta_data } = exchange.body
    const changes = Object.entries({ content, content_type, meta_data }).filter(([, value]) => value !== undefined)
    if (item !== undefined) item.value = { ...item.value, ...Object.fromEntries(changes) }
    return Exchange.value({ code: 0, msg: "", message: item?.value ?? sampleMessage })
  },
  "conversations.messages.delete": (exchange) => {
    const item = messageOf(exchange)
    const fields = fieldsOf(exchange)
    exchange.server.store.remove(messagesKey(required(fields, "conversation_id")), required(fields, "message_id"))
    return Exchange.value(item?.value ?? sampleMessage)
  },
  "chat.create": (exchange) => {
    required(exchange.body, "bot_id")
    return Exchange.value(makeChat(exchange).value)
  },
  "chat.stream": (exchange) => {
    required(exchange.body, "bot_id")
    return Exchange.events(chatEvents(exchange, makeChat(exchange)))
  },
  "workflows.chat.stream": (exchange) => Exchange.events(chatEvents(exchange, makeChat(exchange))),
  "chat.retrieve": (exchange) => Exchange.value(chatOf(exchange)?.value ?? sampleChat(exchange)),
  "chat.cancel": (exchange) => {
    const item = chatOf(exchange)
    if (item !== undefined && item.value["status"] !== "completed") item.value = { ...item.value, status: "canceled" }
    return Exchange.value(item?.value ?? { ...sampleChat(exchange), status: "canceled" })
  },
  "chat.submitToolOutputs": (exchange) => Exchange.value(submit(exchange)?.value ?? sampleChat(exchange)),
  "chat.submitToolOutputs:stream": (exchange) => {
    const item = submit(exchange)
    return Exchange.events(item === undefined ? cozeChatEvents(sampleChat(exchange), []) : chatEvents(exchange, item))
  },
  "chat.messages.list": (exchange) => {
    const item = chatOf(exchange)
    return Exchange.value(item === undefined ? [sampleMessage] : item.hidden["messages"])
  }
}
