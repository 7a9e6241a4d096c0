import { createReadStream, readFileSync } from "node:fs"
import { CozeAPI, RoleType } from "@coze/api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../src/ApiError.ts"
import * as AudioLive from "../../src/coze/api/AudioLive.ts"
import * as AudioRooms from "../../src/coze/api/AudioRooms.ts"
import * as AudioSpeech from "../../src/coze/api/AudioSpeech.ts"
import * as AudioTranscriptions from "../../src/coze/api/AudioTranscriptions.ts"
import * as AudioVoiceprintGroups from "../../src/coze/api/AudioVoiceprintGroups.ts"
import * as AudioVoiceprintGroupsFeatures from "../../src/coze/api/AudioVoiceprintGroupsFeatures.ts"
import * as AudioVoices from "../../src/coze/api/AudioVoices.ts"
import * as Bots from "../../src/coze/api/Bots.ts"
import * as Chat from "../../src/coze/api/Chat.ts"
import * as ChatMessages from "../../src/coze/api/ChatMessages.ts"
import * as Conversations from "../../src/coze/api/Conversations.ts"
import * as ConversationsMessages from "../../src/coze/api/ConversationsMessages.ts"
import * as Datasets from "../../src/coze/api/Datasets.ts"
import * as DatasetsDocuments from "../../src/coze/api/DatasetsDocuments.ts"
import * as DatasetsImages from "../../src/coze/api/DatasetsImages.ts"
import * as Files from "../../src/coze/api/Files.ts"
import * as KnowledgeDocuments from "../../src/coze/api/KnowledgeDocuments.ts"
import * as Templates from "../../src/coze/api/Templates.ts"
import * as Users from "../../src/coze/api/Users.ts"
import * as Variables from "../../src/coze/api/Variables.ts"
import * as WorkflowsChat from "../../src/coze/api/WorkflowsChat.ts"
import * as WorkflowsRuns from "../../src/coze/api/WorkflowsRuns.ts"
import * as Workspaces from "../../src/coze/api/Workspaces.ts"
import { Coze } from "../../src/coze/Coze.ts"
import { askedBy, recorder } from "./support/recorder.ts"

type Ours = Effect.Effect<unknown, ApiError, Coze> | Stream.Stream<unknown, ApiError, Coze>

const path = "package.json"

interface Pair {
  readonly id: string
  readonly ours: Ours
  readonly theirs: (sdk: CozeAPI) => unknown
}

const pair = (id: string, ours: Ours, theirs: Pair["theirs"]): Pair => ({ id, ours, theirs })

const recording = () => new File([readFileSync(path)], "package.json")

/** The official client cannot send web files on Node. */
const opened = (): File => createReadStream(path) as unknown as File

const update = { update_type: 1, update_interval: 24 }
const bot = {
  name: "n",
  prompt_info: { prompt: "p" },
  onboarding_info: { prologue: "p", suggested_questions: ["q"] },
  model_info_config: { model_id: "m", temperature: 0.5 }
}
const parts = [
  { type: "text" as const, text: "what is this?" },
  { type: "image" as const, file_id: "f1" }
]
const chat = {
  bot_id: "b",
  user_id: "u",
  conversation_id: "c 1&x=2",
  additional_messages: [
    { role: RoleType.User, content: "hi", content_type: "text" as const },
    { role: RoleType.User, content: parts, content_type: "object_string" as const }
  ],
  custom_variables: { a: "b" },
  auto_save_history: false,
  meta_data: { k: "v" },
  shortcut_command: { command_id: "s", parameters: { x: "y" } },
  parameters: { p: { q: 1 } }
}
const outputs = { conversation_id: "c", chat_id: "h", tool_outputs: [{ tool_call_id: "t", output: "o" }] }
const document = { name: "d", source_info: { file_base64: "YQ==", file_type: "txt" }, update_rule: update }
const documents = { dataset_id: "1", document_bases: [document], chunk_strategy: { chunk_type: 1, max_tokens: 800 } }
const run = { workflow_id: "w", parameters: { a: [1, { b: null }] }, bot_id: "b", ext: { user_id: "u" } }
const resumed = { workflow_id: "w", event_id: "e", resume_data: "yes", interrupt_type: 2 }
const speech = { input: "hello", voice_id: "v", response_format: "wav" as const, speed: 1.2 }
const clone = { voice_name: "My voice", audio_format: "wav" as const, language: "en" as const }
const print = { name: "n", desc: "d", sample_rate: 16000, channel: 1 }
const page = { page_num: 2, page_size: 5 }

const drain = async (events: unknown): Promise<void> => {
  for await (const event of events as AsyncIterable<unknown>) void event
}

const pairs: ReadonlyArray<Pair> = [
  pair("bots.create", Bots.create({ space_id: "s", ...bot }), (sdk) => sdk.bots.create({ space_id: "s", ...bot })),
  pair(
    "bots.update",
    Bots.update({ bot_id: "b", ...bot, knowledge: { dataset_ids: ["1"], auto_call: false } }),
    (sdk) => sdk.bots.update({ bot_id: "b", ...bot, knowledge: { dataset_ids: ["1"], auto_call: false } })
  ),
  pair("bots.list", Bots.list({ space_id: "s", page_index: 2 }), (sdk) =>
    sdk.bots.list({ space_id: "s", page_index: 2 })
  ),
  pair("bots.listNew", Bots.listNew({ workspace_id: "w", publish_status: "all", ...page }), (sdk) =>
    sdk.bots.listNew({ workspace_id: "w", publish_status: "all", ...page })
  ),
  pair("bots.publish", Bots.publish({ bot_id: "b", connector_ids: ["1024"] }), (sdk) =>
    sdk.bots.publish({ bot_id: "b", connector_ids: ["1024"] })
  ),
  pair("bots.retrieve", Bots.retrieve({ bot_id: "b" }), (sdk) => sdk.bots.retrieve({ bot_id: "b" })),
  pair("bots.retrieveNew", Bots.retrieveNew({ bot_id: "b", is_published: false }), (sdk) =>
    sdk.bots.retrieveNew("b", { is_published: false })
  ),
  pair("chat.create", Chat.create({ ...chat, conversation_id: "c" }), (sdk) =>
    sdk.chat.create({ ...chat, conversation_id: "c" })
  ),
  pair("chat.stream", Chat.stream({ ...chat, conversation_id: "c" }), (sdk) =>
    drain(sdk.chat.stream({ ...chat, conversation_id: "c" }))
  ),
  pair("chat.retrieve", Chat.retrieve({ conversation_id: "c", chat_id: "h" }), (sdk) => sdk.chat.retrieve("c", "h")),
  pair("chat.cancel", Chat.cancel({ conversation_id: "c", chat_id: "h" }), (sdk) => sdk.chat.cancel("c", "h")),
  pair("chat.submitToolOutputs", Chat.submitToolOutputs(outputs), (sdk) =>
    drain(sdk.chat.submitToolOutputs({ ...outputs, stream: false }))
  ),
  pair("chat.submitToolOutputs:stream", Chat.submitToolOutputsStream(outputs), (sdk) =>
    drain(sdk.chat.submitToolOutputs({ ...outputs, stream: true }))
  ),
  pair("chat.messages.list", ChatMessages.list({ conversation_id: "c", chat_id: "h" }), (sdk) =>
    sdk.chat.messages.list("c", "h")
  ),
  pair("conversations.create", Conversations.create({ bot_id: "b", meta_data: { a: "b" } }), (sdk) =>
    sdk.conversations.create({ bot_id: "b", meta_data: { a: "b" } })
  ),
  pair("conversations.retrieve", Conversations.retrieve({ conversation_id: "c" }), (sdk) =>
    sdk.conversations.retrieve("c")
  ),
  pair("conversations.list", Conversations.list({ bot_id: "b", ...page }), (sdk) =>
    sdk.conversations.list({ bot_id: "b", ...page })
  ),
  pair("conversations.clear", Conversations.clear({ conversation_id: "c" }), (sdk) => sdk.conversations.clear("c")),
  pair(
    "conversations.messages.create",
    ConversationsMessages.create({
      conversation_id: "c",
      role: "user",
      content: "x",
      content_type: "text",
      meta_data: {}
    }),
    (sdk) =>
      sdk.conversations.messages.create("c", { role: RoleType.User, content: "x", content_type: "text", meta_data: {} })
  ),
  pair(
    "conversations.messages.update",
    ConversationsMessages.update({ conversation_id: "c", message_id: "m", content: "x", content_type: "text" }),
    (sdk) => sdk.conversations.messages.update("c", "m", { content: "x", content_type: "text" })
  ),
  pair(
    "conversations.messages.retrieve",
    ConversationsMessages.retrieve({ conversation_id: "c", message_id: "m" }),
    (sdk) => sdk.conversations.messages.retrieve("c", "m")
  ),
  pair(
    "conversations.messages.list",
    ConversationsMessages.list({ conversation_id: "c", order: "asc", chat_id: "h", limit: 3 }),
    (sdk) => sdk.conversations.messages.list("c", { order: "asc", chat_id: "h", limit: 3 })
  ),
  pair(
    "conversations.messages.delete",
    ConversationsMessages.delete({ conversation_id: "c", message_id: "m" }),
    (sdk) => sdk.conversations.messages.delete("c", "m")
  ),
  pair("files.upload", Files.upload({ file: recording() }), (sdk) => sdk.files.upload({ file: opened() })),
  pair("files.retrieve", Files.retrieve({ file_id: "f" }), (sdk) => sdk.files.retrieve("f")),
  pair("knowledge.documents.create", KnowledgeDocuments.create(documents), (sdk) =>
    sdk.knowledge.documents.create(documents)
  ),
  pair("knowledge.documents.delete", KnowledgeDocuments.delete({ document_ids: ["1"] }), (sdk) =>
    sdk.knowledge.documents.delete({ document_ids: ["1"] })
  ),
  pair("knowledge.documents.update", KnowledgeDocuments.update({ document_id: "1", update_rule: update }), (sdk) =>
    sdk.knowledge.documents.update({ document_id: "1", update_rule: update })
  ),
  pair("knowledge.documents.list", KnowledgeDocuments.list({ dataset_id: "1", page: 2 }), (sdk) =>
    sdk.knowledge.documents.list({ dataset_id: "1", page: 2 })
  ),
  pair("datasets.documents.list", DatasetsDocuments.list({ dataset_id: "1", page: 2 }), (sdk) =>
    sdk.datasets.documents.list({ dataset_id: "1", page: 2 })
  ),
  pair("datasets.documents.create", DatasetsDocuments.create(documents), (sdk) =>
    sdk.datasets.documents.create(documents)
  ),
  pair("datasets.documents.delete", DatasetsDocuments.delete({ document_ids: ["1"] }), (sdk) =>
    sdk.datasets.documents.delete({ document_ids: ["1"] })
  ),
  pair("datasets.documents.update", DatasetsDocuments.update({ document_id: "1", document_name: "n" }), (sdk) =>
    sdk.datasets.documents.update({ document_id: "1", document_name: "n" })
  ),
  pair("datasets.images.update", DatasetsImages.update({ dataset_id: "1", document_id: "2", caption: "c" }), (sdk) =>
    sdk.datasets.images.update("1", "2", { caption: "c" })
  ),
  pair("datasets.images.list", DatasetsImages.list({ dataset_id: "1", has_caption: false, ...page }), (sdk) =>
    sdk.datasets.images.list("1", { has_caption: false, ...page })
  ),
  pair("datasets.create", Datasets.create({ name: "n", space_id: "s", format_type: 0 }), (sdk) =>
    sdk.datasets.create({ name: "n", space_id: "s", format_type: 0 })
  ),
  pair("datasets.list", Datasets.list({ space_id: "s", format_type: 0, ...page }), (sdk) =>
    sdk.datasets.list({ space_id: "s", format_type: 0, ...page })
  ),
  pair("datasets.update", Datasets.update({ dataset_id: "1", name: "n", description: "ü" }), (sdk) =>
    sdk.datasets.update("1", { name: "n", description: "ü" })
  ),
  pair("datasets.delete", Datasets.delete({ dataset_id: "1" }), (sdk) => sdk.datasets.delete("1")),
  pair("datasets.process", Datasets.process({ dataset_id: "1", document_ids: ["2"] }), (sdk) =>
    sdk.datasets.process("1", { document_ids: ["2"] })
  ),
  pair("workflows.runs.create", WorkflowsRuns.create({ ...run, is_async: true }), (sdk) =>
    sdk.workflows.runs.create({ ...run, is_async: true })
  ),
  pair("workflows.runs.stream", WorkflowsRuns.stream(run), (sdk) => drain(sdk.workflows.runs.stream(run))),
  pair("workflows.runs.resume", WorkflowsRuns.resume(resumed), (sdk) => drain(sdk.workflows.runs.resume(resumed))),
  pair("workflows.runs.history", WorkflowsRuns.history({ workflow_id: "w", execute_id: "e" }), (sdk) =>
    sdk.workflows.runs.history("w", "e")
  ),
  pair(
    "workflows.chat.stream",
    WorkflowsChat.stream({ workflow_id: "w", additional_messages: chat.additional_messages, conversation_id: "c" }),
    (sdk) =>
      drain(
        sdk.workflows.chat.stream({
          workflow_id: "w",
          additional_messages: chat.additional_messages,
          conversation_id: "c"
        })
      )
  ),
  pair("workspaces.list", Workspaces.list({ ...page, enterprise_id: "e" }), (sdk) =>
    sdk.workspaces.list({ ...page, enterprise_id: "e" })
  ),
  pair(
    "audio.rooms.create",
    AudioRooms.create({ bot_id: "b", connector_id: "1024", config: { prologue_content: "hi" } }),
    (sdk) => sdk.audio.rooms.create({ bot_id: "b", connector_id: "1024", config: { prologue_content: "hi" } })
  ),
  pair("audio.live.retrieve", AudioLive.retrieve({ live_id: "l" }), (sdk) => sdk.audio.live.retrieve("l")),
  pair("audio.voices.clone", AudioVoices.clone({ ...clone, file: recording() }), (sdk) =>
    sdk.audio.voices.clone({ ...clone, file: opened() })
  ),
  pair("audio.voices.list", AudioVoices.list({ filter_system_voice: false, ...page }), (sdk) =>
    sdk.audio.voices.list({ filter_system_voice: false, ...page })
  ),
  pair("audio.speech.create", AudioSpeech.create(speech), (sdk) => sdk.audio.speech.create(speech)),
  pair("audio.transcriptions.create", AudioTranscriptions.create({ file: recording() }), (sdk) =>
    sdk.audio.transcriptions.create({ file: opened() })
  ),
  pair(
    "audio.voiceprintGroups.features.create",
    AudioVoiceprintGroupsFeatures.create({ group_id: "g", file: recording(), ...print }),
    (sdk) => sdk.audio.voiceprintGroups.features.create("g", { file: opened(), ...print })
  ),
  pair(
    "audio.voiceprintGroups.features.update",
    AudioVoiceprintGroupsFeatures.update({ group_id: "g", feature_id: "f", ...print }),
    (sdk) => sdk.audio.voiceprintGroups.features.update("g", "f", print)
  ),
  pair(
    "audio.voiceprintGroups.features.delete",
    AudioVoiceprintGroupsFeatures.delete({ group_id: "g", feature_id: "f" }),
    (sdk) => sdk.audio.voiceprintGroups.features.delete("g", "f")
  ),
  pair("audio.voiceprintGroups.features.list", AudioVoiceprintGroupsFeatures.list({ group_id: "g", ...page }), (sdk) =>
    sdk.audio.voiceprintGroups.features.list("g", page)
  ),
  pair(
    "audio.voiceprintGroups.features.speakerIdentify",
    AudioVoiceprintGroupsFeatures.speakerIdentify({ group_id: "g", file: recording(), top_k: 3 }),
    (sdk) => sdk.audio.voiceprintGroups.features.speakerIdentify("g", { file: opened(), top_k: 3 })
  ),
  pair("audio.voiceprintGroups.create", AudioVoiceprintGroups.create({ name: "n" }), (sdk) =>
    sdk.audio.voiceprintGroups.create({ name: "n" })
  ),
  pair("audio.voiceprintGroups.list", AudioVoiceprintGroups.list({ name: "n", ...page }), (sdk) =>
    sdk.audio.voiceprintGroups.list({ name: "n", ...page })
  ),
  pair("audio.voiceprintGroups.update", AudioVoiceprintGroups.update({ group_id: "g", desc: "d" }), (sdk) =>
    sdk.audio.voiceprintGroups.update("g", { desc: "d" })
  ),
  pair("audio.voiceprintGroups.delete", AudioVoiceprintGroups.delete({ group_id: "g" }), (sdk) =>
    sdk.audio.voiceprintGroups.delete("g")
  ),
  pair("templates.duplicate", Templates.duplicate({ template_id: "t", workspace_id: "w", name: "n" }), (sdk) =>
    sdk.templates.duplicate("t", { workspace_id: "w", name: "n" })
  ),
  pair("variables.update", Variables.update({ app_id: "a", data: [{ keyword: "k", value: "v" }] }), (sdk) =>
    sdk.variables.update({ app_id: "a", data: [{ keyword: "k", value: "v" }] })
  ),
  pair("variables.retrieve", Variables.retrieve({ app_id: "a", connector_uid: "u" }), (sdk) =>
    sdk.variables.retrieve({ app_id: "a", connector_uid: "u" })
  ),
  pair("users.me", Users.me(), (sdk) => sdk.users.me())
]

const layerAt = (baseUrl: string) =>
  Layer.orDie(Coze.layer({ token: Redacted.make("t"), baseUrl })).pipe(Layer.provide(FetchHttpClient.layer))

const runAt = (baseUrl: string, program: Ours) =>
  Effect.provide(Stream.isStream(program) ? Stream.runDrain(program) : program, layerAt(baseUrl))

describe("Coze endpoints", () => {
  for (const { id, ours, theirs } of pairs) {
    it.live(`${id} sends what the official client sends`, () =>
      Effect.gen(function* () {
        const server = yield* recorder
        const sdk = new CozeAPI({ token: "t", baseURL: server.url })
        const want = yield* askedBy(
          server,
          Effect.tryPromise(async () => theirs(sdk))
        )
        const got = yield* askedBy(server, runAt(server.url, ours))
        assert.isDefined(want)
        assert.deepStrictEqual(got, want)
      })
    )
  }

  it.live("encode an id that has reserved characters", () =>
    Effect.gen(function* () {
      const server = yield* recorder
      const asked = yield* askedBy(server, runAt(server.url, Chat.create({ ...chat, conversation_id: "c 1&x=2" })))
      assert.deepStrictEqual(asked?.query, [["conversation_id", "c 1&x=2"]])
    })
  )

  it.live("join the items of a list in the query with commas", () =>
    Effect.gen(function* () {
      const server = yield* recorder
      const asked = yield* askedBy(server, runAt(server.url, Variables.retrieve({ bot_id: "b", keywords: ["x", "y"] })))
      assert.deepStrictEqual(asked?.query, [
        ["bot_id", "b"],
        ["keywords", "x,y"]
      ])
    })
  )

  it.live("ask for a page of documents by size", () =>
    Effect.gen(function* () {
      const server = yield* recorder
      const asked = yield* askedBy(server, runAt(server.url, DatasetsDocuments.list({ dataset_id: "1", size: 20 })))
      assert.deepStrictEqual(asked?.body, { dataset_id: "1", size: 20 })
    })
  )
})
