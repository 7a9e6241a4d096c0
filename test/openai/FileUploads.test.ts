import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { FileSource, RetryPolicy } from "llmfx"
import * as FileUploads from "../../src/openai/FileUploads.ts"
import { reasonOf } from "../support/errors.ts"
import { type Exchange, json, type LoopbackServer, loopback } from "../support/LoopbackServer.ts"
import { fetchHttp, openAiOver } from "../support/probes.ts"

const upload = (status: string) => ({
  id: "upload_1",
  object: "upload",
  bytes: 10,
  created_at: 1,
  expires_at: 2,
  filename: "f.bin",
  purpose: "batch",
  status,
  file: null
})

const contentOf = (body: string): string => /\r\n\r\n([\s\S]*)\r\n--/.exec(body)?.[1] ?? ""

/** Names each part after its content, and answers later parts sooner. */
const uploads = (exchange: Exchange): void => {
  const { body, url } = exchange.request
  if (url.endsWith("/parts")) {
    const id = `part_${contentOf(body)}`
    const answer = json({ id, object: "upload.part", created_at: 1, upload_id: "upload_1" })
    setTimeout(() => answer(exchange), url.length + (contentOf(body).startsWith("0") ? 30 : 0))
  } else {
    json(upload(url.endsWith("/complete") ? "completed" : url.endsWith("/cancel") ? "cancelled" : "pending"))(exchange)
  }
}

const over = (server: LoopbackServer) => openAiOver(fetchHttp, { baseUrl: server.url, retry: RetryPolicy.none })

const paths = ({ requests }: LoopbackServer): ReadonlyArray<string> => requests.map(({ url }) => url)

const bodyOf = ({ requests }: LoopbackServer, path: string): unknown =>
  JSON.parse(requests.find(({ url }) => url === path)?.body ?? "null")

const text = "0123456789"
const chunked = (...chunks: ReadonlyArray<string>) =>
  FileSource.fromStream(() => Stream.fromIterable(chunks.map((chunk) => new TextEncoder().encode(chunk))), {
    name: "f.jsonl",
    size: text.length
  })

/** A file whose parts can be read, but not the whole. */
const ranged = FileSource.fromStream(() => Stream.die("read from the start"), {
  name: "f.jsonl",
  size: text.length,
  openRange: (start, end) => Stream.make(new TextEncoder().encode(text.slice(start, end)))
})

const sendsAgain = (file: FileSource.FileSource) =>
  Effect.gen(function* () {
    let failures = 0
    const server = yield* loopback((exchange) =>
      contentOf(exchange.request.body) === "4567" && failures++ === 0
        ? json({ error: { message: "later" } }, { status: 503, headers: { "retry-after-ms": "0" } })(exchange)
        : uploads(exchange)
    )
    const finished = yield* Effect.provide(
      FileUploads.large({ file, purpose: "batch" }, { partSize: 4 }),
      openAiOver(fetchHttp, { baseUrl: server.url })
    )
    assert.strictEqual(finished.status, "completed")
    assert.strictEqual(failures, 2)
  }).pipe(Effect.scoped)

describe("an upload in parts", () => {
  for (const [name, file] of [
    ["bytes", FileSource.fromText(text, { name: "f.jsonl" })],
    ["a web file", new File([text], "f.jsonl", { type: "application/jsonl" })],
    ["a file that can be read from any place", ranged],
    ["a stream in large pieces", chunked(text)],
    ["a stream in small pieces", chunked("0", "12", "3456789")]
  ] as const) {
    it.live(`of ${name} is cut at the size of a part, and completed in order`, () =>
      Effect.gen(function* () {
        const server = yield* loopback(uploads)
        const finished = yield* Effect.provide(
          FileUploads.large({ file, purpose: "batch", md5: "abc" }, { partSize: 4 }),
          over(server)
        )
        assert.strictEqual(finished.status, "completed")
        assert.deepStrictEqual(bodyOf(server, "/uploads"), {
          bytes: 10,
          filename: "f.jsonl",
          mime_type: "application/jsonl",
          purpose: "batch"
        })
        assert.deepStrictEqual(bodyOf(server, "/uploads/upload_1/complete"), {
          part_ids: ["part_0123", "part_4567", "part_89"],
          md5: "abc"
        })
      }).pipe(Effect.scoped)
    )
  }

  it.live("tells how far it is", () =>
    Effect.gen(function* () {
      const server = yield* loopback(uploads)
      const progress = yield* FileUploads.follow(
        { file: chunked(text), purpose: "batch" },
        { partSize: 4, concurrency: 1 }
      ).pipe(Stream.runCollect, Effect.provide(over(server)))
      assert.deepStrictEqual(
        progress.map(({ total, upload, uploaded }) => [uploaded, total, upload?.status]),
        [
          [4, 10, undefined],
          [8, 10, undefined],
          [10, 10, undefined],
          [10, 10, "completed"]
        ]
      )
    }).pipe(Effect.scoped)
  )

  for (const [name, file] of [
    ["a stream", chunked(text)],
    ["a file that can be read from any place", ranged]
  ] as const) {
    it.live(`of ${name} sends a part again that failed`, () => sendsAgain(file))
  }

  it.live("is cancelled on the server if a part cannot be sent", () =>
    Effect.gen(function* () {
      const server = yield* loopback((exchange) =>
        contentOf(exchange.request.body) === "4567"
          ? json({ error: { message: "no" } }, { status: 400 })(exchange)
          : uploads(exchange)
      )
      const error = yield* FileUploads.large({ file: chunked(text), purpose: "batch" }, { partSize: 4 }).pipe(
        Effect.flip,
        Effect.provide(over(server))
      )
      reasonOf(error, "InvalidRequestError")
      assert.strictEqual(paths(server).at(-1), "/uploads/upload_1/cancel")
    }).pipe(Effect.scoped)
  )

  it.live("is cancelled on the server if it is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* loopback((exchange) => {
        if (!exchange.request.url.endsWith("/parts")) uploads(exchange)
      })
      const fiber = yield* Effect.forkChild(
        Effect.provide(FileUploads.large({ file: chunked(text), purpose: "batch" }, { partSize: 4 }), over(server))
      )
      while (!paths(server).some((path) => path.endsWith("/parts"))) yield* Effect.sleep(5)
      yield* Fiber.interrupt(fiber)
      assert.include(paths(server), "/uploads/upload_1/cancel")
    }).pipe(Effect.scoped)
  )

  it.live("is not completed if the file is not as long as it said", () =>
    Effect.gen(function* () {
      const server = yield* loopback(uploads)
      const error = yield* FileUploads.large({ file: chunked("0123"), purpose: "batch" }, { partSize: 4 }).pipe(
        Effect.flip,
        Effect.provide(over(server))
      )
      assert.include(reasonOf(error, "RequestError").message, "4 bytes, not the 10")
      assert.notInclude(paths(server), "/uploads/upload_1/complete")
    }).pipe(Effect.scoped)
  )

  it.live("is not begun if the size is not known", () =>
    Effect.gen(function* () {
      const server = yield* loopback(uploads)
      const file = FileSource.fromStream(() => Stream.empty, { name: "f" })
      const error = yield* FileUploads.large({ file, purpose: "batch" }).pipe(Effect.flip, Effect.provide(over(server)))
      reasonOf(error, "RequestError")
      assert.deepStrictEqual(paths(server), [])
    }).pipe(Effect.scoped)
  )
})

it.live("many files that are uploaded at a time come in their order", () =>
  Effect.gen(function* () {
    let open = 0
    let most = 0
    const held: Array<() => void> = []
    const server = yield* loopback((exchange) => {
      most = Math.max(most, ++open)
      const name = /filename="(\w+)"/.exec(exchange.request.body)?.[1] ?? ""
      held.push(() => {
        open--
        json({ id: name, object: "file", bytes: 1, created_at: 1, filename: name, purpose: "batch" })(exchange)
      })
      // The first three are answered once all have arrived, in reverse order.
      if (most === 3) for (const answer of held.splice(0).reverse()) answer()
    })
    const files = Array.from({ length: 7 }, (_, index) => ({
      file: FileSource.fromText("x", { name: `f${index}` }),
      purpose: "batch" as const
    }))
    const objects = yield* FileUploads.many(files, { concurrency: 3 }).pipe(
      Stream.runCollect,
      Effect.provide(over(server))
    )
    assert.deepStrictEqual(
      objects.map(({ id }) => id),
      ["f0", "f1", "f2", "f3", "f4", "f5", "f6"]
    )
    assert.strictEqual(most, 3)
  }).pipe(Effect.scoped)
)
