/** Answers of each API and the events that say the same, with everything that an answer may hold. */
import * as fc from "fast-check"

type Json = { readonly [field: string]: unknown }

/** An answer, and one of the many streams that say it. */
export interface Generated {
  readonly answer: Json
  readonly events: ReadonlyArray<Json>
}

const text = fc.constantFrom("Hi there", "ok", 'A long text 🙂 with "words"\n', '{"a":1}', " ", "é")
const maybe = <A>(value: fc.Arbitrary<A>) => fc.option(value, { nil: undefined })
const listOf = <A>(value: fc.Arbitrary<A>, maxLength = 3) => fc.array(value, { maxLength })

/** Cuts a text into pieces of up to `size` characters. */
const pieces = (whole: string, size: number): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.slice(at * size, (at + 1) * size))

const present = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const objects = (value: unknown): ReadonlyArray<Json> => (Array.isArray(value) ? value : []) as ReadonlyArray<Json>

// Responses

const annotation = fc.constantFrom<Json>(
  { type: "url_citation", url: "https://a.test/x", title: "A", start_index: 0, end_index: 2 },
  { type: "url_citation", url: "no url", title: "", start_index: 0, end_index: 2 },
  { type: "file_citation", file_id: "file-1", filename: "a.txt", index: 3 },
  { type: "container_file_citation", container_id: "c1", file_id: "cfile_1", filename: "plot.png" },
  { type: "future_citation", deep: { x: 1 } }
)
const content = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ text, annotations: listOf(annotation) }).map((c) => ({ type: "output_text", ...c }))
  },
  { weight: 1, arbitrary: text.map((refusal) => ({ type: "refusal", refusal })) },
  { weight: 1, arbitrary: fc.constant({ type: "future_content", blob: 1 }) }
)
const callArguments = fc.constantFrom('{"city":"Oslo","days":null}', '{"city": "Oslo"}', "{}", '{"q":[1.0, null]}')
const item: fc.Arbitrary<ReadonlyArray<Json>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ content: fc.array(content, { minLength: 1, maxLength: 3 }), phase: maybe(fc.constant("commentary")) })
      .map((fields) => [present({ type: "message", role: "assistant", status: "completed", ...fields })])
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        summary: listOf(text.map((text) => ({ type: "summary_text", text }))),
        content: maybe(listOf(text.map((text) => ({ type: "reasoning_text", text })))),
        encrypted_content: maybe(fc.constant("sealed"))
      })
      .map((fields) => [present({ type: "reasoning", ...fields })])
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        name: fc.constantFrom("weather", "search", "undeclared"),
        arguments: callArguments,
        namespace: maybe(text)
      })
      .map((fields) => [present({ type: "function_call", call_id: "call", status: "completed", ...fields })])
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom<ReadonlyArray<Json>>(
        [{ type: "custom_tool_call", call_id: "call", name: "sql", input: " select 1" }],
        [{ type: "web_search_call", status: "completed", action: { type: "search", query: "q", queries: ["q"] } }],
        [{ type: "file_search_call", status: "completed", queries: ["q"], results: [{ file_id: "f", text: "t" }] }],
        [{ type: "code_interpreter_call", status: "completed", code: "1", container_id: "c1", outputs: [] }],
        [{ type: "image_generation_call", status: "completed", result: "aGVsbG8=", output_format: "webp" }],
        [{ type: "mcp_list_tools", server_label: "s1", tools: [{ name: "t", input_schema: {} }] }],
        [{ type: "mcp_call", server_label: "s1", name: "t", arguments: "{}", output: "o" }],
        [{ type: "mcp_approval_request", server_label: "s1", name: "t", arguments: "{}" }],
        [
          { type: "shell_call", call_id: "call", action: { commands: ["ls"] }, environment: null },
          { type: "shell_call_output", call_id: "call", output: [{ stdout: "x", stderr: "e" }] }
        ],
        [{ type: "apply_patch_call", call_id: "call", operation: { type: "delete_file", path: "a" } }],
        [{ type: "computer_call", call_id: "call", action: { type: "screenshot" }, pending_safety_checks: [] }],
        [{ type: "compaction", encrypted_content: "zip" }],
        [{ type: "tool_search_output", execution: "server", tools: [{ type: "function", name: "late" }] }],
        [{ type: "future_item", payload: { deep: [1, null] } }]
      )
      .map((items) => items.map((item) => ({ ...item })))
  }
)

const responseEvents = (output: ReadonlyArray<Json>, size: number, isBrief: boolean): ReadonlyArray<Json> =>
  output.flatMap((item, output_index) => {
    const at = { item_id: item["id"], output_index }
    const emptied = { ...item, arguments: "", content: [], input: "", summary: [] }
    const texts = (list: "content" | "summary") =>
      objects(item[list]).flatMap((part, index) => {
        const place = { ...at, [list === "summary" ? "summary_index" : "content_index"]: index }
        const kind = { refusal: "refusal", reasoning_text: "reasoning_text", summary_text: "reasoning_summary_text" }[
          String(part["type"])
        ]
        const said = String(part["text"] ?? part["refusal"] ?? "")
        return [
          {
            type: list === "summary" ? "response.reasoning_summary_part.added" : "response.content_part.added",
            ...place,
            part: { ...part, text: "" }
          },
          ...pieces(said, size).map((delta) => ({ type: `response.${kind ?? "output_text"}.delta`, ...place, delta }))
        ]
      })
    const done = { type: "response.output_item.done", output_index, item }
    if (isBrief) return [done]
    const deltas = (field: string, type: string) =>
      pieces(String(item[field] ?? ""), size).map((delta) => ({ type, ...at, delta }))
    return [
      { type: "response.output_item.added", output_index, item: emptied },
      ...texts("summary"),
      ...texts("content"),
      ...(item["type"] === "function_call" ? deltas("arguments", "response.function_call_arguments.delta") : []),
      ...(item["type"] === "custom_tool_call" ? deltas("input", "response.custom_tool_call_input.delta") : []),
      done
    ]
  })

export const responses: fc.Arbitrary<Generated> = fc
  .record({ items: listOf(item, 6), size: fc.integer({ min: 1, max: 9 }), hasIds: fc.boolean(), isBrief: fc.boolean() })
  .map(({ hasIds, isBrief, items, size }) => {
    const output = items.flatMap((group, at) =>
      group.map((item, n) => ({
        ...item,
        ...(hasIds ? { id: `id_${at}_${n}` } : {}),
        ...("call_id" in item ? { call_id: `call_${at}` } : {})
      }))
    )
    const answer = { id: "resp_1", model: "gpt-5.4", status: "completed", output, usage: { output_tokens: 3 } }
    return {
      answer,
      events: [
        { type: "response.created", response: { ...answer, status: "in_progress", output: [] } },
        ...responseEvents(output, size, isBrief),
        { type: "response.completed", response: answer }
      ]
    }
  })

// Chat Completions

const toolCall = fc.oneof(
  fc
    .record({ name: fc.constantFrom("weather", "search", "undeclared"), arguments: callArguments })
    .map((fn) => ({ type: "function", function: fn })),
  text.map((input) => ({ type: "custom", custom: { name: "sql", input } }))
)

export const chat: fc.Arbitrary<Generated> = fc
  .record({
    content: fc.option(text),
    reasoning: maybe(fc.record({ field: fc.constantFrom("reasoning", "reasoning_content"), text })),
    refusal: fc.option(text, { freq: 8 }),
    calls: listOf(toolCall),
    annotations: maybe(fc.constant([{ type: "url_citation", url_citation: { url: "https://a.test", title: "A" } }])),
    logprobs: fc.boolean(),
    size: fc.integer({ min: 1, max: 9 })
  })
  .map(({ annotations, calls, content, logprobs, reasoning, refusal, size }) => {
    const toolCalls = calls.map((call, at) => ({ id: `call_${at}`, ...call }))
    const message = present({
      role: "assistant",
      content,
      refusal,
      annotations,
      ...(reasoning === undefined ? {} : { [reasoning.field]: reasoning.text }),
      tool_calls: toolCalls.length === 0 ? undefined : toolCalls
    })
    const head = { id: "chatcmpl-1", created: 1_700_000_000, model: "gpt-4.1", system_fingerprint: "fp" }
    const finish_reason = toolCalls.length === 0 ? "stop" : "tool_calls"
    const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }
    const probabilities = logprobs ? { content: [{ token: "a", logprob: -1 }] } : null
    const chunk = (delta: Json, finish: string | null = null, more: Json | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, finish_reason: finish, logprobs: more }]
    })
    const deltas: ReadonlyArray<Json> = [
      ...(reasoning === undefined ? [] : pieces(reasoning.text, size).map((delta) => ({ [reasoning.field]: delta }))),
      ...pieces(content ?? "", size).map((delta) => ({ content: delta })),
      ...pieces(refusal ?? "", size).map((delta) => ({ refusal: delta })),
      ...toolCalls.flatMap(({ id, ...call }, index) => {
        const [key, field, said, name] =
          "custom" in call
            ? ["custom", "input", call.custom.input, call.custom.name]
            : ["function", "arguments", call.function.arguments, call.function.name]
        return [
          { tool_calls: [{ index, id, type: call.type, [key]: { name, [field]: "" } }] },
          ...pieces(said, size).map((delta) => ({ tool_calls: [{ index, [key]: { [field]: delta } }] }))
        ]
      }),
      ...(annotations === undefined ? [] : [{ annotations }])
    ]
    return {
      answer: { ...head, choices: [{ index: 0, message, finish_reason, logprobs: probabilities }], usage },
      events: [
        chunk({ role: "assistant", content: "" }, null, probabilities),
        ...deltas.map((delta) => chunk(delta)),
        chunk({}, finish_reason),
        { ...head, choices: [], usage }
      ]
    }
  })

// Messages

const citation = fc.constantFrom<Json>(
  { type: "char_location", cited_text: "c", document_index: 0, document_title: "D", start_char_index: 0 },
  { type: "page_location", cited_text: "c", document_index: 1, document_title: null, start_page_number: 1 },
  { type: "content_block_location", cited_text: "c", document_index: 2, document_title: "X", start_block_index: 0 },
  { type: "web_search_result_location", cited_text: "c", url: "https://a.test", title: null, encrypted_index: "e" },
  { type: "search_result_location", cited_text: "c", source: "kb-1", title: "S", search_result_index: 0 },
  { type: "future_location", cited_text: "c" }
)
const hosted = fc.constantFrom<readonly [Json, Json]>(
  [
    { type: "server_tool_use", name: "web_search", input: { query: "q" } },
    { type: "web_search_tool_result", content: [{ type: "web_search_result", url: "https://a.test", title: "T" }] }
  ],
  [
    { type: "server_tool_use", name: "web_search", input: { query: "q" } },
    { type: "web_search_tool_result", content: { type: "web_search_tool_result_error", error_code: "unavailable" } }
  ],
  [
    { type: "server_tool_use", name: "bash_code_execution", input: { command: "ls" } },
    { type: "bash_code_execution_tool_result", content: { type: "bash_code_execution_result", stdout: "a" } }
  ],
  [
    { type: "mcp_tool_use", name: "t", server_name: "s1", input: {} },
    { type: "mcp_tool_result", is_error: true, content: [{ type: "text", text: "x" }] }
  ]
)
const block: fc.Arbitrary<ReadonlyArray<Json>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ text: text.filter((text) => text.trim() !== ""), citations: listOf(citation) })
      .map((fields) => [{ type: "text", ...fields }])
  },
  { weight: 2, arbitrary: text.map((thinking) => [{ type: "thinking", thinking, signature: "sig" }]) },
  { weight: 1, arbitrary: fc.constant([{ type: "redacted_thinking", data: "red" }]) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        name: fc.constantFrom("weather", "search", "undeclared"),
        input: callArguments.map((text) => JSON.parse(text) as Json),
        caller: maybe(fc.constant({ type: "code_execution_20250825", tool_id: "srvtoolu_1" }))
      })
      .map((fields) => [present({ type: "tool_use", id: "toolu", ...fields })])
  },
  {
    weight: 3,
    arbitrary: hosted.map(([call, result]) => [
      { ...call, id: "srvtoolu" },
      { ...result, tool_use_id: "srvtoolu" }
    ])
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<ReadonlyArray<Json>>(
      [{ type: "compaction", content: "summary" }],
      [{ type: "future_block", payload: { x: [1] } }]
    )
  }
)

const blockEvents = (block: Json, index: number, size: number): ReadonlyArray<Json> => {
  const begin = (content_block: Json) => ({ type: "content_block_start", index, content_block })
  const delta = (delta: Json) => ({ type: "content_block_delta", index, delta })
  const input = "input" in block ? JSON.stringify(block["input"]) : undefined
  switch (block["type"]) {
    case "text":
      return [
        begin({ ...block, text: "", citations: [] }),
        ...pieces(String(block["text"]), size).map((text) => delta({ type: "text_delta", text })),
        ...objects(block["citations"]).map((citation) => delta({ type: "citations_delta", citation }))
      ]
    case "thinking":
      return [
        begin({ ...block, thinking: "", signature: "" }),
        ...pieces(String(block["thinking"]), size).map((thinking) => delta({ type: "thinking_delta", thinking })),
        delta({ type: "signature_delta", signature: block["signature"] })
      ]
    case "compaction":
      return [begin({ ...block, content: null }), delta({ type: "compaction_delta", content: block["content"] })]
    default:
      return input === undefined
        ? [begin(block)]
        : [
            begin({ ...block, input: {} }),
            ...pieces(input, size).map((partial_json) => delta({ type: "input_json_delta", partial_json }))
          ]
  }
}

export const messages: fc.Arbitrary<Generated> = fc
  .record({
    blocks: listOf(block, 6),
    size: fc.integer({ min: 1, max: 9 }),
    /** Blocks that run side by side: all begin before the first ends. */
    isMixed: fc.boolean()
  })
  .map(({ blocks, isMixed, size }) => {
    const content: ReadonlyArray<Json> = blocks.flatMap((group, at) =>
      group.map((block) => ({
        ...block,
        ...("id" in block ? { id: `${block["id"]}_${at}` } : {}),
        ...("tool_use_id" in block ? { tool_use_id: `${block["tool_use_id"]}_${at}` } : {})
      }))
    )
    const usage = { input_tokens: 2, output_tokens: 3 }
    const isCalling = content.some(({ type }) => type === "tool_use")
    const stop_reason = isCalling ? "tool_use" : "end_turn"
    const answer = { id: "msg_1", type: "message", role: "assistant", model: "claude", content, stop_reason, usage }
    const told = content.map((block, index) => blockEvents(block, index, size))
    const stops = content.map((_, index) => ({ type: "content_block_stop", index }))
    return {
      answer,
      events: [
        { type: "message_start", message: { ...answer, content: [], stop_reason: null } },
        ...(isMixed
          ? [...told.flat(), ...stops]
          : told.flatMap((events, index) => [...events, ...stops.slice(index, index + 1)])),
        { type: "message_delta", delta: { stop_reason }, usage },
        { type: "message_stop" }
      ]
    }
  })
