/** The payloads of the bench server, in the usual shapes and sizes of each API. */

const sse = (data: unknown, event?: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`

const repeat = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join("")

const chunk = (delta: object, finish: string | null) => ({
  id: "chatcmpl-bench",
  object: "chat.completion.chunk",
  created: 1_760_000_000,
  model: "gpt-5.4-mini",
  service_tier: "default",
  system_fingerprint: "fp_bench",
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }]
})

export const chatEvents = (count: number): string =>
  repeat(count - 1, (index) => sse(chunk({ content: ` token${index % 100}` }, null))) +
  sse(chunk({}, "stop")) +
  sse("[DONE]")

export const chatCompletion = {
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_760_000_000,
  model: "gpt-5.4-mini",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Hello! How can I help you today?", refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: "stop"
    }
  ],
  usage: {
    prompt_tokens: 9,
    completion_tokens: 12,
    total_tokens: 21,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0
    }
  },
  service_tier: "default",
  system_fingerprint: "fp_bench"
}

export const message = {
  id: "msg_bench",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content: [{ type: "text", text: "Hello! How can I help you today?" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: {
    input_tokens: 9,
    output_tokens: 12,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    service_tier: "standard"
  }
}

export const anthropicEvents = (count: number): string =>
  sse({ type: "message_start", message: { ...message, content: [], stop_reason: null } }, "message_start") +
  sse({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }, "content_block_start") +
  repeat(count - 5, (index) =>
    sse(
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: ` token${index % 100}` } },
      "content_block_delta"
    )
  ) +
  sse({ type: "content_block_stop", index: 0 }, "content_block_stop") +
  sse(
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 12 } },
    "message_delta"
  ) +
  sse({ type: "message_stop" }, "message_stop")

const response = {
  id: "resp_bench",
  object: "response",
  created_at: 1_760_000_000,
  model: "gpt-5.4-mini",
  status: "completed",
  output: [
    {
      type: "message",
      id: "msg_bench",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hello! How can I help you today?", annotations: [], logprobs: [] }]
    }
  ],
  usage: {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 12,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 21
  }
}

export const responseEvents = (count: number): string => {
  const [item] = response.output
  const at = { item_id: "msg_bench", output_index: 0, content_index: 0 }
  const part = { type: "output_text", text: "", annotations: [], logprobs: [] }
  const text = Array.from({ length: count - 7 }, (_, index) => ` token${index % 100}`).join("")
  const whole = { ...item, content: [{ ...part, text }] }
  const events: ReadonlyArray<{ readonly type: string; readonly [name: string]: unknown }> = [
    { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
    { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", content: [] } },
    { type: "response.content_part.added", ...at, part },
    ...Array.from({ length: count - 7 }, (_, index) => ({
      type: "response.output_text.delta",
      ...at,
      delta: ` token${index % 100}`,
      logprobs: [],
      obfuscation: "k3Jx9"
    })),
    { type: "response.output_text.done", ...at, text, logprobs: [] },
    { type: "response.content_part.done", ...at, part: { ...part, text } },
    { type: "response.output_item.done", output_index: 0, item: whole },
    { type: "response.completed", response: { ...response, output: [whole] } }
  ]
  return events.map((event, sequence_number) => sse({ ...event, sequence_number }, event.type)).join("")
}

const cozeChat = {
  id: "7380000000000000001",
  conversation_id: "7380000000000000002",
  bot_id: "7380000000000000003",
  created_at: 1_760_000_000,
  last_error: { code: 0, msg: "" },
  status: "in_progress",
  usage: { token_count: 0, output_count: 0, input_count: 0 }
}

export const cozeAnswer = { code: 0, msg: "", data: cozeChat, detail: { logid: "20260101000000BENCH" } }

export const cozeEvents = (count: number): string =>
  sse({ ...cozeChat, status: "created" }, "conversation.chat.created") +
  repeat(count - 3, (index) =>
    sse(
      {
        id: "7380000000000000004",
        conversation_id: cozeChat.conversation_id,
        bot_id: cozeChat.bot_id,
        role: "assistant",
        type: "answer",
        content: ` token${index % 100}`,
        content_type: "text",
        chat_id: cozeChat.id
      },
      "conversation.message.delta"
    )
  ) +
  sse({ ...cozeChat, status: "completed" }, "conversation.chat.completed") +
  sse("[DONE]", "done")
