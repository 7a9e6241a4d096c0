import { assert, describe, it } from "@effect/vitest"
import { Accumulator } from "llmfx"
import { MessageStream, Messages } from "llmfx/anthropic"
import { ChatCompletionStream, ChatCompletions, ResponseStream, Responses } from "llmfx/openai"
import { Events, Sample } from "llmfx/testing"

const collapsed = (types: ReadonlyArray<string>): ReadonlyArray<string> =>
  types.filter((type, index) => type !== types[index - 1])

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("the events of an answer, put together again", () => {
  it("are the chat completion they were made from", () => {
    const answer = {
      choices: [
        {
          message: {
            content: "one two",
            refusal: null,
            tool_calls: [
              { id: "a", type: "function" as const, function: { name: "f", arguments: '{"x": [1, 2]}' } },
              { id: "b", type: "function" as const, function: { name: "g", arguments: "{}" } }
            ]
          },
          finish_reason: "tool_calls",
          logprobs: null
        }
      ],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }
    }
    const folded = Accumulator.fold(
      ChatCompletionStream.accumulator,
      Events.chatCompletion(answer, { includeUsage: true })
    )
    const { choices, usage } = Sample.make(ChatCompletions.ChatCompletion, answer)
    assert.deepStrictEqual(json({ choices: folded?.choices, usage: folded?.usage }), json({ choices, usage }))
  })

  it("are the message they were made from", () => {
    const message = Sample.make(Messages.Message, {
      content: [
        { type: "thinking", thinking: "let me see", signature: "sig" },
        {
          type: "text",
          text: "one two",
          citations: [
            { type: "char_location", cited_text: "t", document_index: 0, start_char_index: 0, end_char_index: 1 }
          ]
        },
        { type: "tool_use", id: "tu", name: "f", input: { a: [1, { b: "c" }] } },
        { type: "tool_use", id: "tv", name: "g", input: {} },
        { type: "redacted_thinking", data: "xx" }
      ],
      stop_reason: "tool_use",
      stop_sequence: null,
      usage: { input_tokens: 4, output_tokens: 9, cache_read_input_tokens: 2 }
    })
    const events = Events.message(message)
    assert.deepStrictEqual(json(Accumulator.fold(MessageStream.accumulator, events)), json(message))
  })

  it("are the output of the response they were made from, also before its last event", () => {
    const response = Sample.make(Responses.Response, {
      status: "completed",
      output: [
        { type: "reasoning", id: "rs", summary: [{ type: "summary_text", text: "think twice" }] },
        { type: "function_call", id: "fc", call_id: "c", name: "f", arguments: '{"a": 1}', status: "completed" },
        {
          type: "message",
          id: "msg",
          status: "completed",
          content: [{ type: "output_text", text: "one two", annotations: [], logprobs: [] }]
        }
      ]
    })
    const events = Events.response(response)
    const before = Accumulator.fold(ResponseStream.accumulator, events.slice(0, -1))
    assert.deepStrictEqual(json(before?.output), json(response.output))
    const whole = Accumulator.fold(ResponseStream.accumulator, events)
    assert.deepStrictEqual(json(whole?.output), json(response.output))
  })
})

describe("the chunks of a chat completion", () => {
  it("begin with the role, then have text and tool calls in pieces, and end with the finish reason and the usage", () => {
    const chunks = Events.chatCompletion(
      {
        choices: [
          {
            message: {
              content: "one two",
              tool_calls: [{ id: "call", type: "function", function: { name: "add", arguments: '{"a": 1, "b": 2}' } }]
            },
            finish_reason: "tool_calls"
          }
        ],
        usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }
      },
      { includeUsage: true }
    )
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    assert.deepStrictEqual(deltas[0], { role: "assistant", content: "", refusal: null })
    assert.strictEqual(deltas.map(({ content }) => content ?? "").join(""), "one two")
    const calls = deltas.flatMap(({ tool_calls }) => tool_calls ?? [])
    assert.deepStrictEqual(calls[0], {
      index: 0,
      id: "call",
      type: "function",
      function: { name: "add", arguments: "" }
    })
    assert.strictEqual(calls.map((call) => call.function?.arguments ?? "").join(""), '{"a": 1, "b": 2}')
    assert.deepStrictEqual(
      chunks.map(({ choices }) => choices[0]?.finish_reason).filter((reason) => typeof reason === "string"),
      ["tool_calls"]
    )
    const last = chunks.at(-1)
    assert.deepStrictEqual([last?.choices, last?.usage?.total_tokens], [[], 8])
    assert.isNull(chunks[0]?.usage)
  })

  it("begin with the call if there is one call and no text, and with the role if there are two", () => {
    const call = (id: string) => ({ id, type: "function" as const, function: { name: "f", arguments: '{"a": 1}' } })
    const deltasOf = (...tool_calls: ReadonlyArray<ReturnType<typeof call>>) =>
      Events.chatCompletion({ choices: [{ message: { content: null, tool_calls }, finish_reason: "tool_calls" }] }).map(
        ({ choices }) => choices[0]?.delta
      )
    const begun = { index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }
    const [first, second] = deltasOf(call("a"))
    assert.deepStrictEqual(first, { role: "assistant", content: null, refusal: null, tool_calls: [begun] })
    assert.deepStrictEqual(second, { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] })
    assert.deepStrictEqual(deltasOf(call("a"), call("b")).slice(0, 2), [
      { role: "assistant", content: null, refusal: null },
      { tool_calls: [begun] }
    ])
  })

  it("have every choice of the answer", () => {
    const chunks = Events.chatCompletion({
      choices: [{ message: { content: "a" } }, { message: { refusal: "no" }, finish_reason: "stop" }]
    })
    const second = chunks.flatMap(({ choices }) => choices.filter(({ index }) => index === 1))
    assert.deepStrictEqual(second[0]?.delta, { role: "assistant", content: null, refusal: null })
    assert.strictEqual(second.map(({ delta }) => delta.refusal ?? "").join(""), "no")
  })
})

describe("the events of a response", () => {
  it("announce every item and its parts, and end with the whole response", () => {
    const events = Events.response({
      id: "resp_1",
      status: "completed",
      output: [
        { type: "reasoning", id: "rs", summary: [{ type: "summary_text", text: "think" }] },
        {
          type: "message",
          id: "msg",
          status: "completed",
          content: [
            {
              type: "output_text",
              text: "one two",
              annotations: [{ type: "url_citation", url: "https://example.com/", title: "t" }]
            }
          ]
        },
        { type: "function_call", id: "fc", name: "f", arguments: '{"a": 1}', status: "completed" }
      ]
    })
    assert.deepStrictEqual(
      events.map((event) => ("sequence_number" in event ? event.sequence_number : -1)),
      events.map((_, index) => index)
    )
    assert.deepStrictEqual(collapsed(events.map(({ type }) => type)), [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.annotation.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed"
    ])
    const [first] = events
    const last = events.at(-1)
    assert.deepStrictEqual(first?.type === "response.created" && first.response.output, [])
    assert.strictEqual(last?.type === "response.completed" && last.response.output.length, 3)
  })

  it("end as the response did", () => {
    const incomplete = Events.response({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } })
    const last = incomplete.at(-1)
    assert.strictEqual(
      last?.type === "response.incomplete" && last.response.incomplete_details?.reason,
      "max_output_tokens"
    )
    assert.strictEqual(Events.response({ status: "failed" }).at(-1)?.type, "response.failed")
  })

  it("are queued first if the response runs in the background", () => {
    const types = Events.response({ background: true, status: "completed" }).map(({ type }) => type)
    assert.deepStrictEqual(types.slice(0, 3), ["response.created", "response.queued", "response.in_progress"])
  })
})

describe("the events of a message", () => {
  it("start empty, bring each block in pieces, and end with the stop reason and the counts", () => {
    const events = Events.message({
      id: "msg",
      content: [
        { type: "thinking", thinking: "let me see", signature: "sig" },
        { type: "text", text: "one two" },
        { type: "tool_use", id: "tu", name: "f", input: { a: 1 } }
      ],
      stop_reason: "tool_use",
      usage: { input_tokens: 4, output_tokens: 9 }
    })
    assert.deepStrictEqual(
      collapsed(
        events.map((event) => (event.type === "content_block_delta" ? `${event.type} ${event.delta.type}` : event.type))
      ),
      [
        "message_start",
        "content_block_start",
        "content_block_delta thinking_delta",
        "content_block_delta signature_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta text_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta input_json_delta",
        "content_block_stop",
        "message_delta",
        "message_stop"
      ]
    )
    const [start] = events
    assert.deepStrictEqual(start?.type === "message_start" && start.message.content, [])
    assert.strictEqual(start?.type === "message_start" && start.message.usage.output_tokens, 1)
    const end = events.at(-2)
    assert.strictEqual(end?.type === "message_delta" && end.delta.stop_reason, "tool_use")
    assert.strictEqual(end?.type === "message_delta" && end.usage.output_tokens, 9)
    const begun = events.flatMap((event) => (event.type === "content_block_start" ? [event.content_block] : []))
    assert.deepStrictEqual(json(begun), [
      { type: "thinking", thinking: "", signature: "" },
      { type: "text", text: "" },
      { type: "tool_use", id: "tu", name: "f", input: {} }
    ])
    const input = events.flatMap((event) =>
      event.type === "content_block_delta" && event.delta.type === "input_json_delta" ? [event.delta.partial_json] : []
    )
    assert.strictEqual(input.join(""), '{"a":1}')
  })
})

describe("the events of a Coze chat", () => {
  it("create the chat, bring answers in pieces and the rest whole, and end with done", () => {
    const events = Events.cozeChat({
      chat: { id: "chat", conversation_id: "conv", usage: { token_count: 7 } },
      messages: [
        { type: "function_call", content: "{}" },
        { content: "one two", reasoning_content: "hm" },
        { type: "follow_up", content: "more?" }
      ]
    })
    assert.deepStrictEqual(collapsed(events.map(({ event }) => event)), [
      "conversation.chat.created",
      "conversation.chat.in_progress",
      "conversation.message.completed",
      "conversation.message.delta",
      "conversation.message.completed",
      "conversation.chat.completed",
      "done"
    ])
    const deltas = events.flatMap((event) => (event.event === "conversation.message.delta" ? [event.data] : []))
    assert.strictEqual(deltas.map(({ content }) => content).join(""), "one two")
    assert.strictEqual(deltas.map(({ reasoning_content }) => reasoning_content).join(""), "hm")
    const end = events.at(-2)
    assert.strictEqual(end?.event === "conversation.chat.completed" && end.data.usage?.token_count, 7)
  })

  it("end as the chat did", () => {
    const events = Events.cozeChat({ chat: { status: "requires_action" }, messages: [] })
    assert.strictEqual(events.at(-2)?.event, "conversation.chat.requires_action")
  })
})
