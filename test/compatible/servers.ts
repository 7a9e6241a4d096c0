/** Servers that speak like the OpenAI or the Anthropic API, each with its own habits, as their users report them. */
import { type Reply, sse } from "../support/FakeHttp.ts"

/** One server: what it answers, and what a program is to get of it. */
export interface Server {
  readonly name: string
  readonly chat: object
  readonly stream: Reply
  /** A stream with one call of `add` with `{"a":1}`. */
  readonly call: Reply
  /** What the second request of a loop has to have in the model's message. */
  readonly goesBack?: object
  readonly json: object
  readonly embeddings?: object
  readonly error: { readonly reply: Reply; readonly reason: string; readonly words: string }
}

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

const completion = (message: object, finish_reason: string | null = "stop", more: object = {}): object => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
  usage,
  ...more
})

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}): object => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
  ...more
})

const events = (...list: ReadonlyArray<unknown>): Reply => ({ parts: [sse(...list, "[DONE]")] })

const call = (json: unknown, more: object = {}): object => ({
  index: 0,
  id: "call_1",
  type: "function",
  function: { name: "add", arguments: json },
  ...more
})

const vectors = (...data: ReadonlyArray<object>): object => ({ object: "list", model: "e", data, usage })

const two = vectors(
  { object: "embedding", index: 0, embedding: [1, 0] },
  { object: "embedding", index: 1, embedding: [0, 1] }
)

const standard = {
  chat: completion({ content: "hello" }),
  stream: events(chunk({ role: "assistant", content: "hel" }), chunk({ content: "lo" }), chunk({}, "stop")),
  call: events(chunk({ role: "assistant", tool_calls: [call('{"a":1}')] }), chunk({}, "tool_calls")),
  json: completion({ content: '{"city":"Rome"}' })
}

const error = (status: number, body: unknown, reason: string, words: string): Server["error"] => ({
  reply: { status, body },
  reason,
  words
})

export const servers: ReadonlyArray<Server> = [
  {
    ...standard,
    name: "Ollama",
    // Only the last finish reason says something. Calls come whole, and the answer ends with stop.
    stream: events(chunk({ role: "assistant", content: "hel" }, ""), chunk({ content: "lo" }, ""), chunk({}, "stop")),
    call: events(
      chunk({ role: "assistant", content: "", tool_calls: [call('{"a":1}')] }, ""),
      chunk({ content: "" }, "stop")
    ),
    embeddings: two,
    error: error(
      404,
      { error: { message: 'model "m" not found', type: "not_found_error", param: null, code: null } },
      "NotFoundError",
      "not found"
    )
  },
  {
    ...standard,
    name: "vLLM",
    chat: completion({ content: "hello", reasoning_content: null, tool_calls: [], refusal: null }, "stop", {
      prompt_logprobs: null,
      kv_transfer_params: null
    }),
    call: events(
      chunk({ role: "assistant", content: "" }),
      chunk({ tool_calls: [call("")] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
      chunk({ content: "" }, "tool_calls")
    ),
    embeddings: two,
    error: error(
      400,
      { object: "error", message: "maximum context length is 4096 tokens", type: "BadRequestError", code: 400 },
      "InvalidRequestError",
      "maximum context length"
    )
  },
  {
    ...standard,
    name: "SGLang",
    stream: events(chunk({ role: "assistant", content: "hel" }, ""), chunk({ content: "lo" }, ""), chunk({}, "stop")),
    call: events(
      chunk({ role: "assistant", content: "" }, ""),
      chunk({ tool_calls: [call('{"a"')] }, ""),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ":1}" } }] }, ""),
      chunk({}, "tool_calls")
    ),
    chat: completion({ content: "hello", reasoning_content: null, tool_calls: null }, "stop", { metadata: {} }),
    embeddings: two,
    error: error(
      400,
      { object: "error", message: "bad input", type: "BadRequest", code: 400 },
      "InvalidRequestError",
      "bad input"
    )
  },
  {
    ...standard,
    name: "llama.cpp",
    // The arguments are the object itself.
    call: events(chunk({ role: "assistant", content: null, tool_calls: [call({ a: 1 })] }), chunk({}, "tool_calls")),
    chat: completion({ content: "hello" }, "stop", { timings: { predicted_ms: 1.5 } }),
    embeddings: two,
    error: error(
      503,
      { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
      "ServerError",
      "Loading model"
    )
  },
  {
    ...standard,
    name: "LM Studio",
    call: events(
      chunk({ role: "assistant", tool_calls: [call("", { id: "365174485" })] }),
      chunk({ tool_calls: [{ index: 0, type: "function", function: { name: "", arguments: '{"a":1}' } }] }),
      chunk({}, "tool_calls")
    ),
    embeddings: two,
    error: error(400, { error: "No models loaded" }, "InvalidRequestError", "No models loaded")
  },
  {
    ...standard,
    name: "TGI",
    chat: completion({ content: "hello" }, "eos_token"),
    call: events(chunk({ role: "assistant", tool_calls: [call({ a: 1 }, { id: "0" })] }), chunk({}, "stop")),
    error: error(
      422,
      { error: "Input validation error", error_type: "validation" },
      "InvalidRequestError",
      "Input validation error"
    )
  },
  {
    ...standard,
    name: "Mistral",
    // Reasoning models answer with a list of parts.
    chat: completion({
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
        { type: "text", text: "hello" }
      ]
    }),
    stream: events(
      chunk({ role: "assistant", content: "" }),
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
      chunk({ content: [{ type: "text", text: "hel" }] }),
      chunk({ content: "lo" }, "stop")
    ),
    call: events(
      chunk({ role: "assistant", content: "" }),
      chunk(
        { tool_calls: [{ id: "D681PevKs", function: { name: "add", arguments: '{"a":1}' }, index: 0 }] },
        "tool_calls",
        {
          usage
        }
      )
    ),
    embeddings: two,
    error: error(
      422,
      { object: "error", message: "Extra inputs are not permitted", type: "invalid_request_error", code: null },
      "InvalidRequestError",
      "not permitted"
    )
  },
  {
    ...standard,
    name: "DeepSeek",
    chat: completion({ content: "hello", reasoning_content: "hm" }),
    call: events(
      chunk({ role: "assistant", content: null, reasoning_content: "I " }),
      chunk({ content: null, reasoning_content: "add." }),
      chunk({ tool_calls: [call('{"a":1}')] }),
      chunk({ content: "", reasoning_content: null }, "tool_calls", { usage })
    ),
    goesBack: { reasoning_content: "I add." },
    error: error(
      402,
      { error: { message: "Insufficient Balance", type: "unknown_error", param: null, code: "invalid_request_error" } },
      "QuotaExceededError",
      "Insufficient Balance"
    )
  },
  {
    ...standard,
    name: "Gemini",
    // Calls have no place, and answers with calls end with stop.
    call: events(
      chunk({
        role: "assistant",
        tool_calls: [
          {
            id: "function-call-1",
            type: "function",
            function: { name: "add", arguments: '{"a":1}' },
            extra_content: { google: { thought_signature: "S" } }
          }
        ]
      }),
      chunk({ role: "assistant" }, "stop")
    ),
    embeddings: vectors(
      { object: "embedding", embedding: [1, 0] },
      { object: "embedding", index: 1, embedding: [0, 1] }
    ),
    error: error(
      400,
      [{ error: { code: 400, message: "Request contains an invalid argument.", status: "INVALID_ARGUMENT" } }],
      "InvalidRequestError",
      "invalid argument"
    )
  },
  {
    ...standard,
    name: "Groq",
    chat: completion({ content: "hello", reasoning: "hm" }, "stop", { x_groq: { id: "req_1" } }),
    error: error(
      429,
      { error: { message: "Rate limit reached", type: "tokens", code: "rate_limit_exceeded" } },
      "RateLimitError",
      "Rate limit reached"
    )
  },
  {
    ...standard,
    name: "OpenRouter",
    embeddings: two,
    stream: {
      parts: [": OPENROUTER PROCESSING\n\n", sse(chunk({ content: "hello" }), chunk({}, "stop", { usage }), "[DONE]")]
    },
    call: {
      parts: [
        ": OPENROUTER PROCESSING\n\n",
        sse(
          chunk({ role: "assistant", content: "", reasoning_details: [{ type: "reasoning.encrypted", data: "x" }] }),
          chunk({ tool_calls: [call('{"a":1}')] }),
          chunk({}, "tool_calls"),
          "[DONE]"
        )
      ]
    },
    goesBack: { reasoning_details: [{ type: "reasoning.encrypted", data: "x" }] },
    error: error(
      200,
      { error: { code: 402, message: "Insufficient credits" } },
      "QuotaExceededError",
      "Insufficient credits"
    )
  },
  {
    ...standard,
    name: "Azure",
    // The first event tells of the prompt's filters, and has no choice.
    stream: events(
      { id: "", object: "", created: 0, model: "", choices: [], prompt_filter_results: [] },
      chunk({ role: "assistant", content: "hello" }),
      chunk({}, "stop")
    ),
    embeddings: two,
    error: error(
      400,
      { error: { code: "content_filter", message: "The prompt was filtered", status: 400 } },
      "ContentPolicyError",
      "filtered"
    )
  },
  {
    ...standard,
    name: "Cloudflare",
    // In JSON mode, the content is the value itself.
    json: completion({ content: { city: "Rome" } }),
    embeddings: two,
    error: error(
      401,
      { success: false, errors: [{ code: 10000, message: "Authentication error" }], messages: [], result: null },
      "AuthenticationError",
      "Authentication error"
    )
  },
  {
    ...standard,
    name: "Copilot",
    chat: completion({ content: "hello", padding: "abc" }),
    error: error(401, "unauthorized: token expired\n", "AuthenticationError", "token expired")
  },
  {
    ...standard,
    name: "Kimi",
    call: events(
      chunk({ role: "assistant", reasoning_content: "hm" }),
      // The id comes again with each piece.
      chunk({ tool_calls: [call("", { id: "functions.add:0" })] }),
      chunk({ tool_calls: [{ index: 0, id: "functions.add:0", function: { arguments: '{"a":1}' } }] }),
      chunk({}, "tool_calls")
    ),
    goesBack: { reasoning_content: "hm" },
    error: error(
      429,
      { error: { message: "The engine is currently overloaded", type: "engine_overloaded_error" } },
      "RateLimitError",
      "overloaded"
    )
  }
]
