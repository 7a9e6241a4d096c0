/** The endpoints of an agent as a language model, which reads the JSON of a chat's events itself. */
import * as Endpoint from "../../../Endpoint.ts"
import type { ChatCreateParams, ChatSubmitToolOutputsParams } from "../../api/Chat.ts"
import { Coze } from "../../Coze.ts"
import { contentAsText } from "../content.ts"

export const streamChat: Endpoint.RawEventStream<ChatCreateParams, Coze> = /*#__PURE__*/ Endpoint.rawEventStream(Coze, {
  id: "chat.stream",
  method: "POST",
  path: "/v3/chat",
  query: ["conversation_id"],
  body: "json",
  fixed: { stream: true },
  prepare: contentAsText,
  terminal: ["done"]
})

export const streamToolOutputs: Endpoint.RawEventStream<ChatSubmitToolOutputsParams, Coze> =
  /*#__PURE__*/ Endpoint.rawEventStream(Coze, {
    id: "chat.submitToolOutputs:stream",
    method: "POST",
    path: "/v3/chat/submit_tool_outputs",
    query: ["conversation_id", "chat_id"],
    body: "json",
    fixed: { stream: true },
    terminal: ["done"]
  })
