/**
 * The endpoints of language models, which read the JSON of answers themselves: the schemas of `Responses` would weigh
 * more than the rest of a language model.
 */
import * as Endpoint from "../../../Endpoint.ts"
import type { ChatCompletionCreateParams } from "../../api/ChatCompletions.ts"
import type { ResponseCreateParams } from "../../api/Responses.ts"
import { OpenAi } from "../../OpenAi.ts"
import { sentAnswers } from "../sentAnswers.ts"
import { textArguments } from "../textArguments.ts"

export const createResponse: Endpoint.RawJson<ResponseCreateParams, OpenAi> = /*#__PURE__*/ Endpoint.rawJson(OpenAi, {
  id: "responses.create",
  method: "POST",
  path: "/responses",
  body: "json",
  behaviour: textArguments
})

export const streamResponse: Endpoint.RawEventStream<ResponseCreateParams, OpenAi> =
  /*#__PURE__*/ Endpoint.rawEventStream(OpenAi, {
    id: "responses.create:stream",
    method: "POST",
    path: "/responses",
    body: "json",
    fixed: { stream: true },
    terminal: ["response.completed", "response.failed", "response.incomplete"],
    behaviour: textArguments
  })

export const createCompletion: Endpoint.RawJson<ChatCompletionCreateParams, OpenAi> = /*#__PURE__*/ Endpoint.rawJson(
  OpenAi,
  { id: "chat.completions.create", method: "POST", path: "/chat/completions", body: "json", behaviour: sentAnswers }
)

export const streamCompletion: Endpoint.RawEventStream<ChatCompletionCreateParams, OpenAi> =
  /*#__PURE__*/ Endpoint.rawEventStream(OpenAi, {
    id: "chat.completions.create:stream",
    method: "POST",
    path: "/chat/completions",
    body: "json",
    fixed: { stream: true },
    terminal: "finishReason",
    behaviour: sentAnswers
  })
