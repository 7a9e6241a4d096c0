import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as AudioSpeech from "../../src/coze/api/AudioSpeech.ts"
import * as Bots from "../../src/coze/api/Bots.ts"
import * as ChatMessages from "../../src/coze/api/ChatMessages.ts"
import * as ConversationsMessages from "../../src/coze/api/ConversationsMessages.ts"
import * as Datasets from "../../src/coze/api/Datasets.ts"
import * as DatasetsDocuments from "../../src/coze/api/DatasetsDocuments.ts"
import { errorCodes, hintFor } from "../../src/coze/api/ErrorCodes.ts"
import { endpoints } from "../../src/coze/api/endpoints.ts"
import * as Files from "../../src/coze/api/Files.ts"
import * as Users from "../../src/coze/api/Users.ts"
import * as Workflows from "../../src/coze/api/Workflows.ts"
import * as WorkflowsRuns from "../../src/coze/api/WorkflowsRuns.ts"
import * as WorkflowsVersions from "../../src/coze/api/WorkflowsVersions.ts"
import * as FileSource from "../../src/files/FileSource.ts"
import * as RequestOptions from "../../src/RequestOptions.ts"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { json, loopback, text } from "../support/LoopbackServer.ts"
import { cozeAt } from "./support/layers.ts"

const detail = { logid: "20241210152726467C48D89D6DB2" }

describe("Coze answers", () => {
  it.live("come without their envelope", () =>
    Effect.gen(function* () {
      const user = { user_id: "1", user_name: "ann", nick_name: "Ann", avatar_url: "", locale: "en" }
      const server = yield* loopback(json({ code: 0, msg: "", data: user, detail }))
      assert.deepStrictEqual<unknown>(yield* Effect.provide(Users.me(), cozeAt(server.url)), user)
    })
  )

  it.live("of a workflow say what it cost and where to look at it", () =>
    Effect.gen(function* () {
      const answer = { code: 0, msg: "", data: "{}", execute_id: "7", debug_url: "https://x", token: "9", detail }
      const server = yield* loopback(json(answer))
      const result = yield* Effect.provide(WorkflowsRuns.create({ workflow_id: "w" }), cozeAt(server.url))
      assert.strictEqual(result.data, "{}")
      assert.strictEqual(result.execute_id, "7")
      assert.strictEqual(result.debug_url, "https://x")
    })
  )

  it.live("that keep their envelope have it in their schema", () =>
    Effect.gen(function* () {
      const answer = { code: 0, msg: "", data: "{}", execute_id: "7", debug_url: "https://x", token: "9", detail }
      const server = yield* loopback(json(answer))
      const result = yield* WorkflowsRuns.create({ workflow_id: "w" }).pipe(
        RequestOptions.withDecoding("strict"),
        Effect.provide(cozeAt(server.url))
      )
      assert.strictEqual(result.code, 0)
    })
  )

  it.live("of an asynchronous workflow have its nodes", () =>
    Effect.gen(function* () {
      const run = {
        execute_id: "7",
        execute_status: "Running",
        error_code: "",
        create_time: 1730174063,
        node_execute_status: { "900001": { node_id: "900001", is_finish: false, node_execute_uuid: "u1" } }
      }
      const server = yield* loopback(json({ code: 0, msg: "", data: [run], detail }))
      const history = yield* Effect.provide(
        WorkflowsRuns.history({ workflow_id: "w", execute_id: "7" }),
        cozeAt(server.url)
      )
      assert.strictEqual(history[0]?.node_execute_status?.["900001"]?.node_execute_uuid, "u1")
    })
  )

  it.live("with a code are errors, also if nothing is expected", () =>
    Effect.gen(function* () {
      const server = yield* loopback(json({ code: 4200, msg: "Dataset does not exist", detail }))
      const error = yield* failureOf(Effect.provide(Datasets.delete({ dataset_id: "1" }), cozeAt(server.url)))
      assert.include(reasonOf(apiError(error), "NotFoundError").message, "Dataset does not exist")
      assert.strictEqual(apiError(error).requestId, detail.logid)
      assert.strictEqual(apiError(error).endpoint, "datasets.delete")
    })
  )

  it.live("with a code are errors, also if sound is expected", () =>
    Effect.gen(function* () {
      const server = yield* loopback(json({ code: 4000, msg: "voice_id is invalid", detail }))
      const error = yield* failureOf(
        Effect.provide(Stream.runDrain(AudioSpeech.create({ input: "hi", voice_id: "v" })), cozeAt(server.url))
      )
      reasonOf(apiError(error), "InvalidRequestError")
    })
  )

  it.live("of speech are bytes as they come", () =>
    Effect.gen(function* () {
      const server = yield* loopback(text(new Uint8Array([1, 2, 3]), { headers: { "content-type": "audio/mpeg" } }))
      const chunks = yield* Stream.runCollect(AudioSpeech.create({ input: "hi", voice_id: "v" })).pipe(
        Effect.provide(cozeAt(server.url))
      )
      assert.deepStrictEqual([...Buffer.concat(chunks)], [1, 2, 3])
    })
  )

  it.live("of an upload name the file", () =>
    Effect.gen(function* () {
      const file = { id: "736949598110202", bytes: 5, created_at: 1715847583, file_name: "a.txt" }
      const server = yield* loopback(json({ code: 0, msg: "", data: file, detail }))
      const uploaded = yield* Effect.provide(
        Files.upload({ file: FileSource.fromText("hello", { name: "a.txt" }) }),
        cozeAt(server.url)
      )
      assert.strictEqual(uploaded.id, file.id)
      assert.include(server.requests[0]?.body, 'filename="a.txt"')
    })
  )

  it.live("of the messages of a chat are a list", () =>
    Effect.gen(function* () {
      const message = { id: "1", role: "assistant", type: "answer", content: "hi", content_type: "text" }
      const server = yield* loopback(json({ code: 0, msg: "", data: [message], detail }))
      const messages = yield* Effect.provide(
        ChatMessages.list({ conversation_id: "c", chat_id: "h" }),
        cozeAt(server.url)
      )
      assert.deepStrictEqual<unknown>(messages, [message])
    })
  )

  it.live("that describe a workflow have its variables, nested ones too", () =>
    Effect.gen(function* () {
      const data = {
        workflow_detail: { workflow_id: "w", created_at: 1747888248, updated_at: "1747983675" },
        input: { parameters: { pictures: { type: "array", items: { type: "object", properties: {} } } } }
      }
      const server = yield* loopback(json({ code: 0, msg: "", data, detail }))
      const workflow = yield* Effect.provide(Workflows.retrieve({ workflow_id: "w" }), cozeAt(server.url))
      assert.strictEqual(workflow.input?.parameters?.["pictures"]?.items?.type, "object")
    })
  )
})

const bodies = (requests: ReadonlyArray<{ readonly body: string }>): ReadonlyArray<unknown> =>
  requests.map(({ body }) => JSON.parse(body) as unknown)

const urls = (requests: ReadonlyArray<{ readonly url: string }>): ReadonlyArray<string> =>
  requests.map(({ url }) => url)

describe("Coze pages", () => {
  const documents = (...ids: ReadonlyArray<string>) =>
    json({ code: 0, msg: "", total: 3, document_infos: ids.map((document_id) => ({ document_id, size: 1 })) })

  it.live("of documents are counted by their total", () =>
    Effect.gen(function* () {
      const server = yield* loopback(documents("1", "2"), documents("3"))
      const all = yield* Stream.runCollect(DatasetsDocuments.list({ dataset_id: "d", size: 2 })).pipe(
        Effect.provide(cozeAt(server.url))
      )
      assert.deepStrictEqual(
        all.map(({ document_id }) => document_id),
        ["1", "2", "3"]
      )
      assert.deepStrictEqual(bodies(server.requests), [
        { dataset_id: "d", size: 2 },
        { dataset_id: "d", size: 2, page: 2 }
      ])
      assert.strictEqual(server.requests[0]?.headers["agw-js-conv"], "str")
    })
  )

  it.live("are asked for only as far as they are read", () =>
    Effect.gen(function* () {
      const server = yield* loopback(documents("1", "2"), documents("3"))
      const first = yield* DatasetsDocuments.list({ dataset_id: "d", size: 2 }).pipe(
        Stream.take(2),
        Stream.runCollect,
        Effect.provide(cozeAt(server.url))
      )
      assert.strictEqual(first.length, 2)
      assert.strictEqual(server.requests.length, 1)
    })
  )

  it.live("of messages go on from the last one", () =>
    Effect.gen(function* () {
      const page = (has_more: boolean, ...ids: ReadonlyArray<string>) =>
        json({
          code: 0,
          msg: "",
          data: ids.map((id) => ({ id, role: "user", content: id, updated_at: "1716809829" })),
          first_id: ids[0],
          last_id: ids.at(-1),
          has_more
        })
      const server = yield* loopback(page(true, "1", "2"), page(false, "3"))
      const all = yield* Stream.runCollect(ConversationsMessages.list({ conversation_id: "c", order: "asc" })).pipe(
        Effect.provide(cozeAt(server.url))
      )
      assert.deepStrictEqual(
        all.map(({ id }) => id),
        ["1", "2", "3"]
      )
      assert.deepStrictEqual(bodies(server.requests), [{ order: "asc" }, { order: "asc", after_id: "2" }])
      assert.deepStrictEqual(urls(server.requests), Array(2).fill("/v1/conversation/message/list?conversation_id=c"))
    })
  )

  it.live("of agents stop if the total is reached", () =>
    Effect.gen(function* () {
      const page = (...ids: ReadonlyArray<string>) =>
        json({ code: 0, data: { total: 2, items: ids.map((id) => ({ id })) } })
      const server = yield* loopback(page("1"), page("2"))
      const all = yield* Stream.runCollect(Bots.listNew({ workspace_id: "w", page_size: 1 })).pipe(
        Effect.provide(cozeAt(server.url))
      )
      assert.strictEqual(all.length, 2)
      assert.deepStrictEqual(urls(server.requests), [
        "/v1/bots?workspace_id=w&page_size=1",
        "/v1/bots?workspace_id=w&page_size=1&page_num=2"
      ])
    })
  )

  it.live("of versions follow a token", () =>
    Effect.gen(function* () {
      const page = (version: string, next_page_token: string, has_more: boolean) =>
        json({ code: 0, data: { items: [{ version }], next_page_token, has_more } })
      const server = yield* loopback(page("v2", "t2", true), page("v1", "", false))
      const all = yield* Stream.runCollect(WorkflowsVersions.list({ workflow_id: "w" })).pipe(
        Effect.provide(cozeAt(server.url))
      )
      assert.deepStrictEqual(
        all.map(({ version }) => version),
        ["v2", "v1"]
      )
      assert.strictEqual(server.requests[1]?.url, "/v1/workflows/w/versions?page_token=t2")
    })
  )
})

describe("the Coze catalogue", () => {
  it("has each endpoint once", () => {
    assert.strictEqual(new Set(endpoints.map(({ id }) => id)).size, endpoints.length)
  })

  it("has a schema wherever there is an answer", () => {
    for (const { id, kind, success } of endpoints) {
      assert.strictEqual(success !== undefined, kind !== "none" && kind !== "binary", id)
    }
  })

  it("knows a reason and a hint for each of its codes", () => {
    for (const [code, { hint }] of Object.entries(errorCodes)) {
      assert.strictEqual(hintFor(code), hint)
      assert.match(hint, /^[A-Z].*\.$/)
    }
    assert.isUndefined(hintFor(123))
    assert.isUndefined(hintFor(undefined))
  })
})
