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
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { LocalFile } from "llmfx"
import { Files, FileUploads } from "llmfx/openai"
import { openAi } from "./support/standIn.ts"

const program = Effect.gen(function* () {
  const system = yield* FileSystem.FileSystem
  const folder = yield* system.makeTempDirectoryScoped()
  yield* system.writeFileString(
    `${folder}/large.jsonl`,
    Array.from({ length: 1000 }, (_, n) => `{"n":${n}}\n`).join("")
  )

  const source = yield* LocalFile.source(`${folder}/large.jsonl`)
  const last = yield* FileUploads.follow({ file: source, purpose: "batch" }, { partSize: 3000 }).pipe(
    Stream.tap(({ total, uploaded }) => Console.log(`${uploaded} of ${total} bytes`)),
    Stream.runLast
  )
  const file = Option.getOrUndefined(last)?.upload?.file
  if (file == null) return
  yield* Console.log(`uploaded ${file.filename}`)

  const count = yield* Files.content({ file_id: file.id }).pipe(LocalFile.save(`${folder}/copy.jsonl`))
  const copy = yield* system.readFileString(`${folder}/copy.jsonl`)
  yield* Console.log(`${count} bytes saved, the last line of which is ${copy.trim().split("\n").at(-1)}`)
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Layer.merge(openAi(), NodeFileSystem.layer))))
