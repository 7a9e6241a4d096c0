/** Chat completions, stored if the request says so, and the older completions of a prompt. */
import { isObject, type JsonObject, objectsOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { chatCompletionChunks } from "../../events/chatCompletion.ts"
import { padded, pieces } from "../../events/pieces.ts"
import { type ChatReply, type ChatRequest, countTokens, tokensOf } from "../chat.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { chatRequest, countOf, finishReason, isCustomTool, isLegacy, required, textOf } from "./requests.ts"
import { completionUsage, servedTier } from "./settings.ts"

const collection = "/chat/completions"

const completionOf = (exchange: Exchange.Exchange): JsonObject => {
  const { body, now, server } = exchange
  const request = chatRequest(exchange)
  const count = countOf(body, "n", 1, 128)
  const replies = Array.from({ length: count }, () => server.chat(request))
  const tokens = replies.map((reply) => tokensOf(request, reply))
  const total = (of: "output" | "reasoning") => tokens.reduce((sum, reply) => sum + reply[of], 0)
  const { cached = 0, input = 0 } = tokens[0] ?? {}
  const completion: JsonObject = {
    id: server.id("chatcmpl-"),
    object: "chat.completion",
    created: seconds(now),
    model: request.model,
    choices: replies.map((reply, index) => choiceOf(exchange, request, reply, index)),
    usage: completionUsage({ input, cached, output: total("output"), reasoning: total("reasoning") }),
    service_tier: servedTier(body),
    // Only the models of one generation tell which build they are.
    system_fingerprint: /^gpt-4/.test(request.model) ? "fp_emulated00" : null
  }
  if (body["store"] === true) {
    const stored = { ...completion, metadata: isObject(body["metadata"]) ? body["metadata"] : {} }
    const item = server.store.insert(collection, String(completion["id"]), stored, now)
    item.hidden["messages"] = objectsOf(body["messages"])
  }
  return completion
}

const choiceOf = (exchange: Exchange.Exchange, request: ChatRequest, reply: ChatReply, index: number): JsonObject => ({
  index,
  message: {
    role: "assistant",
    content: reply.text ?? null,
    refusal: reply.refusal ?? null,
    annotations: [],
    ...calls(exchange, request, reply)
  },
  logprobs: exchange.body["logprobs"] === true ? logprobsOf(reply) : null,
  finish_reason: finishReason(reply, exchange.body)
})

const calls = (exchange: Exchange.Exchange, request: ChatRequest, { toolCalls = [] }: ChatReply): JsonObject => {
  const [first] = toolCalls
  if (first === undefined) return {}
  return isLegacy(exchange.body)
    ? { function_call: { name: first.name, arguments: JSON.stringify(first.input) } }
    : { tool_calls: toolCalls.map((call) => toolCall(exchange, request, call)) }
}

const logprobsOf = ({ refusal, text }: ChatReply): JsonObject => {
  const of = (words: string | undefined) =>
    words === undefined
      ? null
      : pieces(words).map((token) => ({
          token,
          logprob: 0,
          bytes: [...new TextEncoder().encode(token)],
          top_logprobs: []
        }))
  return { content: of(text), refusal: of(refusal) }
}

const toolCall = (
  { server }: Exchange.Exchange,
  request: ChatRequest,
  { input, name }: { readonly name: string; readonly input: unknown }
): JsonObject =>
  isCustomTool(request, name)
    ? { id: server.id("call_"), type: "custom", custom: { name, input: String(input) } }
    : { id: server.id("call_"), type: "function", function: { name, arguments: JSON.stringify(input) } }

const streamOption = ({ body }: Exchange.Exchange, name: string): unknown =>
  isObject(body["stream_options"]) ? body["stream_options"][name] : undefined

const streamed = (exchange: Exchange.Exchange): ReadonlyArray<JsonObject> => {
  const chunks = chatCompletionChunks(completionOf(exchange), streamOption(exchange, "include_usage") === true)
  return streamOption(exchange, "include_obfuscation") === false ? chunks : chunks.map(padded)
}

const messages: Handler = ({ now, params, server }) => {
  const id = params["completion_id"] ?? ""
  const stored = server.store.get(collection, id, now)
  if (stored === undefined && !server.samplesForMissing) {
    throw new Refusal(Failure.notFound({ message: `There is no chat completion with the id ${id}` }))
  }
  const kept = (stored?.hidden["messages"] ?? []) as ReadonlyArray<JsonObject>
  return Exchange.items(
    kept.map((message, index) => ({ ...message, id: `${id}-${index}`, content: textOf(message["content"]) }))
  )
}

/** The older API: the prompt comes back, within the tokens that the request allows. */
const completion = ({ body, now, server }: Exchange.Exchange): JsonObject => {
  const model = String(required(body, "model"))
  const most = typeof body["max_tokens"] === "number" ? body["max_tokens"] : undefined
  const prompts = promptsOf(body["prompt"])
  const count = countOf(body, "n", 1, 128)
  const share = Math.max(16, Math.floor(maxAnswered / prompts.length / count))
  const texts = prompts.flatMap((prompt) => Array.from({ length: count }, () => goOn(prompt.slice(0, share), most)))
  const input = prompts.reduce((total, prompt) => total + countTokens(prompt), 0)
  const output = texts.reduce((total, text) => total + countTokens(text), 0)
  server.spend(input)
  return {
    id: server.id("cmpl-"),
    object: "text_completion",
    created: seconds(now),
    model,
    choices: texts.map((text, index) => ({
      index,
      text,
      finish_reason: most === undefined || countTokens(text) >= most ? "length" : "stop",
      logprobs: null
    })),
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  }
}

/** The characters of all answers to one request. */
const maxAnswered = 2_000_000

/** A base model does not know when to stop: without a limit of the request it goes on to that of the API. */
const goOn = (prompt: string, most: number | undefined): string =>
  most === undefined
    ? prompt.padEnd(defaultTokens * 4, ` ${prompt}`).slice(0, defaultTokens * 4)
    : prompt.slice(0, most * 4)

const defaultTokens = 16

const promptsOf = (prompt: unknown): ReadonlyArray<string> =>
  Array.isArray(prompt) && prompt.every((one) => typeof one === "string")
    ? prompt.slice(0, 2048)
    : [typeof prompt === "string" && prompt !== "" ? prompt : "Hello"]

const completionParts = (whole: JsonObject): ReadonlyArray<JsonObject> => {
  const { usage: _, ...head } = whole
  return objectsOf(whole["choices"]).flatMap(({ finish_reason, index, text }) => [
    ...pieces(String(text)).map((piece) => ({
      ...head,
      choices: [{ index, text: piece, finish_reason: null, logprobs: null }]
    })),
    { ...head, choices: [{ index, text: "", finish_reason, logprobs: null }] }
  ])
}

export const chatCompletions: Handlers = {
  "chat.completions.create": (exchange) => Exchange.value(completionOf(exchange)),
  "chat.completions.create:stream": (exchange) => Exchange.events(streamed(exchange)),
  "chat.completions.messages.list": messages,
  "completions.create": (exchange) => Exchange.value(completion(exchange)),
  "completions.create:stream": (exchange) => Exchange.events(completionParts(completion(exchange)))
}
