/** Refuses requests for chats, conversations and workflows as Coze does. */
import { refuseCozeFault } from "../checks/complaints.ts"
import * as S from "../checks/shape.ts"
import type { Exchange } from "../exchange.ts"

const { optional, required } = S

/** Ids are texts; self-hosted servers and old programs write numbers. */
const id = S.anyOf(S.string({ min: 1 }), S.integer({ min: 1 }))
const text = S.string()
const metadata = S.record(S.anything)

const message = S.object({
  role: required(S.oneOf("user", "assistant")),
  content: optional(text),
  content_type: optional(S.oneOf("text", "object_string", "card", "audio")),
  type: optional(text),
  meta_data: optional(metadata)
})

const messages = optional(S.array(message))
const chat: S.Fields = {
  bot_id: required(id),
  user_id: optional(text),
  additional_messages: messages,
  stream: optional(S.boolean),
  auto_save_history: optional(S.boolean),
  custom_variables: optional(S.object()),
  meta_data: optional(metadata)
}
const workflow: S.Fields = {
  workflow_id: required(id),
  parameters: optional(S.object()),
  bot_id: optional(S.anything),
  is_async: optional(S.boolean)
}
const outputs: S.Fields = {
  tool_outputs: required(
    S.array(S.object({ tool_call_id: required(S.string({ min: 1 })), output: required(text) }), { min: 1 })
  )
}

const checks: { readonly [endpoint: string]: S.Fields } = {
  "chat.create": chat,
  "chat.stream": chat,
  "chat.submitToolOutputs": outputs,
  "chat.submitToolOutputs:stream": outputs,
  "conversations.create": { messages, meta_data: optional(metadata) },
  "conversations.messages.create": {
    role: required(S.oneOf("user", "assistant")),
    content: optional(text),
    content_type: optional(text)
  },
  "workflows.runs.create": workflow,
  "workflows.runs.stream": workflow,
  "workflows.chat.stream": {
    workflow_id: required(id),
    additional_messages: messages,
    parameters: optional(S.object())
  },
  "datasets.create": { name: required(S.string({ min: 1 })), space_id: required(id) }
}

/** Refuses a request that the API refuses. */
export const checkCoze = ({ body, endpoint }: Pick<Exchange, "body" | "endpoint">): void => {
  const fields = checks[endpoint.id]
  const fault = fields === undefined ? undefined : S.fieldsFault(body, fields, [])
  if (fault !== undefined) refuseCozeFault(fault)
}
