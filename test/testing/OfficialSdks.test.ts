import { createReadStream } from "node:fs"
import { fileURLToPath } from "node:url"
import Anthropic from "@anthropic-ai/sdk"
import { CozeAPI } from "@coze/api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Failure } from "llmfx/testing"
import * as NodeEmulator from "llmfx/testing/NodeEmulator"
import OpenAI from "openai"
import { afterAll, beforeAll } from "vitest"

const scope = Scope.makeUnsafe()
let urls: NodeEmulator.Server["baseUrls"]
let limited: NodeEmulator.Server["baseUrls"]

beforeAll(async () => {
  const serve = (options: NodeEmulator.Options) =>
    Effect.runPromise(Scope.provide(NodeEmulator.serve({ jobDuration: "40 millis", ...options }), scope))
  urls = (
    await serve({
      keys: { openai: ["good"], anthropic: ["good"], coze: ["good"] },
      replies: ({ messages }) => {
        const text = messages.at(-1)?.text
        if (text === "overload") return { failure: Failure.overloaded({ message: "no room" }) }
        if (text === "call tools") return { toolCalls: [{ name: "weather", input: { city: "Paris" } }] }
        return undefined
      }
    })
  ).baseUrls
  limited = (await serve({ rateLimit: { requests: 1, window: "1 minute" } })).baseUrls
})

afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const all = async <A>(pages: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const values: Array<A> = []
  for await (const value of pages) values.push(value)
  return values
}

const rejection = async (call: PromiseLike<unknown>): Promise<unknown> => {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error("expected a failure")
}

const weather = {
  name: "weather",
  schema: {
    type: "object" as const,
    properties: { city: { type: "string" }, unit: { enum: ["C", "F"] } },
    required: ["city", "unit"],
    additionalProperties: false
  }
}

describe("the official OpenAI client", () => {
  const client = (apiKey = "good") => new OpenAI({ apiKey, baseURL: urls.openai, maxRetries: 0 })
  const chat = (content: string) => ({ model: "gpt-5.4-mini", messages: [{ role: "user" as const, content }] })

  it("chats", async () => {
    const completion = await client().chat.completions.create(chat("hello"))
    assert.strictEqual(completion.choices[0]?.message.content, "hello")
    assert.isAbove(completion.usage?.total_tokens ?? 0, 0)
    assert.match(completion._request_id ?? "", /^req_/)
  })

  it("streams, and its accumulator puts the same message together", async () => {
    const stream = client().chat.completions.stream({
      ...chat("one two three"),
      stream_options: { include_usage: true }
    })
    const pieces: Array<string> = []
    stream.on("content", (piece) => pieces.push(piece))
    const final = await stream.finalChatCompletion()
    assert.strictEqual(final.choices[0]?.message.content, "one two three")
    assert.deepStrictEqual(pieces, ["one", " two", " three"])
    assert.isAbove((await stream.totalUsage()).completion_tokens, 0)
  })

  it("runs tools to the end", async () => {
    const asked: Array<unknown> = []
    const runner = client().chat.completions.runTools({
      ...chat("weather?"),
      tools: [
        {
          type: "function",
          function: {
            name: weather.name,
            description: "",
            parameters: weather.schema,
            parse: JSON.parse,
            function: (input: unknown) => {
              asked.push(input)
              return "sunny"
            }
          }
        }
      ]
    })
    assert.strictEqual(await runner.finalContent(), "The tool answered: sunny")
    assert.deepStrictEqual(asked, [{ city: "city", unit: "C" }])
  })

  it("gets JSON of the schema that it asks for", async () => {
    const { choices } = await client().chat.completions.parse({
      ...chat("json"),
      response_format: { type: "json_schema", json_schema: { name: "w", strict: true, schema: weather.schema } }
    })
    assert.deepStrictEqual(JSON.parse(choices[0]?.message.content ?? ""), { city: "city", unit: "C" })
  })

  it("continues responses, as an answer and as a stream", async () => {
    const first = await client().responses.create({ model: "gpt-5.4-mini", input: "hello" })
    assert.strictEqual(first.output_text, "hello")
    const stream = client().responses.stream({
      model: "gpt-5.4-mini",
      input: "again please",
      previous_response_id: first.id
    })
    const types = (await all(stream)).map(({ type }) => type)
    assert.deepStrictEqual([types[0], types.at(-1)], ["response.created", "response.completed"])
    const final = await stream.finalResponse()
    assert.strictEqual(final.output_text, "again please")
    const items = await all(await client().responses.inputItems.list(final.id, { order: "asc" }))
    assert.deepStrictEqual(
      items.map(({ type }) => type),
      ["message", "message", "message"]
    )
    const replayed = await all(await client().responses.retrieve(final.id, { stream: true, starting_after: 2 }))
    assert.strictEqual(replayed.at(-1)?.type, "response.completed")
  })

  it("keeps files and pages through them", async () => {
    const openai = client()
    const before = (await all(await openai.files.list())).length
    for (const name of ["a", "b", "c"]) {
      await openai.files.create({ purpose: "user_data", file: new File([`text of ${name}`], `${name}.txt`) })
    }
    const files = await all(await openai.files.list({ limit: 2, order: "asc" }))
    assert.deepStrictEqual(
      files.slice(before).map(({ filename }) => filename),
      ["a.txt", "b.txt", "c.txt"]
    )
    const id = files.at(-1)?.id ?? ""
    assert.strictEqual(await (await openai.files.content(id)).text(), "text of c")
    assert.isTrue((await openai.files.delete(id)).deleted)
    assert.instanceOf(await rejection(openai.files.retrieve(id)), OpenAI.NotFoundError)
  })

  it("fills a vector store, polls it, and searches it", async () => {
    const openai = client()
    const store = await openai.vectorStores.create({ name: "docs" })
    const files = ["the sky is blue", "grass is green"].map((text) => new File([text], `${text.slice(0, 3)}.txt`))
    const batch = await openai.vectorStores.fileBatches.uploadAndPoll(store.id, { files }, { pollIntervalMs: 10 })
    assert.strictEqual(batch.file_counts.completed, 2)
    const found = await all(await openai.vectorStores.search(store.id, { query: "sky" }))
    assert.deepStrictEqual(
      found.map(({ filename }) => filename),
      ["the.txt"]
    )
  })

  it("runs a batch that ends with time", async () => {
    const openai = client()
    const lines = ["x", "y"].map((content, index) =>
      JSON.stringify({ custom_id: `c${index}`, method: "POST", url: "/v1/chat/completions", body: chat(content) })
    )
    const file = await openai.files.create({ purpose: "batch", file: new File([lines.join("\n")], "in.jsonl") })
    let batch = await openai.batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h"
    })
    assert.strictEqual(batch.status, "validating")
    while (batch.status !== "completed") batch = await openai.batches.retrieve(batch.id)
    const output = await (await openai.files.content(batch.output_file_id ?? "")).text()
    const results = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    assert.deepStrictEqual(
      results.map(({ custom_id, response }) => [custom_id, response.body.choices[0].message.content]),
      [
        ["c0", "x"],
        ["c1", "y"]
      ]
    )
  })

  it("runs a thread, as polls and as a stream", async () => {
    const openai = client()
    const assistant = await openai.beta.assistants.create({ model: "gpt-5.4-mini" })
    const thread = await openai.beta.threads.create({ messages: [{ role: "user", content: "hello thread" }] })
    const run = await openai.beta.threads.runs.createAndPoll(
      thread.id,
      { assistant_id: assistant.id },
      { pollIntervalMs: 10 }
    )
    assert.strictEqual(run.status, "completed")
    const messages = await all(await openai.beta.threads.messages.list(thread.id, { order: "asc" }))
    assert.deepStrictEqual(
      messages.map(({ role }) => role),
      ["user", "assistant"]
    )
    const stream = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
    const texts: Array<string> = []
    stream.on("textDelta", ({ value }) => texts.push(value ?? ""))
    await stream.done()
    assert.strictEqual(texts.join(""), "hello thread")
  })

  it("gets embeddings that tell texts apart", async () => {
    const { data } = await client().embeddings.create({
      model: "text-embedding-3-small",
      input: ["a", "b", "a"],
      dimensions: 8
    })
    assert.strictEqual(data[0]?.embedding.length, 8)
    assert.deepStrictEqual(data[0]?.embedding, data[2]?.embedding)
    assert.notDeepEqual(data[0]?.embedding, data[1]?.embedding)
  })

  it("gets speech as bytes and transcripts of files", async () => {
    const speech = await client().audio.speech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: "hi" })
    assert.isAbove((await speech.arrayBuffer()).byteLength, 0)
    const { text } = await client().audio.transcriptions.create({
      model: "gpt-4o-mini-transcribe",
      file: new File(["12345"], "a.mp3")
    })
    assert.strictEqual(text, "a.mp3, 5 bytes")
  })

  it("throws its own errors", async () => {
    const unauthorized = await rejection(client("bad").models.list())
    assert.instanceOf(unauthorized, OpenAI.AuthenticationError)
    assert.strictEqual((unauthorized as InstanceType<typeof OpenAI.APIError>).code, "invalid_api_key")
    const invalid = await rejection(client().chat.completions.create({ model: "m" } as never))
    assert.instanceOf(invalid, OpenAI.BadRequestError)
    assert.strictEqual((invalid as InstanceType<typeof OpenAI.APIError>).param, "messages")
    assert.instanceOf(await rejection(client().chat.completions.create(chat("overload"))), OpenAI.InternalServerError)
    const openai = new OpenAI({ apiKey: "any", baseURL: limited.openai, maxRetries: 0 })
    const { response } = await openai.models.retrieve("gpt-5.4").withResponse()
    assert.strictEqual(response.headers.get("x-ratelimit-remaining-requests"), "0")
    const tooMany = await rejection(openai.models.retrieve("gpt-5.4"))
    assert.instanceOf(tooMany, OpenAI.RateLimitError)
    assert.isAbove(Number((tooMany as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")), 0)
  })
})

describe("the official Anthropic client", () => {
  const client = (apiKey = "good") => new Anthropic({ apiKey, baseURL: urls.anthropic, maxRetries: 0 })
  const prompt = (content: string) => ({
    model: "claude-sonnet-5",
    max_tokens: 64,
    messages: [{ role: "user" as const, content }]
  })

  it("chats and counts tokens", async () => {
    const message = await client().messages.create(prompt("hello"))
    assert.deepInclude(message.content[0], { type: "text", text: "hello" })
    assert.strictEqual(message.stop_reason, "end_turn")
    assert.match(message._request_id ?? "", /^req_/)
    const { input_tokens } = await client().messages.countTokens({ model: "m", messages: prompt("hello").messages })
    assert.strictEqual(input_tokens, message.usage.input_tokens)
  })

  it("streams, and its accumulator puts the same message together", async () => {
    const stream = client().messages.stream(prompt("one two three"))
    const pieces: Array<string> = []
    stream.on("text", (piece) => pieces.push(piece))
    assert.strictEqual(await stream.finalText(), "one two three")
    assert.deepStrictEqual(pieces, ["one", " two", " three"])
    assert.isAbove((await stream.finalMessage()).usage.output_tokens, 0)
  })

  it("calls tools and takes their results", async () => {
    const tools = [{ name: weather.name, input_schema: weather.schema }]
    const asked = await client()
      .messages.stream({ ...prompt("weather?"), tools })
      .finalMessage()
    assert.strictEqual(asked.stop_reason, "tool_use")
    const [call] = asked.content
    if (call?.type !== "tool_use") throw new Error("expected a tool call")
    assert.deepStrictEqual(call.input, { city: "city", unit: "C" })
    const answered = await client().messages.create({
      ...prompt("weather?"),
      tools,
      messages: [
        ...prompt("weather?").messages,
        { role: "assistant", content: asked.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "sunny" }] }
      ]
    })
    assert.deepInclude(answered.content[0], { text: "The tool answered: sunny" })
  })

  it("keeps files and pages through them", async () => {
    const { files } = client()
    for (const name of ["a", "b", "c"]) await files.upload({ file: new File([`text of ${name}`], `${name}.txt`) })
    const listed = await all(files.list({ limit: 2 }))
    assert.deepStrictEqual(
      listed.map(({ filename }) => filename),
      ["a.txt", "b.txt", "c.txt"]
    )
    const id = listed[1]?.id ?? ""
    assert.strictEqual(await (await files.download(id)).text(), "text of b")
    await files.delete(id)
    assert.instanceOf(await rejection(files.retrieveMetadata(id)), Anthropic.NotFoundError)
  })

  it("runs a batch that ends with time", async () => {
    const { batches } = client().messages
    let batch = await batches.create({
      requests: [
        { custom_id: "a", params: prompt("x") },
        { custom_id: "b", params: { model: "m" } as never }
      ]
    })
    assert.strictEqual(batch.processing_status, "in_progress")
    while (batch.processing_status !== "ended") batch = await batches.retrieve(batch.id)
    assert.deepInclude(batch.request_counts, { succeeded: 1, errored: 1 })
    const results = await all(await batches.results(batch.id))
    assert.deepStrictEqual(
      results.map(({ custom_id, result }) => [custom_id, result.type]),
      [
        ["a", "succeeded"],
        ["b", "errored"]
      ]
    )
  })

  it("throws its own errors", async () => {
    assert.instanceOf(await rejection(client("bad").models.list()), Anthropic.AuthenticationError)
    assert.instanceOf(await rejection(client().messages.create({ model: "m" } as never)), Anthropic.BadRequestError)
    const overloaded = await rejection(client().messages.create(prompt("overload")))
    assert.instanceOf(overloaded, Anthropic.InternalServerError)
    assert.strictEqual((overloaded as InstanceType<typeof Anthropic.APIError>).status, 529)
    const anthropic = new Anthropic({ apiKey: "any", baseURL: limited.anthropic, maxRetries: 0 })
    await anthropic.models.retrieve("claude-opus-5")
    assert.instanceOf(await rejection(anthropic.models.retrieve("claude-opus-5")), Anthropic.RateLimitError)
  })
})

describe("the official Coze client", () => {
  const client = (token = "good") => new CozeAPI({ token, baseURL: urls.coze })
  const ask = (content: string) => ({
    bot_id: "bot",
    user_id: "user",
    additional_messages: [{ role: "user" as never, content, content_type: "text" as const }]
  })

  it("chats by polling, and remembers the conversation", async () => {
    const { chat, messages } = await client().chat.createAndPoll({ ...ask("hello"), auto_save_history: true })
    assert.strictEqual(chat.status, "completed")
    assert.strictEqual(messages?.find(({ type }) => type === "answer")?.content, "hello")
    const history = await client().conversations.messages.list(chat.conversation_id, { order: "asc" })
    assert.deepStrictEqual(
      history.data.map(({ role }) => role),
      ["user", "assistant"]
    )
  })

  it("streams", async () => {
    const events = await all(client().chat.stream(ask("one two three")))
    const deltas = events.flatMap((event) => (event.event === "conversation.message.delta" ? [event.data.content] : []))
    assert.deepStrictEqual(deltas, ["one", " two", " three"])
    assert.strictEqual(events.at(-1)?.event, "done")
  })

  it("submits the outputs of tools", async () => {
    const coze = client()
    const events = await all(coze.chat.stream(ask("call tools")))
    const required = events.find(({ event }) => event === "conversation.chat.requires_action")
    if (required?.event !== "conversation.chat.requires_action") throw new Error("expected a required action")
    const { conversation_id, id, required_action } = required.data as unknown as {
      readonly conversation_id: string
      readonly id: string
      readonly required_action: { readonly submit_tool_outputs: { readonly tool_calls: ReadonlyArray<{ id: string }> } }
    }
    const rest = await all(
      coze.chat.submitToolOutputs({
        conversation_id,
        chat_id: id,
        stream: true,
        tool_outputs: [{ tool_call_id: required_action.submit_tool_outputs.tool_calls[0]?.id ?? "", output: "sunny" }]
      } as never) as unknown as AsyncIterable<{ readonly event: string; readonly data: { readonly content: string } }>
    )
    const text = rest.flatMap(({ data, event }) => (event === "conversation.message.delta" ? [data.content] : []))
    assert.strictEqual(text.join(""), "The tool answered: sunny")
  })

  it("keeps files", async () => {
    const coze = client()
    const uploaded = await coze.files.upload({ file: createReadStream(fileURLToPath(import.meta.url)) })
    assert.strictEqual((await coze.files.retrieve(uploaded.id)).file_name, "OfficialSdks.test.ts")
  })

  it("pages through datasets and their documents", async () => {
    const coze = client()
    for (const name of ["a", "b", "c"]) {
      await coze.datasets.create({ name, space_id: "s", format_type: 0 })
    }
    const first = await coze.datasets.list({ space_id: "s", page_num: 1, page_size: 2 })
    const second = await coze.datasets.list({ space_id: "s", page_num: 2, page_size: 2 })
    assert.strictEqual(first.total_count, 3)
    assert.deepStrictEqual(
      [...first.dataset_list, ...second.dataset_list].map(({ name }) => name),
      ["a", "b", "c"]
    )
    const dataset = first.dataset_list[0]?.dataset_id ?? ""
    const created = await coze.datasets.documents.create({
      dataset_id: dataset,
      document_bases: [{ name: "d", source_info: { web_url: "https://example.com/" } }]
    } as never)
    assert.strictEqual(created[0]?.name, "d")
    const documents = await coze.datasets.documents.list({ dataset_id: dataset })
    assert.strictEqual(documents.total, 1)
  })

  it("runs a workflow, as an answer and as a stream", async () => {
    const run = await client().workflows.runs.create({ workflow_id: "w", parameters: { a: 1 } })
    assert.deepStrictEqual(JSON.parse(run.data), { output: { a: 1 } })
    const events = await all(client().workflows.runs.stream({ workflow_id: "w", parameters: { a: 1 } }))
    const text = events.flatMap(({ data, event }) =>
      event === "Message" ? [(data as unknown as { readonly content: string }).content] : []
    )
    assert.deepStrictEqual(JSON.parse(text.join("")), { output: { a: 1 } })
  })

  it("throws its own errors", async () => {
    const unauthorized = await rejection(client("bad").workspaces.list())
    assert.strictEqual((unauthorized as { readonly status: number }).status, 401)
    const missing = await rejection(client().conversations.retrieve("none"))
    assert.strictEqual((missing as { readonly code: number }).code, 4002)
    const coze = new CozeAPI({ token: "any", baseURL: limited.coze })
    await coze.workspaces.list()
    const tooMany = await rejection(coze.workspaces.list())
    assert.strictEqual((tooMany as { readonly status: number }).status, 429)
  })
})
