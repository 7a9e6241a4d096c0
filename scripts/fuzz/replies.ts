/** Traffic of the three APIs to begin with. */
import type { Reply } from "./mutate.ts"

const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/json", "x-request-id": "req_1" },
  body: JSON.stringify(body)
})

const events = (...all: ReadonlyArray<object | string>): Reply => ({
  status: 200,
  headers: { "content-type": "text/event-stream" },
  body: all
    .map((data) =>
      typeof data === "string"
        ? data
        : `event: ${String(Reflect.get(data, "type") ?? "message")}\ndata: ${JSON.stringify(data)}\n\n`
    )
    .join("")
})

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`

const call = (args: string) => ({
  tool_calls: [{ index: 0, id: "t", type: "function", function: { name: "f", arguments: args } }]
})
const usage = { input_tokens: 1, output_tokens: 2 }
const response = {
  id: "r",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "m",
  output: [],
  tools: [],
  usage
}
const message = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "m",
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage
}

export const replies: readonly [Reply, ...ReadonlyArray<Reply>] = [
  json({ id: "m", object: "model", created: 1, owned_by: "x" }),
  json({ object: "list", data: [{ id: "m", object: "model", created: 1, owned_by: "x" }], has_more: false }),
  json({
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "hi" } }]
  }),
  json({
    ...response,
    output: [
      {
        type: "message",
        id: "1",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "hi", annotations: [] }]
      }
    ]
  }),
  json({
    ...message,
    content: [
      { type: "text", text: "hi" },
      { type: "tool_use", id: "t", name: "f", input: { a: 1 } }
    ],
    stop_reason: "tool_use"
  }),
  json({ error: { message: "no such key", type: "invalid_request_error", code: "invalid_api_key", param: null } }, 401),
  json({ type: "error", error: { type: "overloaded_error", message: "later" }, request_id: "req" }, 529),
  json({ code: 4100, msg: "not allowed", detail: { logid: "l" } }),
  json({ code: 0, msg: "", data: { id: "1", conversation_id: "2", status: "completed" } }),
  events(
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "hi" }),
    chunk(call("{")),
    chunk(call("}")),
    chunk({}, "tool_calls"),
    "data: [DONE]\n\n"
  ),
  events(
    { type: "response.created", sequence_number: 0, response },
    {
      type: "response.output_text.delta",
      item_id: "1",
      output_index: 0,
      content_index: 0,
      delta: "hi",
      sequence_number: 1
    },
    { type: "response.completed", sequence_number: 2, response }
  ),
  events(
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hi" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage },
    { type: "message_stop" }
  ),
  events(
    'event:conversation.message.delta\ndata:{"id":"1","role":"assistant","type":"answer","content":"hi","content_type":"text"}\n\n',
    'event:conversation.chat.completed\ndata:{"id":"1","status":"completed"}\n\n',
    "event:done\ndata:[DONE]\n\n"
  )
]
