import { assert, describe, it } from "@effect/vitest"
import { asker } from "./support.ts"

const ask = asker()
const lenient = asker({ lenient: true })

const hi = [{ role: "user", content: "hi" }]
const call = (id: string) => ({ id, type: "function", function: { name: "now", arguments: "{}" } })
const strict = (schema: unknown) => ({
  response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } }
})

type Case = readonly [what: string, body: { readonly [field: string]: unknown }, message: string, param?: string]

const refuses = (path: string, base: { readonly [field: string]: unknown }, cases: ReadonlyArray<Case>) => {
  for (const [what, body, message, param] of cases) {
    it(`refuses ${what}`, async () => {
      const { json, status } = await ask("POST", path, { ...base, ...body })
      assert.strictEqual(status, 400)
      assert.include(json.error.message, message)
      assert.strictEqual(json.error.type, "invalid_request_error")
      if (param !== undefined) assert.strictEqual(json.error.param, param)
    })
  }
}

describe("chat completions", () => {
  refuses("/openai/v1/chat/completions", { model: "gpt-5.4", messages: hi }, [
    [
      "messages that are a text",
      { messages: "hi" },
      "Invalid type for 'messages': expected an array of objects, but got a string instead.",
      "messages"
    ],
    [
      "an unknown role",
      { messages: [{ role: "bot", content: "hi" }] },
      "Supported values are: 'system'",
      "messages[0].role"
    ],
    [
      "content that is an object",
      { messages: [{ role: "user", content: {} }] },
      "expected one of a string or array of objects, but got an object instead",
      "messages[0].content"
    ],
    ["no messages", { messages: [] }, "empty array", "messages"],
    ["a temperature above 2", { temperature: 3 }, "Expected a value <= 2, but got 3 instead", "temperature"],
    ["too many answers", { n: 1e9 }, "integer above maximum value", "n"],
    [
      "a call without its result",
      { messages: [...hi, { role: "assistant", content: null, tool_calls: [call("call_1")] }, ...hi] },
      "did not have response messages: call_1"
    ],
    [
      "a result without its call",
      { messages: [...hi, { role: "tool", tool_call_id: "call_1", content: "x" }] },
      "must be a response to a preceeding message with 'tool_calls'",
      "messages.[1].role"
    ],
    [
      "a result for another call",
      {
        messages: [
          ...hi,
          { role: "assistant", content: null, tool_calls: [call("call_1")] },
          { role: "tool", tool_call_id: "call_2", content: "x" }
        ]
      },
      "'call_2' not found in 'tool_calls'"
    ],
    [
      "json_object without the word",
      { response_format: { type: "json_object" } },
      "must contain the word 'json'",
      "messages"
    ],
    [
      "a strict schema with an optional property",
      strict({ type: "object", additionalProperties: false, properties: { a: { type: "string" } }, required: [] }),
      "In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
      "response_format"
    ],
    [
      "a strict schema that is open further in",
      strict({
        type: "object",
        additionalProperties: false,
        required: ["a"],
        properties: { a: { type: "object", properties: {}, required: [] } }
      }),
      "In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false."
    ],
    [
      "a strict function outside the subset",
      {
        tools: [
          {
            type: "function",
            function: {
              name: "f",
              strict: true,
              parameters: { type: "object", oneOf: [], additionalProperties: false }
            }
          }
        ]
      },
      "'oneOf' is not permitted",
      "tools[0].function.parameters"
    ],
    [
      "a tool choice without tools",
      { tool_choice: "required" },
      "only allowed when 'tools' are specified",
      "tool_choice"
    ],
    [
      "the name of a tool that is not there",
      {
        tools: [{ type: "function", function: { name: "f" } }],
        tool_choice: { type: "function", function: { name: "g" } }
      },
      "not found in 'tools'",
      "tool_choice"
    ],
    ["a field that does not exist", { max_token: 5 }, "Unknown parameter: 'max_token'.", "max_token"],
    ["options of a stream without a stream", { stream_options: { include_usage: true } }, "only allowed when 'stream'"],
    [
      "max_tokens for a reasoning model",
      { model: "o3-mini", max_tokens: 5 },
      "Use 'max_completion_tokens' instead",
      "max_tokens"
    ]
  ])

  it("takes what the API refuses if it is lenient, but builds no more", async () => {
    const chat = (more: object) =>
      lenient("POST", "/openai/v1/chat/completions", { model: "gpt-5.4", messages: hi, ...more })
    for (const more of [{ temperature: 3 }, { max_token: 5 }, { messages: "hi" }, { model: "claude-sonnet-5" }]) {
      assert.strictEqual((await chat(more)).status, 200)
    }
    assert.strictEqual((await chat({ n: 1e9 })).status, 400)
    const embedding = { model: "m", input: "a", dimensions: 1e9 }
    assert.strictEqual((await lenient("POST", "/openai/v1/embeddings", embedding)).status, 400)
  })

  it("takes fields of compatible servers for models of theirs", async () => {
    const chat = (more: object) =>
      ask("POST", "/openai/v1/chat/completions", { model: "llama-3", messages: hi, ...more })
    const tools = [{ function: { name: "f" } }]
    const parts = [{ role: "user", content: [{ type: "video_url", video_url: { url: "x" } }] }]
    for (const more of [{ top_k: 5 }, { tools }, { messages: parts }, { reasoning_effort: "default" }]) {
      assert.strictEqual((await chat(more)).status, 200)
    }
    assert.strictEqual((await chat({ messages: "hi" })).status, 400)
    assert.strictEqual((await chat({ messages: [{ content: "hi" }] })).status, 400)
  })

  it("takes calls with their results in any order", async () => {
    const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "x" })
    const { json, status } = await ask("POST", "/openai/v1/chat/completions", {
      model: "gpt-5.4",
      messages: [...hi, { role: "assistant", tool_calls: [call("a"), call("b")] }, result("b"), result("a")]
    })
    assert.strictEqual(status, 200, JSON.stringify(json))
  })
})

describe("responses", () => {
  const output = { type: "function_call_output", call_id: "call_1", output: "x" }
  const fn = { type: "function_call", call_id: "call_1", name: "f", arguments: "{}" }
  refuses("/openai/v1/responses", { model: "gpt-5.4", input: "hi" }, [
    ["input that is an object", { input: {} }, "Invalid type for 'input'", "input"],
    [
      "a result without its call",
      { input: [output] },
      "No tool call found for function call output with call_id call_1.",
      "input"
    ],
    ["a call without its result", { input: [fn] }, "No tool output found for function call call_1.", "input"],
    [
      "reasoning without what followed it",
      { input: [{ type: "reasoning", id: "rs_1", summary: [] }] },
      "Item 'rs_1' of type 'reasoning' was provided without its required following item."
    ],
    [
      "a previous response and a conversation at once",
      { previous_response_id: "resp_1", conversation: "conv_1" },
      "Mutually exclusive"
    ],
    [
      "a part of an unknown type",
      { input: [{ role: "user", content: [{ type: "text_input", text: "x" }] }] },
      "Invalid value: 'text_input'",
      "input[0].content[0].type"
    ]
  ])

  it("refuses a call that it made after reasoning, without that reasoning", async () => {
    const tools = [{ type: "function", name: "f", parameters: { type: "object", properties: {} } }]
    const reasoning = { effort: "low", summary: "auto" }
    const first = await ask("POST", "/openai/v1/responses", { model: "gpt-5", input: "hi", tools, reasoning })
    const [thought, made] = first.json.output
    assert.deepStrictEqual([thought.type, made.type], ["reasoning", "function_call"])
    const result = { type: "function_call_output", call_id: made.call_id, output: "x" }
    const torn = await ask("POST", "/openai/v1/responses", { model: "gpt-5", input: [made, result] })
    assert.include(torn.json.error.message, `without its required 'reasoning' item: '${thought.id}'`)
    const whole = await ask("POST", "/openai/v1/responses", { model: "gpt-5", input: [thought, made, result] })
    assert.strictEqual(whole.status, 200)
  })

  it("takes the result of a call of the previous response", async () => {
    const tools = [{ type: "function", name: "f", parameters: null }]
    const first = await ask("POST", "/openai/v1/responses", { model: "gpt-5.4", input: "hi", tools })
    const { call_id, id } = { ...first.json.output[0], id: first.json.id }
    const second = await ask("POST", "/openai/v1/responses", {
      model: "gpt-5.4",
      previous_response_id: id,
      input: [{ type: "function_call_output", call_id, output: "x" }]
    })
    assert.strictEqual(second.status, 200, second.text)
  })
})

describe("messages", () => {
  const text = { type: "text", text: "x", cache_control: { type: "ephemeral" } }
  const use = { type: "tool_use", id: "toolu_1", name: "f", input: {} }
  const result = { type: "tool_result", tool_use_id: "toolu_1", content: "x" }
  const tools = [{ name: "f", input_schema: { type: "object" } }]
  const thinking = { type: "enabled", budget_tokens: 1024 }
  const format = (schema: unknown) => ({ output_config: { format: { type: "json_schema", schema } } })
  refuses("/anthropic/v1/messages", { model: "claude-sonnet-5", max_tokens: 2048, messages: hi }, [
    ["messages that are a text", { messages: "hi" }, "messages: Input should be a valid list"],
    ["no max_tokens", { max_tokens: undefined }, "max_tokens: Field required"],
    [
      "a block without a type",
      { messages: [{ role: "user", content: [{ text: "x" }] }] },
      "messages.0.content.0.type: Field required"
    ],
    [
      "an instruction as the first message",
      { messages: [{ role: "system", content: "x" }] },
      'Unexpected role "system"'
    ],
    ["an empty text", { messages: [{ role: "user", content: [{ type: "text", text: "" }] }] }, "must be non-empty"],
    [
      "a result without its call",
      { messages: [{ role: "user", content: [result] }] },
      "unexpected `tool_use_id` found"
    ],
    [
      "a call without its result",
      { tools, messages: [...hi, { role: "assistant", content: [use] }, ...hi] },
      "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1."
    ],
    [
      "five cache breakpoints",
      { messages: [{ role: "user", content: [text, text, text, text, text] }] },
      "A maximum of 4 blocks with cache_control may be provided. Found 5."
    ],
    [
      "a long breakpoint after a short one",
      {
        system: [text],
        messages: [{ role: "user", content: [{ ...text, cache_control: { type: "ephemeral", ttl: "1h" } }] }]
      },
      "must not come after a ttl='5m'"
    ],
    [
      "thinking without its signature",
      { messages: [...hi, { role: "assistant", content: [{ type: "thinking", thinking: "x" }] }, ...hi] },
      "messages.1.content.0.signature: Field required"
    ],
    [
      "thinking with an empty signature",
      {
        messages: [...hi, { role: "assistant", content: [{ type: "thinking", thinking: "x", signature: "" }] }, ...hi]
      },
      "messages.1.content.0: Invalid `signature` in `thinking` block"
    ],
    [
      "a budget above max_tokens",
      { thinking: { type: "enabled", budget_tokens: 4096 } },
      "must be greater than `thinking.budget_tokens`"
    ],
    ["a forced tool while thinking", { thinking, tools, tool_choice: { type: "any" } }, "forces tool use"],
    ["two tools of one name", { tools: [...tools, ...tools] }, "Tool names must be unique"],
    ["a tool choice that is not there", { tools, tool_choice: { type: "tool", name: "g" } }, "Tool 'g' not found"],
    [
      "an open schema",
      format({ type: "object", properties: {} }),
      "'additionalProperties' must be explicitly set to false"
    ],
    [
      "a schema with limits",
      format({
        type: "object",
        additionalProperties: false,
        properties: { a: { type: "integer", minimum: 1, maximum: 2 } }
      }),
      "For 'integer' type, properties maximum, minimum are not supported"
    ],
    [
      "a schema that refers to itself",
      format({ $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }] } }, $ref: "#/$defs/a" }),
      "Circular schema references are not supported"
    ],
    ["a field that does not exist", { max_token: 5 }, "max_token: Extra inputs are not permitted"]
  ])

  it("takes results that come in the next message, with an instruction in between", async () => {
    const { json, status } = await ask("POST", "/anthropic/v1/messages", {
      model: "claude-sonnet-5",
      max_tokens: 9,
      tools,
      messages: [
        ...hi,
        { role: "assistant", content: [use] },
        { role: "user", content: [result] },
        { role: "system", content: "x" }
      ]
    })
    assert.strictEqual(status, 200, JSON.stringify(json))
  })

  it("says in the results of a batch what is wrong with a request", async () => {
    const quick = asker({ jobDuration: 0 })
    const made = await quick("POST", "/anthropic/v1/messages/batches", {
      requests: [{ custom_id: "a", params: { model: "claude-sonnet-5", messages: hi } }]
    })
    const { text } = await quick("GET", `/anthropic/v1/messages/batches/${made.json.id}/results`)
    assert.include(JSON.parse(text).result.error.error.message, "max_tokens: Field required")
  })
})

describe("Coze", () => {
  it("refuses a chat without an agent and messages of an unknown role", async () => {
    const none = await ask("POST", "/coze/v3/chat", { user_id: "u" })
    assert.deepInclude(none.json, { code: 4000 })
    assert.include(none.json.msg, "bot_id is required")
    const odd = await ask("POST", "/coze/v3/chat", {
      bot_id: "1",
      additional_messages: [{ role: "bot", content: "x" }]
    })
    assert.include(odd.json.msg, "additional_messages[0].role must be one of user, assistant")
  })
})

describe("bodies", () => {
  it("that are not JSON, of another type, not an object or a broken form are refused", async () => {
    const path = "/openai/v1/chat/completions"
    assert.strictEqual((await ask("POST", path, "{")).status, 400)
    const plain = await ask("POST", path, "{}", { "content-type": "text/plain" })
    assert.include(plain.json.error.message, "Unsupported content type: 'text/plain'")
    assert.strictEqual((await ask("POST", path, "[]")).status, 400)
    assert.strictEqual((await ask("POST", "/anthropic/v1/messages", "[]")).status, 400)
    const form = await ask("POST", "/openai/v1/files", "no form", { "content-type": "multipart/form-data; boundary=x" })
    assert.strictEqual(form.status, 400)
  })

  it("nested too deeply are refused", async () => {
    const deep = `{"model":"m","messages":[],"metadata":${"[".repeat(100_000)}${"]".repeat(100_000)}}`
    const { json, status } = await ask("POST", "/openai/v1/chat/completions", deep)
    assert.strictEqual(status, 400)
    assert.include(json.error.message, "nested too deeply")
  })

  it("of millions of words are answered in few events", async () => {
    const messages = [{ role: "user", content: "a ".repeat(2_000_000) }]
    const { status, text } = await ask("POST", "/openai/v1/chat/completions", { model: "m", messages, stream: true })
    assert.strictEqual(status, 200)
    assert.isBelow(text.length, 20_000_000)
  })

  it("longer than the limit are refused, with and without their length", async () => {
    const small = asker({ maxBodyLength: 100 })
    const body = { model: "claude-sonnet-5", max_tokens: 9, messages: [{ role: "user", content: "x".repeat(200) }] }
    const { json, status } = await small("POST", "/anthropic/v1/messages", body)
    assert.strictEqual(status, 413)
    assert.strictEqual(json.error.type, "request_too_large")
    assert.strictEqual((await small("GET", "/openai/v1/models")).status, 200)
  })

  it("of another method than the path has are refused with its methods", async () => {
    const { json, status } = await ask("DELETE", "/openai/v1/chat/completions")
    assert.strictEqual(status, 405)
    assert.include(json.error.message, "POST")
  })
})

describe("schemas that ask for too much", () => {
  const nested = (depth: number): unknown =>
    depth === 0 ? { type: "string" } : { type: "array", minItems: 50, items: nested(depth - 1) }
  for (const [what, schema] of [
    ["a billion items", { type: "array", minItems: 1e9, items: { type: "string" } }],
    ["lists in lists", nested(6)],
    ["a text of a billion characters", { type: "string", minLength: 1e9 }]
  ] as const) {
    it(`are refused: ${what}`, async () => {
      const { status } = await ask("POST", "/openai/v1/chat/completions", {
        model: "m",
        messages: hi,
        response_format: { type: "json_schema", json_schema: { name: "a", schema } }
      })
      assert.strictEqual(status, 400)
    })
  }
})

describe("schemas whose references double", () => {
  const doubled = {
    $defs: Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at}`,
        { type: "object", properties: { a: { $ref: `#/$defs/d${at + 1}` }, b: { $ref: `#/$defs/d${at + 1}` } } }
      ])
    ),
    $ref: "#/$defs/d0"
  }

  it("are followed so far, and no further", async () => {
    const { status, text } = await ask("POST", "/openai/v1/chat/completions", {
      model: "m",
      messages: hi,
      response_format: { type: "json_schema", json_schema: { name: "a", schema: doubled } }
    })
    assert.strictEqual(status, 200)
    assert.isBelow(text.length, 100_000)
  })
})

describe("models", () => {
  it("of another vendor are not found, others are served", async () => {
    const chat = (model: string) => ask("POST", "/openai/v1/chat/completions", { model, messages: hi })
    const message = (model: string) => ask("POST", "/anthropic/v1/messages", { model, max_tokens: 9, messages: hi })
    for (const model of ["claude-sonnet-5", "claude-3-5-haiku-latest"]) {
      const { json, status } = await chat(model)
      assert.strictEqual(status, 404)
      assert.strictEqual(json.error.code, "model_not_found")
    }
    for (const model of ["gpt-5.4", "o3", "text-embedding-3-small"]) {
      const { json, status } = await message(model)
      assert.strictEqual(status, 404)
      assert.deepStrictEqual(json.error, { type: "not_found_error", message: `model: ${model}` })
    }
    for (const model of ["mistral-small", "gemini-3-pro", "gpt-oss-120b", "anthropic/claude-opus-5"]) {
      assert.strictEqual((await chat(model)).status, 200)
    }
    assert.strictEqual((await message("kimi-k3")).status, 200)
  })

  it("outside a closed list are not found", async () => {
    const closed = asker({ models: ["mine"] })
    const chat = (model: string) => closed("POST", "/openai/v1/chat/completions", { model, messages: hi })
    assert.strictEqual((await chat("mine")).status, 200)
    assert.strictEqual((await chat("gpt-5.4")).status, 404)
  })
})
