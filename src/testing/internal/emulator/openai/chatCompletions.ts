/** Chat completions, stored where the request says so, and the older completions of a prompt. */

import { isObject, type JsonObject, objectsOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { chatCompletionChunks } from "../../events/chatCompletion.ts"
import { pieces } from "../../events/pieces.ts"
import { type ChatRequest, countTokens, tokensOf } from "../chat.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { chatRequest, finishReason, isCustomTool, required, textOf } from "./requests.ts"

const collection = "/chat/completions"

const completionOf = (exchange: Exchange.Exchange): JsonObject => {
  const { body, now, server } = exchange
  const request = chatRequest(exchange)
  const count = typeof body["n"] === "number" ? body["n"] : 1
  const replies = Array.from({ length: count }, () => server.chat(request))
  const tokens = replies.map((reply) => tokensOf(request, reply))
  const { cached = 0, input = 0 } = tokens[0] ?? {}
  const output = tokens.reduce((total, reply) => total + reply.output, 0)
  const completion: JsonObject = {
    id: server.id("chatcmpl-"),
    object: "chat.completion",
    created: seconds(now),
    model: request.model,
    choices: replies.map((reply, index) => ({
      index,
      message: {
        role: "assistant",
        content: reply.text ?? null,
        refusal: reply.refusal ?? null,
        ...(reply.toolCalls === undefined || reply.toolCalls.length === 0
          ? {}
          : { tool_calls: reply.toolCalls.map((call) => toolCall(exchange, request, call)) })
      },
      logprobs: null,
      finish_reason: finishReason(reply)
    })),
    usage: {
      prompt_tokens: input,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens: output,
      total_tokens: input + output
    }
  }
  if (body["store"] === true) {
    const stored = { ...completion, metadata: isObject(body["metadata"]) ? body["metadata"] : {} }
    const item = server.store.insert(collection, String(completion["id"]), stored, now)
    item.hidden["messages"] = objectsOf(body["messages"])
  }
  return completion
}

const toolCall = (
  { server }: Exchange.Exchange,
  request: ChatRequest,
  { input, name }: { readonly name: string; readonly input: unknown }
): JsonObject =>
  isCustomTool(request, name)
    ? { id: server.id("call_"), type: "custom", custom: { name, input: String(input) } }
    : { id: server.id("call_"), type: "function", function: { name, arguments: JSON.stringify(input) } }

const wantsUsage = ({ body }: Exchange.Exchange): boolean =>
  isObject(body["stream_options"]) && body["stream_options"]["include_usage"] === true

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

/** The older API: the prompt comes back. */
const completion = ({ body, now, server }: Exchange.Exchange): JsonObject => {
  const model = String(required(body, "model"))
  const prompts = typeof body["prompt"] === "string" ? [body["prompt"]] : ["Hello"]
  const tokens = prompts.reduce((total, prompt) => total + countTokens(prompt), 0)
  return {
    id: server.id("cmpl-"),
    object: "text_completion",
    created: seconds(now),
    model,
    choices: prompts.map((text, index) => ({ index, text, finish_reason: "stop", logprobs: null })),
    usage: { prompt_tokens: tokens, completion_tokens: tokens, total_tokens: 2 * tokens }
  }
}

const completionParts = (whole: JsonObject): ReadonlyArray<JsonObject> => {
  const { usage: _, ...head } = whole
  return objectsOf(whole["choices"]).flatMap(({ index, text }) => [
    ...pieces(String(text)).map((piece) => ({
      ...head,
      choices: [{ index, text: piece, finish_reason: null, logprobs: null }]
    })),
    { ...head, choices: [{ index, text: "", finish_reason: "stop", logprobs: null }] }
  ])
}

export const chatCompletions: Handlers = {
  "chat.completions.create": (exchange) => Exchange.value(completionOf(exchange)),
  "chat.completions.create:stream": (exchange) =>
    Exchange.events(chatCompletionChunks(completionOf(exchange), wantsUsage(exchange))),
  "chat.completions.messages.list": messages,
  "completions.create": (exchange) => Exchange.value(completion(exchange)),
  "completions.create:stream": (exchange) => Exchange.events(completionParts(completion(exchange)))
}
