import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type ApiError, Endpoint, FileSource, RetryPolicy } from "llmfx"
import {
  Anthropic,
  BetaComplianceReviewCases,
  BetaOrganizationComplianceSettings,
  BetaOrganizationExternalStorage,
  BetaOrganizationProvidersGoogleProjectsDataControls,
  Messages,
  MessagesBatches
} from "llmfx/anthropic"
import * as AnthropicEndpoints from "llmfx/anthropic/endpoints"
import { Chat, ChatMessages, Coze, Datasets, DatasetsDocuments, Workspaces } from "llmfx/coze"
import * as CozeEndpoints from "llmfx/coze/endpoints"
import {
  Batches,
  BetaThreads,
  BetaThreadsRuns,
  ChatCompletions,
  Conversations,
  ConversationsItems,
  Embeddings,
  EmbeddingsMany,
  Files,
  FineTuningJobs,
  Models,
  OpenAi,
  Responses,
  Uploads,
  UploadsParts,
  VectorStores,
  VectorStoresFiles,
  Videos
} from "llmfx/openai"
import * as OpenAiEndpoints from "llmfx/openai/endpoints"
import { Emulator, Faults, Reply } from "llmfx/testing"
import { reasonOf } from "../support/errors.ts"

const key = Redacted.make("key")
const retry = RetryPolicy.none

const clients = (network: Layer.Layer<HttpClient.HttpClient>, decoding: "open" | "strict" = "open") =>
  Layer.mergeAll(
    OpenAi.layer({ apiKey: key, adminApiKey: key, retry, decoding }),
    Anthropic.layer({ apiKey: key, retry, decoding }),
    Coze.layer({ token: key, platform: "com", retry })
  ).pipe(Layer.provide(network))

const emulated = (options?: Emulator.Options) => clients(Emulator.layer(options))

const user = (content: string) => ({ role: "user" as const, content })
const question = (content: string) => ({ model: "gpt-5.4-mini", messages: [user(content)] })
const prompt = (content: string) => ({ model: "claude-sonnet-5", max_tokens: 64, messages: [user(content)] })
const textFile = (text: string) => FileSource.fromText(text, { name: "file.txt" })

/** Values for the fields that the emulator insists on, whichever endpoint has them. */
const fields: { readonly [name: string]: unknown } = {
  bot_id: "bot",
  bytes: 1,
  chat_id: "chat",
  conversation_id: "conversation",
  data: textFile("part"),
  dataset_id: "dataset",
  document_id: "document",
  endpoint: "/v1/responses",
  file: textFile("file"),
  file_id: "file-id",
  filename: "file.txt",
  input: "hi",
  input_file_id: "file-id",
  max_tokens: 5,
  message_id: "message",
  messages: [user("hi")],
  model: "gpt-5.4-mini",
  name: "name",
  purpose: "batch",
  query: "query",
  requests: [],
  space_id: "space",
  workflow_id: "workflow"
}

const inputFor = (endpoint: Endpoint.Any): object => {
  const isJson = endpoint.body === "json" || endpoint.body === undefined
  const given = Object.entries(fields).filter(
    ([, value]) =>
      (endpoint.body !== undefined || endpoint.provider === "coze") && !(isJson && FileSource.isFileSource(value))
  )
  return {
    ...Object.fromEntries(given),
    ...Object.fromEntries(endpoint.pathParams.map((name) => [name, "id"])),
    ...(endpoint.body === undefined ? {} : knownValues(endpoint))
  }
}

/** Values that an answer repeats from its input must be among the documented ones. */
const knownValues = ({ id, provider }: Endpoint.Any): object => {
  if (provider === "anthropic") return { model: "claude-sonnet-5" }
  if (id.startsWith("videos.")) return { model: "sora-2" }
  return id.startsWith("admin.organization.externalKeys.") ? { purpose: "ekm" } : {}
}

type AnyClient = OpenAi | Anthropic | Coze

/** Calls an endpoint of any kind, and gives its value or all values of its stream. */
const callAny = (endpoint: Endpoint.Any): Effect.Effect<unknown, ApiError.ApiError, AnyClient> => {
  const service = Endpoint.serviceOf(endpoint) as Endpoint.Service<AnyClient>
  return Effect.flatMap(service.client, (client): Effect.Effect<unknown, ApiError.ApiError> => {
    const input = inputFor(endpoint)
    const isStream = endpoint.kind === "stream" || endpoint.kind === "jsonl" || endpoint.kind === "binary"
    return isStream ? Stream.runCollect(client.stream(endpoint, input)) : client.call(endpoint, input)
  })
}

const registries = [
  ["openai", OpenAiEndpoints.endpoints],
  ["anthropic", AnthropicEndpoints.endpoints],
  ["coze", CozeEndpoints.endpoints]
] as const

for (const [provider, endpoints] of registries) {
  describe(`the emulated ${provider}`, () => {
    it.effect("answers every endpoint with what its schema says and nothing else", () =>
      Effect.gen(function* () {
        const failures: Array<string> = []
        for (const endpoint of endpoints) {
          const result = yield* Effect.result(callAny(endpoint))
          if (Result.isFailure(result)) failures.push(result.failure.message)
          else if (endpoint.kind === "stream" && (result.success as ReadonlyArray<unknown>).length === 0) {
            failures.push(`${endpoint.id} has no events`)
          }
        }
        assert.deepStrictEqual(failures, [])
      }).pipe(
        // Coze's answers have `code` and `msg` in addition to the schema's fields.
        Effect.provide(
          clients(Emulator.layer({ missing: "sample", lenient: true }), provider === "coze" ? "open" : "strict")
        )
      )
    )

    it.effect("does not find what was never made, and fails in no other way", () =>
      Effect.gen(function* () {
        let found = 0
        let missing = 0
        for (const endpoint of endpoints) {
          const result = yield* Effect.result(callAny(endpoint))
          if (Result.isSuccess(result)) found++
          else if (result.failure.reason._tag === "NotFoundError") missing++
          else assert.fail(result.failure.message)
        }
        assert.isAbove(found, 0)
        assert.isAbove(missing, 0)
      }).pipe(Effect.provide(emulated({ lenient: true })))
    )
  })
}

describe("the model of the emulator", () => {
  it.effect("repeats the user, in all three APIs, as an answer and as a stream", () =>
    Effect.gen(function* () {
      const completion = yield* ChatCompletions.create(question("one two"))
      const chunks = yield* Stream.runCollect(ChatCompletions.stream(question("one two")))
      const message = yield* Messages.create(prompt("one two"))
      const events = yield* Stream.runCollect(Messages.stream(prompt("one two")))
      const chat = yield* Stream.runCollect(
        Chat.stream({ bot_id: "b", additional_messages: [{ role: "user", content: "one two", content_type: "text" }] })
      )
      const block = message.content[0]
      assert.deepStrictEqual(
        [
          completion.choices[0]?.message.content,
          chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""),
          block?.type === "text" ? block.text : undefined,
          events
            .map((event) =>
              event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : ""
            )
            .join(""),
          chat.map((event) => (event.event === "conversation.message.delta" ? event.data.content : "")).join("")
        ],
        Array.from({ length: 5 }, () => "one two")
      )
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("says what it is told to before it repeats the user", () =>
    Effect.gen(function* () {
      const ask = Effect.map(ChatCompletions.create(question("echo")), ({ choices }) => choices[0]?.message.content)
      assert.deepStrictEqual(yield* Effect.all([ask, ask, ask]), ["first", "second", "echo"])
    }).pipe(Effect.provide(emulated({ replies: ["first", { text: "second" }] })))
  )

  it.effect("sees the request, whichever API it came through", () =>
    Effect.gen(function* () {
      yield* ChatCompletions.create(question("a"))
      yield* Messages.create({ ...prompt("b"), system: "be brief" })
      yield* Responses.create({ model: "gpt-5.4", input: "c" })
      assert.deepStrictEqual(seen, [
        ["openai", "gpt-5.4-mini", "user: a"],
        ["anthropic", "claude-sonnet-5", "system: be brief, user: b"],
        ["openai", "gpt-5.4", "user: c"]
      ])
    }).pipe(
      Effect.provide(
        emulated({
          replies: ({ messages, model, provider }) => {
            seen.push([provider, model, messages.map(({ role, text }) => `${role}: ${text}`).join(", ")])
            return undefined
          }
        })
      )
    )
  )
  const seen: Array<unknown> = []

  it.effect("is said to have taken the tokens that it is told to", () =>
    Effect.gen(function* () {
      const { usage } = yield* ChatCompletions.create(question("hi"))
      assert.deepInclude(usage, { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107 })
      assert.strictEqual(usage?.prompt_tokens_details?.cached_tokens, 60)
      const { usage: other } = yield* Messages.create(prompt("hi"))
      assert.deepInclude(other, { input_tokens: 40, cache_read_input_tokens: 60, output_tokens: 7 })
      const { usage: third } = yield* Responses.create({ model: "gpt-5.4", input: "hi" })
      assert.deepInclude(third, { input_tokens: 100, output_tokens: 7, total_tokens: 107 })
    }).pipe(
      Effect.provide(emulated({ replies: () => ({ text: "hi", tokens: { input: 100, cached: 60, output: 7 } }) }))
    )
  )

  it.effect("gives JSON of the schema that is asked for", () =>
    Effect.gen(function* () {
      const schema = {
        type: "object",
        properties: {
          name: { type: "string", maxLength: 3 },
          age: { type: "integer", minimum: 18 },
          tags: { type: "array", items: { enum: ["x", "y"] } },
          next: { anyOf: [{ type: "null" }, { $ref: "#" }] }
        }
      }
      const expected = { name: "nam", age: 18, tags: ["x"], next: null }
      const completion = yield* ChatCompletions.create({
        ...question("json"),
        response_format: { type: "json_schema", json_schema: { name: "person", schema } }
      })
      assert.deepStrictEqual(JSON.parse(ChatCompletions.text(completion)), expected)
      const closed = { type: "object", additionalProperties: false, properties: { tags: schema.properties.tags } }
      const message = yield* Messages.create({
        ...prompt("json"),
        output_config: { format: { type: "json_schema", schema: closed } }
      })
      const [block] = message.content
      assert.deepStrictEqual(JSON.parse(block?.type === "text" ? block.text : ""), { tags: ["x"] })
    }).pipe(Effect.provide(emulated()))
  )

  const tools = ["a", "b"].map((name) => ({
    type: "function" as const,
    function: { name, parameters: { type: "object", properties: { n: { type: "number" } } } }
  }))

  it.effect("calls the tool that is forced", () =>
    Effect.gen(function* () {
      const forced = yield* ChatCompletions.create({
        ...question("hi"),
        tools,
        tool_choice: { type: "function", function: { name: "b" } }
      })
      const call = forced.choices[0]?.message.tool_calls?.[0]
      assert.deepStrictEqual(call?.type === "function" ? [call.function.name, call.function.arguments] : [], [
        "b",
        `{"n":0}`
      ])
      assert.strictEqual(forced.choices[0]?.finish_reason, "tool_calls")
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("calls no tool if none is wanted", () =>
    Effect.gen(function* () {
      const none = yield* ChatCompletions.create({ ...question("hi"), tools, tool_choice: "none" })
      assert.strictEqual(none.choices[0]?.message.content, "hi")
    }).pipe(Effect.provide(emulated()))
  )
})

describe("the state of the emulator", () => {
  it.effect("lets a batch progress with the clock of the program, and writes its results", () =>
    Effect.gen(function* () {
      const lines = ["x", "y"].map((content, index) =>
        JSON.stringify({
          custom_id: `c${index}`,
          method: "POST",
          url: "/v1/chat/completions",
          body: index === 0 ? question(content) : {}
        })
      )
      const file = yield* Files.create({ purpose: "batch", file: textFile(lines.join("\n")) })
      const { id } = yield* Batches.create({
        input_file_id: file.id,
        endpoint: "/v1/chat/completions",
        completion_window: "24h"
      })
      const retrieve = Batches.retrieve({ batch_id: id })
      const statuses: Array<string> = []
      for (const wait of ["0 seconds", "30 seconds", "30 seconds"] as const) {
        yield* TestClock.adjust(wait)
        statuses.push((yield* retrieve).status)
      }
      assert.deepStrictEqual(statuses, ["validating", "in_progress", "completed"])
      const batch = yield* retrieve
      assert.deepStrictEqual(batch.request_counts, { total: 2, completed: 1, failed: 1 })
      const output = yield* Stream.mkString(Stream.decodeText(Files.content({ file_id: batch.output_file_id ?? "" })))
      assert.strictEqual(JSON.parse(output).response.body.choices[0].message.content, "x")
      const errors = yield* Stream.mkString(Stream.decodeText(Files.content({ file_id: batch.error_file_id ?? "" })))
      assert.strictEqual(JSON.parse(errors).response.status_code, 400)
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("lets other jobs go on by themselves, if their states are documented", () =>
    Effect.gen(function* () {
      const { id: video_id } = yield* Videos.create({ prompt: "A cat that reads" })
      const { id: fine_tuning_job_id } = yield* FineTuningJobs.create({ model: "gpt-5.4", training_file: "file" })
      const seen: Array<unknown> = []
      for (const wait of ["0 seconds", "30 seconds", "30 seconds"] as const) {
        yield* TestClock.adjust(wait)
        const { progress, status } = yield* Videos.retrieve({ video_id })
        seen.push([status, progress, (yield* FineTuningJobs.retrieve({ fine_tuning_job_id })).status])
      }
      assert.deepStrictEqual(seen, [
        ["queued", 0, "validating_files"],
        ["in_progress", 50, "running"],
        ["completed", 100, "succeeded"]
      ])
      const { id } = yield* FineTuningJobs.create({ model: "gpt-5.4", training_file: "file" })
      yield* FineTuningJobs.cancel({ fine_tuning_job_id: id })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* FineTuningJobs.retrieve({ fine_tuning_job_id: id })).status, "cancelled")
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("cancels a batch of messages before its time", () =>
    Effect.gen(function* () {
      const { id } = yield* MessagesBatches.create({ requests: [{ custom_id: "a", params: prompt("x") }] })
      assert.strictEqual((yield* MessagesBatches.cancel({ message_batch_id: id })).processing_status, "canceling")
      reasonOf(
        yield* Effect.flip(Stream.runDrain(MessagesBatches.results({ message_batch_id: id }))),
        "InvalidRequestError"
      )
      yield* TestClock.adjust("1 minute")
      const results = yield* Stream.runCollect(MessagesBatches.results({ message_batch_id: id }))
      assert.deepStrictEqual(
        results.map(({ result }) => result.type),
        ["canceled"]
      )
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("lets storage be activated, renamed and deleted", () =>
    Effect.gen(function* () {
      const provider_config = { type: "gcp", bucket_name: "bucket", project_number: "1", region: "us" } as const
      const made = yield* BetaOrganizationExternalStorage.create({ provider_config, display_name: "first" })
      assert.strictEqual(made.status.type, "pending_configuration")
      const place = { external_storage_id: made.id }
      assert.strictEqual((yield* BetaOrganizationExternalStorage.activate(place)).status.type, "available")
      yield* BetaOrganizationExternalStorage.update({ ...place, display_name: null })
      const kept = yield* BetaOrganizationExternalStorage.retrieve(place)
      assert.deepStrictEqual(
        [kept.status.type, kept.display_name, kept.provider_config],
        ["available", null, provider_config]
      )
      assert.strictEqual(yield* Stream.runCount(BetaOrganizationExternalStorage.list()), 1)
      yield* BetaOrganizationExternalStorage.delete(place)
      reasonOf(yield* Effect.flip(BetaOrganizationExternalStorage.retrieve(place)), "NotFoundError")
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("keeps settings of which there is one at a path", () =>
    Effect.gen(function* () {
      const { retrieve, update } = BetaOrganizationProvidersGoogleProjectsDataControls
      yield* update({ project_number: "1", cmek: { type: "enabled", external_key_ids: { us: "key" } } })
      yield* update({ project_number: "2", cmek: { type: "disabled" } })
      const { cmek, project_number } = yield* retrieve({ project_number: "1" })
      assert.deepStrictEqual(
        [project_number, cmek.type === "enabled" ? cmek.external_key_ids : cmek.type],
        ["1", { us: "key" }]
      )
      yield* BetaOrganizationComplianceSettings.update({ state: { type: "disabled" } })
      assert.strictEqual((yield* BetaOrganizationComplianceSettings.retrieve()).state.type, "disabled")
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("closes the case that a response is about", () =>
    Effect.gen(function* () {
      const { status } = yield* BetaComplianceReviewCases.respond({ case_id: "case", determination: "no_violation" })
      assert.deepStrictEqual(status, { type: "closed", reason: { type: "responded" } })
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("continues a conversation across responses", () =>
    Effect.gen(function* () {
      const { id } = yield* Conversations.create({ items: [{ type: "message", role: "user", content: "before" }] })
      yield* Responses.create({ model: "gpt-5.4", input: "hello", conversation: id })
      const items = yield* Stream.runCollect(ConversationsItems.list({ conversation_id: id, order: "asc", limit: 1 }))
      assert.deepStrictEqual(
        items.map((item) => (item.type === "message" ? item.role : item.type)),
        ["user", "user", "assistant"]
      )
      const missing = yield* Effect.flip(
        Responses.create({ model: "gpt-5.4", input: "hello", previous_response_id: "resp_none" })
      )
      assert.strictEqual(reasonOf(missing, "InvalidRequestError").code, "previous_response_not_found")
    }).pipe(Effect.provide(emulated()))
  )

  const background = Responses.create({ model: "gpt-5.4", input: "hello", background: true })

  it.effect("keeps a background response canceled", () =>
    Effect.gen(function* () {
      const { id } = yield* background
      assert.strictEqual((yield* Responses.cancel({ response_id: id })).status, "cancelled")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Responses.retrieve({ response_id: id })).status, "cancelled")
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("queues a background response until its time has come", () =>
    Effect.gen(function* () {
      const first = yield* background
      assert.strictEqual(first.status, "queued")
      yield* TestClock.adjust("1 minute")
      const done = yield* Responses.retrieve({ response_id: first.id })
      assert.deepStrictEqual([done.status, done.output.length], ["completed", 1])
      const replay = yield* Stream.runCollect(Responses.retrieveStream({ response_id: first.id, starting_after: 0 }))
      assert.deepStrictEqual([replay[0]?.type, replay.at(-1)?.type], ["response.queued", "response.completed"])
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("runs a thread that needs a tool", () =>
    Effect.gen(function* () {
      const { id: thread_id } = yield* BetaThreads.create({ messages: [user("weather?")] })
      const { id: run_id } = yield* BetaThreadsRuns.create({
        thread_id,
        assistant_id: "asst",
        tools: [{ type: "function", function: { name: "weather", parameters: { type: "object", properties: {} } } }]
      })
      yield* TestClock.adjust("1 minute")
      const run = yield* BetaThreadsRuns.retrieve({ thread_id, run_id })
      assert.strictEqual(run.status, "requires_action")
      const call = run.required_action?.submit_tool_outputs.tool_calls[0]
      assert.strictEqual(call?.function.name, "weather")
      const events = yield* Stream.runCollect(
        BetaThreadsRuns.submitToolOutputsStream({
          thread_id,
          run_id,
          tool_outputs: [{ tool_call_id: call?.id ?? "", output: "sunny" }]
        })
      )
      assert.include(
        events.map(({ event }) => event),
        "thread.message.completed"
      )
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("puts an upload together from its parts", () =>
    Effect.gen(function* () {
      const { id: upload_id } = yield* Uploads.create({
        bytes: 6,
        filename: "a.txt",
        mime_type: "text/plain",
        purpose: "batch"
      })
      const parts = yield* Effect.forEach(["abc", "def"], (text) =>
        UploadsParts.create({ upload_id, data: textFile(text) })
      )
      const upload = yield* Uploads.complete({ upload_id, part_ids: parts.map(({ id }) => id) })
      const text = yield* Stream.mkString(Stream.decodeText(Files.content({ file_id: upload.file?.id ?? "" })))
      assert.strictEqual(text, "abcdef")
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("counts the files of a vector store as they are processed", () =>
    Effect.gen(function* () {
      const file = yield* Files.create({ purpose: "assistants", file: textFile("the sky is blue") })
      const { file_counts, id } = yield* VectorStores.create({ name: "docs", file_ids: [file.id] })
      assert.strictEqual(file_counts.in_progress, 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* VectorStores.retrieve({ vector_store_id: id })).file_counts.completed, 1)
      const [found] = yield* Stream.runCollect(VectorStores.search({ vector_store_id: id, query: "blue sky" }))
      assert.strictEqual(found?.score, 1)
      yield* VectorStoresFiles.delete({ vector_store_id: id, file_id: file.id })
      assert.deepStrictEqual(yield* Stream.runCollect(VectorStoresFiles.list({ vector_store_id: id })), [])
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("answers a Coze chat after a while, and keeps its messages", () =>
    Effect.gen(function* () {
      const { conversation_id, id: chat_id } = yield* Chat.create({
        bot_id: "b",
        additional_messages: [{ role: "user", content: "hello", content_type: "text" }]
      })
      const place = { conversation_id, chat_id }
      assert.strictEqual((yield* Chat.retrieve(place)).status, "in_progress")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Chat.retrieve(place)).status, "completed")
      const messages = yield* ChatMessages.list(place)
      assert.strictEqual(messages.find(({ type }) => type === "answer")?.content, "hello")
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )

  it.effect("processes the documents of a Coze dataset", () =>
    Effect.gen(function* () {
      const { dataset_id } = yield* Datasets.create({ name: "d", space_id: "s", format_type: 0 })
      const { document_infos } = yield* DatasetsDocuments.create({
        dataset_id,
        document_bases: [{ name: "page", source_info: { web_url: "https://example.com/", document_source: 1 } }]
      })
      const document_ids = document_infos.map(({ document_id }) => document_id)
      const progress = Effect.map(Datasets.process({ dataset_id, document_ids }), ({ data }) => data[0]?.progress)
      assert.strictEqual(yield* progress, 50)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* progress, 100)
      yield* DatasetsDocuments.delete({ document_ids })
      assert.deepStrictEqual(yield* Stream.runCollect(DatasetsDocuments.list({ dataset_id })), [])
    }).pipe(Effect.provide(emulated({ jobDuration: "1 minute" })))
  )
})

describe("an emulator", () => {
  it.effect("paces its streams by the clock of the program", () =>
    Effect.gen(function* () {
      let count = 0
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(ChatCompletions.stream(question("one two")), () => Effect.sync(() => count++))
      )
      yield* TestClock.adjust("2500 millis")
      assert.strictEqual(count, 2)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(count, 4)
    }).pipe(Effect.provide(emulated({ pace: "1 second" })))
  )

  it.effect("takes its time with every response if it has a latency", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Models.retrieve({ model: "gpt-5.4" }))
      yield* TestClock.adjust("1 second")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).id, "gpt-5.4")
    }).pipe(Effect.provide(emulated({ latency: "2 seconds" })))
  )

  it.effect("limits the requests of a key in a window, and says so in the headers of each API", () =>
    Effect.gen(function* () {
      const { rateLimit } = yield* Models.retrieve.withResponse({ model: "gpt-5.4" })
      assert.deepInclude(rateLimit?.["requests"], { limit: 2, remaining: 1 })
      yield* Models.retrieve({ model: "gpt-5.4" })
      const limited = yield* Effect.flip(Models.retrieve({ model: "gpt-5.4" }))
      const { limits, retryAfter } = reasonOf(limited, "RateLimitError")
      assert.strictEqual(limits?.["requests"]?.remaining, 0)
      assert.isDefined(retryAfter)
      yield* Messages.countTokens({ model: "m", messages: [user("hi")] })
      const { rateLimit: other } = yield* Messages.countTokens.withResponse({ model: "m", messages: [user("hi")] })
      assert.strictEqual(other?.["requests"]?.remaining, 0)
      yield* TestClock.adjust("1 minute")
      yield* Models.retrieve({ model: "gpt-5.4" })
    }).pipe(Effect.provide(emulated({ rateLimit: { requests: 2, window: "1 minute" } })))
  )

  it.effect("limits the tokens of a key together, as OpenAI counts them", () =>
    Effect.gen(function* () {
      const ask = ChatCompletions.create.withResponse(question("twelve tokens, counted by fours, and six more"))
      const { rateLimit, value } = yield* ask
      const used = value.usage?.total_tokens ?? 0
      assert.deepInclude(rateLimit?.["tokens"], { limit: 50, remaining: 50 - used })
      assert.isUndefined(rateLimit?.["requests"])
      assert.isUndefined((yield* Models.retrieve.withResponse({ model: "gpt-5.4" })).rateLimit)
      yield* TestClock.adjust("20 seconds")
      yield* ask
      const error = yield* Effect.flip(ask)
      const { limits, message, retryAfter, type } = reasonOf(error, "RateLimitError")
      assert.match(message, /Limit 50, Used 5\d, Requested \d+/)
      assert.strictEqual(type, "tokens")
      assert.deepStrictEqual(retryAfter, Duration.seconds(40))
      assert.deepStrictEqual(limits?.["tokens"], { limit: 50, remaining: 0, reset: Duration.seconds(40) })
      reasonOf(
        yield* Effect.flip(Embeddings.create({ model: "text-embedding-3-small", input: "one" })),
        "RateLimitError"
      )
      yield* TestClock.adjust("40 seconds")
      yield* ask
    }).pipe(Effect.provide(emulated({ rateLimit: { tokens: 50, window: "1 minute" } })))
  )

  it.effect("limits the tokens of a key apart, as Anthropic counts them", () =>
    Effect.gen(function* () {
      const ask = (content: string) => Messages.create.withResponse(prompt(content))
      const { rateLimit } = yield* ask("twelve tokens, counted by fours, and six more")
      assert.deepInclude(rateLimit?.["input-tokens"], { limit: 100, remaining: 85 })
      assert.deepInclude(rateLimit?.["output-tokens"], { limit: 20, remaining: 8 })
      assert.deepInclude(rateLimit?.["tokens"], { limit: 120, remaining: 93 })
      const tooLong = reasonOf(yield* Effect.flip(ask("x".repeat(400))), "RateLimitError")
      assert.include(tooLong.message, "100 input tokens")
      yield* ask("twelve tokens, counted by fours, and six more")
      const spent = reasonOf(yield* Effect.flip(ask("hi")), "RateLimitError")
      assert.include(spent.message, "20 output tokens")
      assert.deepStrictEqual(spent.retryAfter, Duration.minutes(1))
      assert.strictEqual(spent.limits?.["output-tokens"]?.remaining, 0)
    }).pipe(Effect.provide(emulated({ rateLimit: { inputTokens: 100, outputTokens: 20, window: "1 minute" } })))
  )

  it.effect("counts no tokens for what a batch does", () =>
    Effect.gen(function* () {
      const { id } = yield* MessagesBatches.create({ requests: [{ custom_id: "a", params: prompt("x".repeat(400)) }] })
      yield* TestClock.adjust("1 minute")
      const results = yield* Stream.runCollect(MessagesBatches.results({ message_batch_id: id }))
      assert.deepStrictEqual(
        results.map(({ result }) => result.type),
        ["succeeded"]
      )
    }).pipe(Effect.provide(emulated({ rateLimit: { tokens: 10, window: "1 minute" } })))
  )

  it.effect("lets requests go wrong by a plan, and reports which did", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({
        faults: ({ attempt, body, url }) =>
          body.includes("break")
            ? Faults.dropAfterEvents(2)
            : attempt === 1 && new URL(url).pathname === "/v1/models/gpt-5.4"
              ? Faults.respond(Reply.json({ error: { message: "maintenance" } }, { status: 503 }), "maintenance")
              : undefined
      })
      const program = Effect.gen(function* () {
        reasonOf(yield* Effect.flip(Models.retrieve({ model: "gpt-5.4" })), "ServerError")
        assert.strictEqual((yield* Models.retrieve({ model: "gpt-5.4" })).id, "gpt-5.4")
        assert.strictEqual(
          (yield* Files.create({ purpose: "user_data", file: textFile("a whole form") })).bytes,
          "a whole form".length
        )
        const broken = reasonOf(
          yield* Effect.flip(Stream.runDrain(ChatCompletions.stream(question("break after this")))),
          "StreamTruncatedError"
        )
        assert.strictEqual(broken.partial.text, "break")
      })
      yield* Effect.provide(program, clients(Layer.succeed(HttpClient.HttpClient, emulator.client)))
      assert.deepStrictEqual(
        (yield* emulator.hits).map(({ attempt, fault, sequence }) => [fault, attempt, sequence]),
        [
          ["maintenance", 1, 1],
          ["drop after events", 1, 4]
        ]
      )
    })
  )

  it.effect("knows no other models than those that it lists", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Models.retrieve({ model: "gpt-0" }))
      assert.strictEqual(reasonOf(error, "NotFoundError").code, "model_not_found")
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("embeds texts that share words near to each other", () =>
    Effect.gen(function* () {
      const { vectors } = yield* EmbeddingsMany.create({
        model: "text-embedding-3-small",
        input: ["Where is the cat?", "the cat sat on the mat", "prices rose in spring"]
      })
      const [question = [], near = [], far = []] = vectors
      assert.isAbove(EmbeddingsMany.cosineSimilarity(question, near), 0.3)
      assert.isBelow(EmbeddingsMany.cosineSimilarity(question, far), 0.2)
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("refuses keys that are not good", () =>
    Effect.gen(function* () {
      reasonOf(yield* Effect.flip(Models.retrieve({ model: "gpt-5.4" })), "AuthenticationError")
      reasonOf(yield* Effect.flip(Stream.runDrain(Workspaces.list({}))), "AuthenticationError")
    }).pipe(Effect.provide(emulated({ keys: { openai: ["other"], coze: ["other"] } })))
  )

  it.effect("gives equal answers to equal requests", () => {
    const run = Effect.gen(function* () {
      const file = yield* Files.create({ purpose: "batch", file: textFile("x") })
      return [file, yield* ChatCompletions.create(question("hi")), yield* Responses.create({ model: "m", input: "hi" })]
    })
    return Effect.gen(function* () {
      const first = yield* Effect.provide(run, emulated())
      assert.deepStrictEqual(yield* Effect.provide(run, emulated()), first)
    })
  })

  it("answers web requests, under a path for each API", async () => {
    const handler = Emulator.webHandler({ providers: ["openai", "coze"] })
    const get = (path: string, headers: { readonly [name: string]: string } = { authorization: "Bearer x" }) =>
      handler(new Request(`http://localhost${path}`, { headers }))
    const models = await get("/openai/v1/models")
    assert.strictEqual(models.status, 200)
    assert.match(models.headers.get("x-request-id") ?? "", /^req_/)
    assert.strictEqual(((await models.json()) as { readonly object: string }).object, "list")
    assert.strictEqual((await get("/coze/v1/workspaces")).status, 200)
    assert.strictEqual((await get("/anthropic/v1/models")).status, 404)
    assert.strictEqual((await get("/elsewhere")).status, 404)
    assert.strictEqual((await get("/openai/v1/nothing")).status, 404)
    assert.strictEqual((await get("/openai/v1/models", {})).status, 401)
  })

  it("refuses a body that is not JSON in the words of the API", async () => {
    const response = await Emulator.webHandler()(
      new Request("http://localhost/openai/v1/chat/completions", {
        method: "POST",
        headers: { authorization: "Bearer x", "content-type": "application/json" },
        body: "{"
      })
    )
    assert.strictEqual(response.status, 400)
    const body = (await response.json()) as { readonly error: { readonly type: string } }
    assert.strictEqual(body.error.type, "invalid_request_error")
  })
})
