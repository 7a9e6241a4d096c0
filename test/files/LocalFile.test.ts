import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import { FileSource, LocalFile } from "llmfx"
import { json, loopback } from "../support/LoopbackServer.ts"
import { fetchHttp, openAiOver, probes } from "../support/probes.ts"

const inFolder = <A, E>(
  test: (folder: string, system: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem>
) =>
  Effect.gen(function* () {
    const system = yield* FileSystem.FileSystem
    return yield* test(yield* system.makeTempDirectoryScoped(), system)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const bytes = (...texts: ReadonlyArray<string>) =>
  Stream.map(Stream.fromIterable(texts), (text) => new TextEncoder().encode(text))

describe("a file to send", () => {
  it.live("has its name and size", () =>
    inFolder((folder, system) =>
      Effect.gen(function* () {
        yield* system.writeFileString(`${folder}/notes.txt`, "hello")
        const file = yield* LocalFile.source(`${folder}/notes.txt`)
        assert.strictEqual(FileSource.nameOf(file), "notes.txt")
        assert.strictEqual(FileSource.sizeOf(file), 5)
      })
    )
  )

  it.live("can be read again and again", () =>
    inFolder((folder, system) =>
      Effect.gen(function* () {
        yield* system.writeFileString(`${folder}/notes.txt`, "hello")
        const file = yield* LocalFile.source(`${folder}/notes.txt`)
        for (const _ of [1, 2]) {
          const read = yield* FileSource.read(file).pipe(Stream.decodeText, Stream.mkString)
          assert.strictEqual(read, "hello")
        }
      })
    )
  )

  it.live("goes into a request under its name, with its type", () =>
    inFolder((folder, system) =>
      Effect.gen(function* () {
        yield* system.writeFileString(`${folder}/notes.txt`, "hello")
        const file = yield* LocalFile.source(`${folder}/notes.txt`)
        const server = yield* loopback(json({ ok: true }))
        yield* Effect.provide(probes.upload({ file }), openAiOver(fetchHttp, { baseUrl: server.url }))
        const [request] = server.requests
        assert.include(request?.body, 'filename="notes.txt"')
        assert.include(request?.body, "text/plain\r\n\r\nhello\r\n")
        assert.notInclude(request?.body, folder)
      }).pipe(Effect.scoped)
    )
  )

  it.live("can be uploaded in parts that are read from where they begin", () =>
    inFolder((folder, system) =>
      Effect.gen(function* () {
        yield* system.writeFileString(`${folder}/notes.txt`, "0123456789")
        const file = yield* LocalFile.source(`${folder}/notes.txt`)
        const part = "_tag" in file && file._tag === "Opener" ? file.openRange?.(4, 8) : undefined
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(part ?? Stream.empty)), "4567")
      })
    )
  )

  it.live("that is not there fails at once", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(LocalFile.source(`${folder}/none`))
        assert.strictEqual(error.reason._tag, "NotFound")
      })
    )
  )
})

describe("a file to save", () => {
  it.live("has all bytes of the stream", () =>
    inFolder((folder, system) =>
      Effect.gen(function* () {
        const count = yield* bytes("hel", "lo").pipe(LocalFile.save(`${folder}/out.txt`))
        assert.strictEqual(count, 5)
        assert.strictEqual(yield* system.readFileString(`${folder}/out.txt`), "hello")
        assert.deepStrictEqual(yield* system.readDirectory(folder), ["out.txt"])
      })
    )
  )

  it.live("that fails leaves nothing behind, and an older file as it was", () =>
    inFolder((folder, system) =>
      Effect.gen(function* () {
        yield* system.writeFileString(`${folder}/out.txt`, "old")
        const exit = yield* Stream.concat(bytes("new"), Stream.fail("broken")).pipe(
          LocalFile.save(`${folder}/out.txt`),
          Effect.exit
        )
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(yield* system.readFileString(`${folder}/out.txt`), "old")
        assert.deepStrictEqual(yield* system.readDirectory(folder), ["out.txt"])
      })
    )
  )
})
