/**
 * A large file in parts, with its progress, and a download that goes straight to the disk.
 *
 *     node scripts/run.mjs examples/uploads.ts
 */
import { NodeFileSystem } from "@effect/platform-node"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { LocalFile } from "llmfx"
import { Files, FileUploads } from "llmfx/openai"
import { openAi } from "./support/standIn.ts"

const program = Effect.gen(function* () {
  const system = yield* FileSystem.FileSystem
  const folder = yield* system.makeTempDirectoryScoped()
  yield* system.writeFileString(`${folder}/large.jsonl`, '{"n":1}\n'.repeat(1000))

  const file = yield* LocalFile.source(`${folder}/large.jsonl`)
  yield* FileUploads.follow({ file, purpose: "batch" }, { partSize: 3000 }).pipe(
    Stream.runForEach(({ total, upload, uploaded }) =>
      Console.log(`${uploaded} of ${total} bytes${upload === undefined ? "" : `: ${upload.file?.id}`}`)
    )
  )

  const count = yield* Files.content({ file_id: "file-1" }).pipe(LocalFile.save(`${folder}/copy.txt`))
  yield* Console.log(`${count} bytes saved: ${yield* system.readFileString(`${folder}/copy.txt`)}`)
})

let parts = 0

const layer = openAi(({ path }) => {
  if (path.endsWith("/content")) return { text: "What was in the file." }
  if (path.endsWith("/parts"))
    return { json: { id: `part_${++parts}`, object: "upload.part", created_at: 1, upload_id: "u" } }
  const isComplete = path.endsWith("/complete")
  return {
    json: {
      id: "upload_1",
      object: "upload",
      bytes: 8000,
      created_at: 1,
      expires_at: 2,
      filename: "large.jsonl",
      purpose: "batch",
      status: isComplete ? "completed" : "pending",
      file: isComplete
        ? { id: "file-1", object: "file", bytes: 8000, created_at: 1, filename: "large.jsonl", purpose: "batch" }
        : null
    }
  }
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Layer.merge(layer, NodeFileSystem.layer))))
