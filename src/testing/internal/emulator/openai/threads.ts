/** Threads: runs answer their messages after a while, or as a stream. */

import { isObject, type JsonObject, objectsOf, stringOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { pieces } from "../../events/pieces.ts"
import { type ChatReply, type ChatRequest, tokensOf } from "../chat.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { type Item, stageOf } from "../store.ts"
import { textOf } from "./requests.ts"
import { assistantSettings, runSettings, unfinishedRun } from "./settings.ts"

const messagesKey = (thread: string): string => `/threads/${thread}/messages`
const runsKey = (thread: string): string => `/threads/${thread}/runs`
const stepsKey = (thread: string, run: string): string => `/threads/${thread}/runs/${run}/steps`

const makeThread = (exchange: Exchange.Exchange, given: JsonObject): JsonObject => {
  const { now, server } = exchange
  const id = server.id("thread_")
  const value = {
    id,
    object: "thread",
    created_at: seconds(now),
    metadata: given["metadata"] ?? {},
    tool_resources: given["tool_resources"] ?? {}
  }
  server.store.insert("/threads", id, value, now)
  for (const message of objectsOf(given["messages"])) addMessage(exchange, id, message)
  return value
}

const addMessage = (
  { now, server }: Exchange.Exchange,
  thread: string,
  given: JsonObject,
  more: JsonObject = {}
): JsonObject => {
  const id = server.id("msg_")
  const value: JsonObject = {
    id,
    object: "thread.message",
    created_at: seconds(now),
    assistant_id: null,
    thread_id: thread,
    run_id: null,
    role: given["role"] ?? "user",
    content: [{ type: "text", text: { value: textOf(given["content"]), annotations: [] } }],
    attachments: given["attachments"] ?? [],
    metadata: given["metadata"] ?? {},
    ...more
  }
  server.store.insert(messagesKey(thread), id, value, now)
  return value
}

const threadOf = ({ now, params, server }: Exchange.Exchange): string => {
  const id = params["thread_id"] ?? ""
  if (server.store.get("/threads", id, now) === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `No thread found with id '${id}'.` }))
  }
  return id
}

const assistantOf = ({ now, server }: Exchange.Exchange, body: JsonObject): JsonObject =>
  server.store.get("/assistants", String(body["assistant_id"]), now)?.value ?? {}

const requestOf = (exchange: Exchange.Exchange, thread: string, body: JsonObject): ChatRequest => {
  const { endpoint, now, server } = exchange
  const assistant = assistantOf(exchange, body)
  const tools = objectsOf(body["tools"] ?? assistant["tools"])
  return {
    provider: "openai",
    endpoint: endpoint.id,
    model: stringOf(body["model"]) ?? stringOf(assistant["model"]) ?? "gpt-5.4-mini",
    messages: server.store.list(messagesKey(thread), now).map(({ value }) => ({
      role: value["role"] === "assistant" ? "assistant" : "user",
      text: objectsOf(value["content"])
        .map(({ text }) => (isObject(text) ? String(text["value"]) : ""))
        .join("")
    })),
    tools: tools.flatMap(({ function: fn }) =>
      isObject(fn) ? [{ name: String(fn["name"]), schema: fn["parameters"] ?? {} }] : []
    ),
    toolChoice: "auto",
    format: undefined,
    body
  }
}

const makeRun = (exchange: Exchange.Exchange, thread: string, body: JsonObject): Item => {
  const { now, server } = exchange
  for (const message of objectsOf(body["additional_messages"])) addMessage(exchange, thread, message)
  const request = requestOf(exchange, thread, body)
  const id = server.id("run_")
  const value: JsonObject = {
    id,
    object: "thread.run",
    created_at: seconds(now),
    assistant_id: body["assistant_id"] ?? "",
    thread_id: thread,
    status: "queued",
    ...unfinishedRun(now),
    ...runSettings(body, assistantOf(exchange, body)),
    model: request.model
  }
  const item = server.store.insert(runsKey(thread), id, value, now)
  item.hidden["request"] = request
  item.hidden["since"] = now
  item.advance = (time) => advance({ ...exchange, now: time }, item)
  return item
}

const waiting = new Set<unknown>(["queued", "in_progress"])

const advance = (exchange: Exchange.Exchange, item: Item): void => {
  if (!waiting.has(item.value["status"])) return
  const stage = stageOf(Number(item.hidden["since"]), exchange.now, exchange.server.jobDuration)
  if (stage === 0) return
  item.value = { ...item.value, status: "in_progress", started_at: item.value["started_at"] ?? seconds(exchange.now) }
  if (stage === 2) finish(exchange, item)
}

/** Gives the run its answer: a message, or calls of tools that the caller has to run. */
const finish = (exchange: Exchange.Exchange, item: Item): void => {
  const { now, server } = exchange
  const request = item.hidden["request"] as ChatRequest
  const reply = server.chat(request)
  const thread = String(item.value["thread_id"])
  const run = String(item.value["id"])
  if (reply.toolCalls !== undefined && reply.toolCalls.length > 0) {
    const calls = reply.toolCalls.map(({ input, name }) => ({
      id: server.id("call_"),
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
  const usage = runUsage(request, reply)
  const message = addMessage(
    exchange,
    thread,
    { role: "assistant", content: reply.text ?? reply.refusal ?? "" },
    {
      run_id: run,
      assistant_id: item.value["assistant_id"],
      status: "completed",
      completed_at: seconds(now),
      incomplete_at: null,
      incomplete_details: null
    }
  )
  const step = server.id("step_")
  const details = { type: "message_creation", message_creation: { message_id: message["id"] } }
  server.store.insert(stepsKey(thread, run), step, stepOf(item.value, step, details, now, usage), now)
  item.value = { ...item.value, status: "completed", expires_at: null, completed_at: seconds(now), usage }
}

const runUsage = (request: ChatRequest, reply: ChatReply): JsonObject => {
  const { cached, input, output, reasoning } = tokensOf(request, reply)
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_token_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }
}

const stepOf = (run: JsonObject, id: string, details: JsonObject, now: number, usage: JsonObject): JsonObject => ({
  id,
  object: "thread.run.step",
  created_at: seconds(now),
  run_id: run["id"],
  assistant_id: run["assistant_id"],
  thread_id: run["thread_id"],
  type: details["type"],
  status: "completed",
  cancelled_at: null,
  completed_at: seconds(now),
  expires_at: run["expires_at"],
  failed_at: null,
  last_error: null,
  step_details: details,
  usage
})

/** The events of a run that is finished at once. */
const runEvents = (
  exchange: Exchange.Exchange,
  item: Item,
  first: ReadonlyArray<JsonObject>
): ReadonlyArray<JsonObject> => {
  const { now, server } = exchange
  const before = item.value
  const thread = String(before["thread_id"])
  finish(exchange, item)
  const begun = [
    ...first,
    { event: "thread.run.queued", data: before },
    { event: "thread.run.in_progress", data: { ...before, status: "in_progress", started_at: seconds(now) } }
  ]
  item.value = { ...item.value, started_at: seconds(now) }
  const end = { event: `thread.run.${item.value["status"]}`, data: item.value }
  const message = server.store
    .list(messagesKey(thread), now)
    .findLast(({ value }) => value["run_id"] === before["id"])?.value
  const step = server.store.list(stepsKey(thread, String(before["id"])), now).at(-1)?.value
  if (message === undefined || step === undefined || item.value["status"] !== "completed") {
    return [...begun, end, done]
  }
  const text = objectsOf(message["content"])
    .map(({ text }) => (isObject(text) ? String(text["value"]) : ""))
    .join("")
  return [
    ...begun,
    ...["created", "in_progress"].map((stage) => ({
      event: `thread.run.step.${stage}`,
      data: { ...step, status: "in_progress", completed_at: null, expires_at: before["expires_at"], usage: null }
    })),
    ...["created", "in_progress"].map((stage) => ({
      event: `thread.message.${stage}`,
      data: { ...message, status: "in_progress", completed_at: null, content: [] }
    })),
    ...pieces(text).map((piece) => ({
      event: "thread.message.delta",
      data: {
        id: message["id"],
        object: "thread.message.delta",
        delta: { content: [{ index: 0, type: "text", text: { value: piece } }] }
      }
    })),
    { event: "thread.message.completed", data: message },
    { event: "thread.run.step.completed", data: step },
    end,
    done
  ]
}

const done = { event: "done", data: "[DONE]" }

const runOf = (exchange: Exchange.Exchange): Item | undefined => {
  const { now, params, server } = exchange
  const item = server.store.get(runsKey(threadOf(exchange)), params["run_id"] ?? "", now)
  if (item === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `No run found with id '${params["run_id"]}'.` }))
  }
  return item
}

/** Takes the outputs of tools into the conversation; the run goes on. */
const submit = (exchange: Exchange.Exchange): Item | undefined => {
  const item = runOf(exchange)
  if (item === undefined) return undefined
  if (item.value["status"] !== "requires_action") {
    throw new Refusal(
      Failure.invalidRequest({ message: `Runs in status '${item.value["status"]}' do not accept tool outputs.` })
    )
  }
  const request = item.hidden["request"] as ChatRequest
  const outputs = objectsOf(exchange.body["tool_outputs"]).map(({ output }) => ({
    role: "tool" as const,
    text: textOf(output)
  }))
  item.hidden["request"] = { ...request, messages: [...request.messages, ...outputs] }
  item.hidden["since"] = exchange.now
  item.value = { ...item.value, status: "queued", required_action: null }
  return item
}

const sampleRun = ({ params }: Exchange.Exchange): JsonObject => ({
  id: params["run_id"] ?? "run_sample",
  thread_id: params["thread_id"],
  status: "completed"
})

const createAssistant: Handler = ({ body, now, server }) => {
  const id = server.id("asst_")
  const value = {
    id,
    object: "assistant",
    created_at: seconds(now),
    ...assistantSettings(body),
    model: body["model"]
  }
  server.store.insert("/assistants", id, value, now)
  return Exchange.value(value)
}

const listMessages: Handler = (exchange) => {
  const { now, query, server } = exchange
  const messages = server.store.list(messagesKey(threadOf(exchange)), now).map(({ value }) => value)
  return Exchange.items(messages.filter(({ run_id }) => query["run_id"] === undefined || query["run_id"] === run_id))
}

export const threads: Handlers = {
  "beta.assistants.create": createAssistant,
  "beta.threads.messages.list": listMessages,
  "beta.threads.create": (exchange) => Exchange.value(makeThread(exchange, exchange.body)),
  "beta.threads.messages.create": (exchange) => Exchange.value(addMessage(exchange, threadOf(exchange), exchange.body)),
  "beta.threads.runs.create": (exchange) => Exchange.value(makeRun(exchange, threadOf(exchange), exchange.body).value),
  "beta.threads.runs.create:stream": (exchange) => {
    const item = makeRun(exchange, threadOf(exchange), exchange.body)
    return Exchange.events(runEvents(exchange, item, [{ event: "thread.run.created", data: item.value }]))
  },
  "beta.threads.createAndRun": (exchange) => {
    const thread = makeThread(exchange, isObject(exchange.body["thread"]) ? exchange.body["thread"] : {})
    return Exchange.value(makeRun(exchange, String(thread["id"]), exchange.body).value)
  },
  "beta.threads.createAndRun:stream": (exchange) => {
    const thread = makeThread(exchange, isObject(exchange.body["thread"]) ? exchange.body["thread"] : {})
    const item = makeRun(exchange, String(thread["id"]), exchange.body)
    const first = [
      { event: "thread.created", data: thread },
      { event: "thread.run.created", data: item.value }
    ]
    return Exchange.events(runEvents(exchange, item, first))
  },
  "beta.threads.runs.submitToolOutputs": (exchange) => Exchange.value(submit(exchange)?.value ?? sampleRun(exchange)),
  "beta.threads.runs.submitToolOutputs:stream": (exchange) => {
    const item = submit(exchange)
    return Exchange.events(
      item === undefined
        ? [{ event: "thread.run.completed", data: sampleRun(exchange) }, done]
        : runEvents(exchange, item, [])
    )
  },
  "beta.threads.runs.cancel": (exchange) => {
    const item = runOf(exchange)
    if (item !== undefined) item.value = { ...item.value, status: "cancelled", cancelled_at: seconds(exchange.now) }
    return Exchange.value(item?.value ?? { ...sampleRun(exchange), status: "cancelled" })
  }
} satisfies { readonly [id: string]: Handler }
