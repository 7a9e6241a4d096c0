import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as Chat from "effect/ai/Chat"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as ResponseIdTracker from "effect/ai/ResponseIdTracker"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as fc from "fast-check"
import * as AiErrors from "../../src/AiErrors.ts"
import * as HostedTools from "../../src/openai/api/HostedTools.ts"
import type * as Responses from "../../src/openai/api/Responses.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import * as RetryPolicy from "../../src/policies/RetryPolicy.ts"
import * as Telemetry from "../../src/telemetry/Telemetry.ts"
import { hasCorpus, eventsOf as recordedEvents, recordings } from "../support/corpus.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { eventsOf, recordingTracer, streamed, tool, twoTurns, withHandler } from "../support/languageModels.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

type Json = { readonly [field: string]: unknown }

const reasoning = {
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "First." },
    { type: "summary_text", text: "Then." }
  ],
  encrypted_content: "sealed"
}
const search = {
  type: "web_search_call",
  id: "ws_1",
  status: "completed",
  action: { type: "search", query: "news", sources: [{ type: "url", url: "https://a.test/" }] }
}
const message = (text: string, more: Json = {}) => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
  ...more
})
const call = (args: string, more: Json = {}) => ({
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "weather",
  arguments: args,
  status: "completed",
  ...more
})
const response = (output: ReadonlyArray<unknown>, more: Json = {}): Json => ({
  id: "resp_1",
  object: "response",
  created_at: 1_700_000_000,
  model: "gpt-5.4-mini-2026-03-05",
  status: "completed",
  output,
  usage: {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 6,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 16
  },
  ...more
})

/** The events of a response, with texts in pieces of three characters. */
const eventsFor = (answer: Json): ReadonlyArray<Json> => {
  const list: Array<Json> = [{ type: "response.created", response: { ...answer, status: "in_progress", output: [] } }]
  const output = answer["output"] as ReadonlyArray<Json>
  for (const [output_index, item] of output.entries()) {
    const at = { item_id: item["id"], output_index }
    list.push({
      type: "response.output_item.added",
      output_index,
      item: { ...item, content: [], summary: [], arguments: "" }
    })
    const pieces = (text: string) => text.match(/[\s\S]{1,3}/g) ?? []
    for (const [content_index, part] of ((item["content"] ?? []) as ReadonlyArray<Json>).entries()) {
      const isRefusal = part["type"] === "refusal"
      for (const delta of pieces(String(part["text"] ?? part["refusal"]))) {
        list.push({
          type: isRefusal ? "response.refusal.delta" : "response.output_text.delta",
          ...at,
          content_index,
          delta
        })
      }
    }
    for (const [summary_index, part] of ((item["summary"] ?? []) as ReadonlyArray<Json>).entries()) {
      for (const delta of pieces(String(part["text"]))) {
        list.push({ type: "response.reasoning_summary_text.delta", ...at, summary_index, delta })
      }
    }
    if (item["type"] === "function_call") {
      for (const delta of pieces(String(item["arguments"]))) {
        list.push({ type: "response.function_call_arguments.delta", ...at, delta })
      }
    }
    list.push({ type: "response.output_item.done", output_index, item })
  }
  return [...list, { type: `response.${answer["status"]}`, response: answer }]
}

const typed = (events: ReadonlyArray<unknown>) => events as ReadonlyArray<Responses.ResponseStreamEvent>

const stream = (events: ReadonlyArray<unknown>): Reply => ({
  headers: { "content-type": "text/event-stream" },
  parts: eventsOf(events)
})

const modelOver = (http: FakeHttp, config?: ResponseLanguageModel.Config, options = {}) =>
  ResponseLanguageModel.model("gpt-5.4-mini", config).pipe(Layer.provide(openAiOver(http, options)))

const weather = Tool.make(tool.name, tool)
const toolkit = withHandler([weather], () => Effect.succeed("sunny"))

const inputOf = (http: FakeHttp, index: number) => sentBody<{ readonly input: ReadonlyArray<Json> }>(http, index).input

const partsOf = <Type extends Response.AnyPart["type"]>(
  parts: ReadonlyArray<{ readonly type: string }>,
  type: Type
): ReadonlyArray<Extract<Response.AnyPart, { readonly type: Type }>> =>
  parts.filter((part): part is Extract<Response.AnyPart, { readonly type: Type }> => part.type === type)
const textOf = (parts: ReadonlyArray<Response.PartEncoded | Response.StreamPartEncoded | Response.AnyPart>) =>
  parts.map((part) => (part.type === "text" ? part.text : part.type === "text-delta" ? part.delta : "")).join("")

const promptWith = (data: string | Uint8Array | URL, mediaType: string, fileName?: string) =>
  Prompt.make([
    { role: "user", content: [{ type: "file", mediaType, data, ...(fileName === undefined ? {} : { fileName }) }] }
  ])

describe("an answer of the Responses API", () => {
  it.effect("becomes parts, and its items are sent again as they came", () => {
    const output = [reasoning, search, message("The news", { phase: "final_answer" })]
    const http = fakeHttp({ body: response(output) }, { body: response([message("ok")]) })
    return Effect.gen(function* () {
      const { first } = yield* twoTurns()
      assert.deepStrictEqual(
        first.map(({ type }) => type),
        ["response-metadata", "reasoning", "reasoning", "text", "finish"]
      )
      const items = inputOf(http, 1)
      assert.deepStrictEqual(items[1], reasoning)
      assert.deepStrictEqual(items[2], search)
      assert.deepStrictEqual(items[3], {
        ...message("The news", { phase: "final_answer" }),
        content: [{ type: "output_text", text: "The news" }]
      })
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("tells the whole usage", () => {
    const http = fakeHttp({ body: response([message("hi")]) })
    return Effect.gen(function* () {
      const { finishReason, usage } = yield* LanguageModel.generateText({ prompt: "hi" })
      assert.strictEqual(finishReason, "stop")
      assert.deepStrictEqual(
        { ...usage.inputTokens, ...usage.outputTokens },
        { total: 6, uncached: 6, cacheRead: 4, cacheWrite: 0, text: 4, reasoning: 2 }
      )
      assert.strictEqual(usage.inputTokens.total, 10)
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("says which request and which limits it came with", () => {
    const headers = {
      "x-request-id": "req_1",
      "x-ratelimit-remaining-requests": "9",
      "x-ratelimit-reset-requests": "1s"
    }
    const http = fakeHttp({ body: response([message("hi")]), headers })
    return Effect.gen(function* () {
      const { content } = yield* LanguageModel.generateText({ prompt: "hi" })
      const [described] = partsOf(content, "response-metadata")
      assert.deepStrictEqual(described?.metadata["openaiResponses"], {
        requestId: "req_1",
        rateLimit: { requests: { remaining: 9, reset: 1000 } }
      })
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("carries items that nobody knows behind the last text to the next request", () => {
    const future = { type: "future_item", id: "fut_1", payload: [1, { deep: null }] }
    const http = fakeHttp({ body: response([message("hi"), future]) }, { body: response([message("ok")]) })
    return Effect.gen(function* () {
      yield* twoTurns()
      assert.deepStrictEqual(
        inputOf(http, 1)
          .slice(1, 3)
          .map(({ type }) => type),
        ["message", "future_item"]
      )
      assert.deepStrictEqual(inputOf(http, 1)[2], future)
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("gives handlers decoded arguments, and sends back the ones that the model wrote", () => {
    const http = fakeHttp(
      {
        body: response([
          call('{"city":"Paris","days":null}', { namespace: "geo", caller: { type: "program", id: "p" } })
        ])
      },
      { body: response([message("ok")]) }
    )
    const seen: Array<unknown> = []
    const kit = withHandler([weather], (params) =>
      Effect.sync(() => {
        seen.push(params)
        return "sunny"
      })
    )
    return Effect.gen(function* () {
      yield* twoTurns({ toolkit: kit })
      assert.deepStrictEqual(seen, [{ city: "Paris" }])
      const [, sent, output] = inputOf(http, 1)
      assert.strictEqual(sent?.["arguments"], '{"city":"Paris","days":null}')
      assert.strictEqual(sent?.["namespace"], "geo")
      assert.deepStrictEqual(sent?.["caller"], { type: "program", id: "p" })
      assert.deepStrictEqual(output, { type: "function_call_output", call_id: "call_1", output: "sunny" })
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("sends arguments that a program has changed, not those that the model wrote", () => {
    const http = fakeHttp(
      { body: response([call('{"city":"Paris","days":null}')]) },
      { body: response([message("ok")]) }
    )
    return Effect.gen(function* () {
      const chat = yield* Chat.empty
      const { content } = yield* chat.generateText({ prompt: "first", toolkit })
      const redacted = Prompt.fromResponseParts(
        content.map((part) => (part.type === "tool-call" ? { ...part, params: { city: "***" } } : part))
      )
      yield* LanguageModel.generateText({ prompt: redacted, toolkit })
      assert.strictEqual(inputOf(http, 1)[0]?.["arguments"], '{"city":"***"}')
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("answers calls that nothing has answered, so that the next request is valid", () => {
    const http = fakeHttp({ body: response([message("ok")]) })
    const prompt = Prompt.make([
      { role: "assistant", content: [{ type: "tool-call", id: "call_9", name: "weather", params: {} }] },
      { role: "user", content: [{ type: "text", text: "go on" }] }
    ])
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt, toolkit })
      assert.deepStrictEqual(
        inputOf(http, 0).map(({ type, role }) => type ?? role),
        ["function_call", "function_call_output", "user"]
      )
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("refers to items that the server keeps, if store is true", () => {
    const http = fakeHttp({ body: response([reasoning, message("hi")]) }, { body: response([message("ok")]) })
    return Effect.gen(function* () {
      yield* twoTurns()
      assert.deepStrictEqual(inputOf(http, 1).slice(1, 3), [
        { type: "item_reference", id: "rs_1" },
        { type: "item_reference", id: "msg_1" }
      ])
    }).pipe(Effect.provide(modelOver(http, { store: true })))
  })

  it.effect("leaves out reasoning without content that the server does not keep", () => {
    const { encrypted_content: _, ...bare } = reasoning
    const http = fakeHttp({ body: response([bare, message("hi")]) }, { body: response([message("ok")]) })
    return Effect.gen(function* () {
      yield* twoTurns()
      assert.deepStrictEqual(
        inputOf(http, 1).map(({ type, role }) => type ?? role),
        ["user", "message", "user"]
      )
      assert.deepStrictEqual(sentBody(http)["include"], ["reasoning.encrypted_content"])
    }).pipe(Effect.provide(modelOver(http, { store: false })))
  })

  it.effect("of a hosted tool in the toolkit is a call and its result, and is sent again as it came", () => {
    const http = fakeHttp({ body: response([search, message("hi")]) }, { body: response([message("ok")]) })
    const kit = withHandler([HostedTools.WebSearch({ search_context_size: "low" })], () => Effect.void)
    return Effect.gen(function* () {
      const { first } = yield* twoTurns({ toolkit: kit })
      const [made] = partsOf(first, "tool-call")
      assert.deepStrictEqual(made?.params, search.action)
      assert.isTrue(made?.providerExecuted)
      assert.deepStrictEqual(sentBody(http)["tools"], [{ type: "web_search", search_context_size: "low" }])
      assert.deepStrictEqual(inputOf(http, 1)[1], search)
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("asks for approval of a call to an MCP server, which the program gives", () => {
    const request = { type: "mcp_approval_request", id: "mcpr_1", server_label: "docs", name: "find", arguments: "{}" }
    const http = fakeHttp({ body: response([request]) }, { body: response([message("ok")]) })
    const kit = withHandler(
      [HostedTools.Mcp({ server_label: "docs", server_url: "https://mcp.test" })],
      () => Effect.void
    )
    return Effect.gen(function* () {
      const chat = yield* Chat.empty
      const { content, finishReason } = yield* chat.generateText({ prompt: "first", toolkit: kit })
      assert.strictEqual(finishReason, "pause")
      const [asked] = partsOf(content, "tool-call")
      yield* chat.generateText({
        prompt: [
          { role: "tool", content: [{ type: "tool-approval-response", approvalId: asked?.id ?? "", approved: true }] }
        ],
        toolkit: kit
      })
      assert.deepStrictEqual(inputOf(http, 1).slice(1), [
        request,
        { type: "mcp_approval_response", approval_request_id: "mcpr_1", approve: true }
      ])
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("asks the program to run a shell, whose output goes back in the API's form", () => {
    const shell = {
      type: "shell_call",
      id: "sh_1",
      call_id: "call_1",
      status: "completed",
      action: { commands: ["ls"] }
    }
    const http = fakeHttp({ body: response([shell]) }, { body: response([message("ok")]) })
    const outcome = { type: "exit", exit_code: 0 } as const
    const kit = withHandler([HostedTools.Shell({})], () => Effect.succeed([{ stdout: "a.txt", stderr: "", outcome }]))
    return Effect.gen(function* () {
      yield* twoTurns({ toolkit: kit })
      assert.deepStrictEqual(inputOf(http, 1).slice(1, 3), [
        shell,
        { type: "shell_call_output", call_id: "call_1", output: [{ stdout: "a.txt", stderr: "", outcome }] }
      ])
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect(
    "does not ask the program to run a shell whose output it has, though the call does not say where it ran",
    () => {
      const shell = { type: "shell_call", id: "sh_1", call_id: "call_1", action: { commands: ["ls"] } }
      const output = {
        type: "shell_call_output",
        id: "sho_1",
        call_id: "call_1",
        output: [{ stdout: "a", stderr: "" }]
      }
      return Effect.gen(function* () {
        const { parts } = yield* streamed({ prompt: "hi" }).pipe(
          Effect.provide(modelOver(fakeHttp(stream(eventsFor(response([shell, output, message("ok")]))))))
        )
        assert.lengthOf(partsOf(parts, "tool-call"), 0)
        assert.deepStrictEqual(partsOf(parts, "text-start")[0]?.metadata["openaiResponses"], {
          itemId: "msg_1",
          before: [shell, output]
        })
      })
    }
  )

  it.effect("is told that a patch failed, whatever the failure is", () => {
    const patch = {
      type: "apply_patch_call",
      id: "apc_1",
      call_id: "call_1",
      operation: { type: "delete_file", path: "a" }
    }
    const http = fakeHttp({ body: response([patch]) }, { body: response([message("ok")]) })
    const kit = withHandler([HostedTools.ApplyPatch({}, { failureMode: "return" })], () =>
      Effect.fail({ type: "denied", status: "completed" })
    )
    return Effect.gen(function* () {
      yield* twoTurns({ toolkit: kit })
      assert.deepStrictEqual(inputOf(http, 1)[2], {
        type: "apply_patch_call_output",
        call_id: "call_1",
        status: "failed",
        output: '{"type":"denied","status":"completed"}'
      })
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("asks the program to operate a computer, and is told which safety checks were acknowledged", () => {
    const check = { id: "sc_1", code: "malicious_instructions", message: "Careful" }
    const computer = {
      type: "computer_call",
      id: "cu_1",
      call_id: "call_1",
      status: "completed",
      action: { type: "screenshot" },
      pending_safety_checks: [check]
    }
    const http = fakeHttp({ body: response([computer]) }, { body: response([message("ok")]) })
    const kit = withHandler([HostedTools.Computer({})], () =>
      Effect.succeed({ image_url: "data:image/png;base64,AAAA", acknowledged_safety_checks: [check] })
    )
    return Effect.gen(function* () {
      const { first } = yield* twoTurns({ toolkit: kit })
      assert.deepStrictEqual(partsOf(first, "tool-call")[0]?.params, {
        action: { type: "screenshot" },
        pending_safety_checks: [check]
      })
      assert.deepStrictEqual(inputOf(http, 1).slice(1, 3), [
        computer,
        {
          type: "computer_call_output",
          call_id: "call_1",
          output: { type: "computer_screenshot", image_url: "data:image/png;base64,AAAA" },
          acknowledged_safety_checks: [check]
        }
      ])
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("with an image is a file, which is sent again as the item that it was", () => {
    const image = {
      type: "image_generation_call",
      id: "ig_1",
      status: "completed",
      output_format: "webp",
      result: "AAAA"
    }
    const http = fakeHttp({ body: response([image]) }, { body: response([message("ok")]) })
    return Effect.gen(function* () {
      const { first } = yield* twoTurns()
      const [file] = partsOf(first, "file")
      assert.strictEqual(file?.mediaType, "image/webp")
      assert.deepStrictEqual(inputOf(http, 1)[1], image)
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("cites its sources once each, and never fails for a bad URL", () => {
    const annotations = [
      { type: "url_citation", url: "https://a.test/", title: "A", start_index: 0, end_index: 1 },
      { type: "url_citation", url: "https://a.test/", title: "A", start_index: 2, end_index: 3 },
      { type: "url_citation", url: "no url", title: "B" },
      { type: "file_citation", file_id: "file-1", filename: "a.pdf" }
    ]
    const http = fakeHttp({
      body: response([message("hi", { content: [{ type: "output_text", text: "hi", annotations }] })])
    })
    return Effect.gen(function* () {
      const { content } = yield* LanguageModel.generateText({ prompt: "hi" })
      const sources = content.flatMap((part) => (part.type === "source" ? [part] : []))
      assert.deepStrictEqual(
        sources.map((source) => (source.sourceType === "url" ? source.url.href : source.fileName)),
        ["https://a.test/", "a.pdf"]
      )
    }).pipe(Effect.provide(modelOver(http)))
  })
})

describe("a stream of the Responses API", () => {
  const answer = response([reasoning, search, message("The answer is 42"), call('{"city":"Paris","days":null}')])

  it.effect("says the same as the whole answer, at every size of chunks", () => {
    const events = typed(eventsFor(answer))
    const gather = (parts: ReadonlyArray<Response.StreamPartEncoded>) =>
      Prompt.fromResponseParts(
        parts.map((part) => ({ ...part, metadata: part.metadata ?? {} })) as unknown as ReadonlyArray<Response.AnyPart>
      )
    return Effect.gen(function* () {
      const whole = yield* ResponseLanguageModel.toParts(answer as never, { tools: [weather] })
      const want = JSON.stringify(gather(whole as ReadonlyArray<Response.StreamPartEncoded>))
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), async (sizes) => {
            const chunks: Array<ReadonlyArray<Responses.ResponseStreamEvent>> = []
            for (let at = 0, n = 0; at < events.length; n++) {
              const size = sizes[n % sizes.length] ?? 1
              chunks.push(events.slice(at, at + size))
              at += size
            }
            const parts = await Stream.fromIterable(chunks).pipe(
              Stream.flattenIterable,
              ResponseLanguageModel.streamParts({ tools: [weather] }),
              Stream.runCollect,
              Effect.runPromise
            )
            assert.strictEqual(JSON.stringify(gather(parts)), want)
          }),
          { numRuns: 30 }
        )
      )
    })
  })

  it.effect("makes one chunk of parts of one chunk of events", () => {
    const deltas = Array.from({ length: 50 }, (_, n) => ({
      type: "response.output_text.delta",
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
      delta: `${n} `
    }))
    return Effect.gen(function* () {
      const sizes: Array<number> = []
      const events = typed([...deltas, { type: "response.completed", response: response([]) }])
      yield* ResponseLanguageModel.streamParts()(Stream.fromArray(events)).pipe(
        Stream.runForEachArray((chunk) => Effect.sync(() => sizes.push(chunk.length)))
      )
      assert.strictEqual(sizes.length, 1)
      assert.isAbove(sizes[0] ?? 0, 50)
    })
  })

  it.effect(
    "whose calls run side by side has them in their order, and no text waits for a call that does not end",
    () =>
      Effect.gen(function* () {
        const calls = ["one", "two", "three"].map((name, at) =>
          call("{}", { id: `fc_${at}`, call_id: `call_${at}`, name })
        )
        const added = (item: Json, output_index: number) => ({ type: "response.output_item.added", output_index, item })
        const done = (item: Json, output_index: number) => ({ type: "response.output_item.done", output_index, item })
        const delta = {
          type: "response.output_text.delta",
          item_id: "msg_1",
          output_index: 3,
          content_index: 0,
          delta: "a"
        }
        const [one = {}, two = {}, three = {}] = calls
        const events = [
          added(one, 0),
          added(two, 1),
          done(two, 1),
          done(one, 0),
          added(three, 2),
          added(message(""), 3),
          delta,
          { type: "response.completed", response: response([...calls, message("a")]) }
        ]
        const parts = yield* Stream.runCollect(ResponseLanguageModel.streamParts()(Stream.fromIterable(typed(events))))
        assert.deepStrictEqual(
          parts.flatMap((part) =>
            part.type === "tool-call" ? [part.name] : part.type === "text-delta" ? ["text"] : []
          ),
          ["one", "two", "text", "three"]
        )
      })
  )

  it.effect("that is cut fails with what had arrived, and has no finish part", () => {
    const http = fakeHttp(stream(eventsFor(answer).slice(0, -3)))
    return Effect.gen(function* () {
      const seen: Array<string> = []
      const error = yield* LanguageModel.streamText({ prompt: "hi", toolkit }).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part.type))),
        Effect.flip
      )
      assert.isTrue(AiError.isAiError(error))
      if (!AiError.isAiError(error)) return
      assert.strictEqual(error.reason._tag, "UnknownError")
      assert.notInclude(seen, "finish")
      const origin = Option.getOrThrow(AiErrors.toApiError(error))
      assert.strictEqual(origin.partial?.text, "The answer is 42")
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("fails with an AiError wherever it is cut", () => {
    const events = eventsFor(answer)
    return Effect.forEach(
      events.map((_, cut) => cut),
      (cut) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(streamed({ prompt: "hi", toolkit }))
          assert.isTrue(AiError.isAiError(error), `cut at ${cut}`)
        }).pipe(
          Effect.provide(modelOver(fakeHttp(stream(events.slice(0, cut))), undefined, { retry: RetryPolicy.none }))
        ),
      { discard: true }
    )
  })

  it.effect("whose response failed fails with the reason of its code", () => {
    const failed = {
      ...answer,
      status: "failed",
      output: [],
      error: { code: "rate_limit_exceeded", message: "slow down" }
    }
    const http = fakeHttp(stream(eventsFor(failed)))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(streamed({ prompt: "hi" }))
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "RateLimitError")
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("that is refused goes back with what the model said", () => {
    const refusal = response([message("", { content: [{ type: "refusal", refusal: "I won't" }] })])
    const http = fakeHttp(stream(eventsFor(refusal)), { body: response([message("ok")]) })
    return Effect.gen(function* () {
      const { parts } = yield* streamed({ prompt: "hi" })
      assert.strictEqual(parts.flatMap((part) => (part.type === "finish" ? [part.reason] : []))[0], "content-filter")
      yield* LanguageModel.generateText({ prompt: Prompt.fromResponseParts(parts) })
      assert.deepStrictEqual(inputOf(http, 1)[0]?.["content"], [{ type: "refusal", refusal: "I won't" }])
    }).pipe(Effect.provide(modelOver(http)))
  })
})

describe("a request of the Responses API", () => {
  it.effect("has the settings, of which the innermost win field by field", () => {
    const http = fakeHttp({ body: response([message("ok")]) })
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt: "hi" }).pipe(
        ResponseLanguageModel.withConfig({ temperature: 0.1 }),
        ResponseLanguageModel.withConfig({ temperature: 0.9, top_p: 0.5 })
      )
      const { include, max_output_tokens, temperature, top_p } = sentBody(http)
      assert.deepStrictEqual(
        { include, max_output_tokens, temperature, top_p },
        {
          include: ["web_search_call.action.sources"],
          max_output_tokens: 77,
          temperature: 0.1,
          top_p: 0.5
        }
      )
    }).pipe(
      Effect.provide(
        modelOver(http, { include: ["web_search_call.action.sources"], max_output_tokens: 77, top_p: 0.2 })
      )
    )
  })

  it.effect("takes files in every form", () => {
    const http = fakeHttp({ body: response([message("ok")]) })
    const bytes = new Uint8Array([1, 2, 3])
    const cases: ReadonlyArray<readonly [Prompt.Prompt, Json]> = [
      [
        promptWith(bytes, "image/png"),
        { type: "input_image", detail: "auto", image_url: "data:image/png;base64,AQID" }
      ],
      [
        promptWith("AQID", "image/png"),
        { type: "input_image", detail: "auto", image_url: "data:image/png;base64,AQID" }
      ],
      [
        promptWith("data:image/gif;base64,AQID", "image/*"),
        { type: "input_image", detail: "auto", image_url: "data:image/gif;base64,AQID" }
      ],
      [
        promptWith("https://a.test/a.png", "image/png"),
        { type: "input_image", detail: "auto", image_url: "https://a.test/a.png" }
      ],
      [promptWith("file-1", "image/png"), { type: "input_image", detail: "auto", file_id: "file-1" }],
      [
        promptWith(new URL("https://a.test/a.pdf"), "application/pdf"),
        { type: "input_file", file_url: "https://a.test/a.pdf" }
      ],
      [
        promptWith(bytes, "text/csv", "a.csv"),
        { type: "input_file", filename: "a.csv", file_data: "data:text/csv;base64,AQID" }
      ],
      [
        promptWith(bytes, "application/pdf"),
        { type: "input_file", filename: "file.pdf", file_data: "data:application/pdf;base64,AQID" }
      ]
    ]
    return Effect.gen(function* () {
      for (const [index, [prompt, want]] of cases.entries()) {
        yield* LanguageModel.generateText({ prompt })
        assert.deepStrictEqual(inputOf(http, index)[0]?.["content"], [want])
      }
      const error = yield* Effect.flip(LanguageModel.generateText({ prompt: promptWith(bytes, "audio/wav") }))
      assert.strictEqual(error.reason._tag, "InvalidUserInputError")
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("says strict only of schemas that the API guarantees", () => {
    const http = fakeHttp({ body: response([message("ok")]) })
    const kit = withHandler(
      [
        weather,
        Tool.make("counts", { parameters: Schema.Struct({ byName: Schema.Record(Schema.String, Schema.Int) }) }),
        Tool.dynamic("loose", { parameters: { type: "object", properties: { q: { type: "string" } } } }),
        Tool.dynamic("tight", {
          parameters: {
            type: "object",
            properties: { q: { type: "string" } },
            required: ["q"],
            additionalProperties: false
          }
        }),
        Tool.make("never", { parameters: Schema.Struct({ q: Schema.String }) }).annotate(Tool.Strict, false),
        Tool.make("none")
      ],
      () => Effect.void
    )
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt: "hi", toolkit: kit })
      const tools = sentBody<{ readonly tools: ReadonlyArray<Json> }>(http).tools
      assert.deepStrictEqual(Object.fromEntries(tools.map(({ name, strict }) => [name, strict])), {
        weather: true,
        counts: false,
        loose: false,
        tight: true,
        never: false,
        none: true
      })
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("is not sent if a tool has to be strict and cannot be", () => {
    const http = fakeHttp({ body: response([]) })
    const kit = withHandler(
      [Tool.make("any", { parameters: Schema.Struct({ value: Schema.Unknown }) }).annotate(Tool.Strict, true)],
      () => Effect.void
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "hi", toolkit: kit }))
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "UnsupportedSchemaError")
      assert.include(String(error), "value")
      assert.lengthOf(http.sent, 0)
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("continues a response that the server keeps, and sends everything if it is unknown", () => {
    const http = fakeHttp(
      { body: response([message("one")]) },
      {
        status: 404,
        body: { error: { message: "no such response", type: "invalid_request_error", param: "previous_response_id" } }
      },
      { body: response([message("two")]) }
    )
    return Effect.gen(function* () {
      const chat = yield* Chat.empty
      yield* chat.generateText({ prompt: "first" })
      const { text } = yield* chat.generateText({ prompt: "second" })
      assert.strictEqual(text, "two")
      assert.strictEqual(sentBody(http, 1)["previous_response_id"], "resp_1")
      assert.lengthOf(inputOf(http, 1), 1)
      assert.isUndefined(sentBody(http, 2)["previous_response_id"])
      assert.lengthOf(inputOf(http, 2), 3)
    }).pipe(
      Effect.provideServiceEffect(ResponseIdTracker.ResponseIdTracker, ResponseIdTracker.make),
      Effect.provide(modelOver(http))
    )
  })
})

describe("an object of the Responses API", () => {
  const object = <S extends Schema.Codec<unknown, Record<string, unknown>>>(schema: S, http: FakeHttp) =>
    LanguageModel.generateObject({ prompt: "hi", schema, objectName: "an object!" }).pipe(
      Effect.provide(modelOver(http))
    )

  it.effect("is asked for in the vendor's form and read in both", () => {
    const schema = Schema.Struct({
      at: Schema.DateTimeUtcFromString,
      tags: Schema.Record(Schema.String, Schema.Int),
      note: Schema.optionalKey(Schema.String)
    })
    const vendor = '{"at":"2024-01-01T00:00:00Z","tags":[{"0":"a","1":1}],"note":null}'
    const plain = '{"at":"2024-01-01T00:00:00Z","tags":{"a":1}}'
    return Effect.forEach([vendor, plain], (text) => {
      const http = fakeHttp({ body: response([message(text)]) })
      return Effect.gen(function* () {
        const { value } = yield* object(schema, http)
        assert.deepStrictEqual(value.tags, { a: 1 })
        assert.isFalse("note" in value)
        const { text: format } = sentBody<{ readonly text: { readonly format: Json } }>(http)
        assert.strictEqual(format.format["name"], "an_object_")
        assert.strictEqual(format.format["strict"], true)
      })
    })
  })

  it.effect("of a schema that the API cannot guarantee is asked for without strict", () => {
    const http = fakeHttp({ body: response([message('{"anything":[1,"two"]}')]) })
    return Effect.gen(function* () {
      const { value } = yield* object(Schema.Struct({ anything: Schema.Unknown }), http)
      assert.deepStrictEqual(value, { anything: [1, "two"] })
      assert.strictEqual(sentBody<{ readonly text: { readonly format: Json } }>(http).text.format["strict"], false)
    })
  })

  it.effect("that is one of several is asked for within an object", () => {
    const schema = Schema.Union([
      Schema.Struct({ kind: Schema.Literal("a"), n: Schema.Int }),
      Schema.Struct({ kind: Schema.Literal("b"), s: Schema.String })
    ])
    const http = fakeHttp({ body: response([message('{"value":{"kind":"b","s":"x"}}')]) })
    return Effect.gen(function* () {
      const { value } = yield* object(schema, http)
      assert.deepStrictEqual(value, { kind: "b", s: "x" })
    })
  })

  it.effect("that the model refuses fails with what it said", () => {
    const http = fakeHttp({ body: response([message("", { content: [{ type: "refusal", refusal: "I won't" }] })]) })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(object(Schema.Struct({ a: Schema.String }), http))
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "ContentPolicyError")
      assert.include(String(error), "I won't")
    })
  })

  it.effect("that the token limit cuts fails with the text and the reason", () => {
    const http = fakeHttp({
      body: response([message('{"a":"x')], {
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" }
      })
    })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(object(Schema.Struct({ a: Schema.String }), http))
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "StructuredOutputError")
      assert.include(String(error), "token limit")
    })
  })
})

describe("a call of a language model", () => {
  it.effect("has one span with its usage, also if Telemetry is on", () => {
    const http = fakeHttp({ body: response([message("hi")]) })
    const { spans, tracer } = recordingTracer()
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt: "hi" }).pipe(
        Effect.provide(modelOver(http, undefined, { middleware: [Telemetry.make()] })),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      const described = spans.filter((span) => span.attributes.has("gen_ai.usage.input_tokens"))
      assert.deepStrictEqual(
        described.map(({ name }) => name),
        ["LanguageModel.generateText"]
      )
      const { attributes, status } = described[0] ?? {}
      assert.strictEqual(attributes?.get("gen_ai.request.model"), "gpt-5.4-mini")
      assert.strictEqual(attributes?.get("gen_ai.usage.output_tokens"), 6)
      assert.strictEqual(status?._tag, "Ended")
      assert.lengthOf(
        spans.filter(({ attributes }) => attributes.has("gen_ai.operation.name")),
        1
      )
    })
  })

  it.effect("that streams has one span, with its usage at the end", () => {
    const http = fakeHttp(stream(eventsFor(response([message("hi")]))))
    const { spans, tracer } = recordingTracer()
    return Effect.gen(function* () {
      yield* streamed({ prompt: "hi" }).pipe(
        Effect.provide(modelOver(http, undefined, { middleware: [Telemetry.make()] })),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      const described = spans.filter((span) => span.attributes.has("gen_ai.usage.input_tokens"))
      assert.deepStrictEqual(
        described.map(({ name }) => name),
        ["LanguageModel.streamText"]
      )
      assert.strictEqual(described[0]?.status._tag, "Ended")
    })
  })
})

describe.runIf(hasCorpus)("recorded answers of the Responses API", () => {
  const recorded = (["openai", "compatible"] as const)
    .flatMap(recordings)
    .filter(
      ({ handEdited, path, status }) =>
        status === 200 && handEdited !== true && /\/responses$/.test(path.split("?")[0] ?? "")
    )

  it.effect("lose no text, whole or streamed", () =>
    Effect.gen(function* () {
      let compared = 0
      for (const recording of recorded.filter(({ kind }) => kind === "sse")) {
        const events = recordedEvents(recording) as ReadonlyArray<Json>
        const last = events.findLast((event) => /^response\.(completed|incomplete)$/.test(String(event["type"])))
        const whole = last?.["response"] as Json | undefined
        if (whole === undefined || !Array.isArray(whole["output"])) continue
        const parts = yield* Stream.runCollect(ResponseLanguageModel.streamParts()(Stream.fromArray(typed(events))))
        const said = textOf(parts)
        const want = textOf(yield* ResponseLanguageModel.toParts(whole as never))
        // Of some recordings only some deltas are kept.
        if (said !== want) assert.isBelow(said.length, want.length, recording.id)
        compared++
      }
      assert.isAbove(compared, 10)
    })
  )
})
