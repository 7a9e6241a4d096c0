/**
 * Uploads a file and looks it up.
 *
 *     node scripts/run.mjs examples/coze-files.ts [path]
 *
 * Set COZE_API_TOKEN and COZE_PLATFORM (com or cn) to upload it to the platform.
 */
import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import process from "node:process"
import * as Effect from "effect/Effect"
import { FileSource } from "llmfx"
import { ChatMessage, Files } from "llmfx/coze"
import { coze, runExample } from "./support/coze.ts"

const source = Effect.gen(function* () {
  const path = process.argv[2]
  if (path === undefined) return FileSource.fromText("Open from nine to five.\n", { name: "hours.txt" })
  const bytes = yield* Effect.tryPromise({ try: () => readFile(path), catch: (error) => error as Error })
  return FileSource.fromBytes(bytes, { name: basename(path) })
})

const program = Effect.gen(function* () {
  const uploaded = yield* Files.upload({ file: yield* source })
  console.log(`uploaded ${uploaded.file_name} as ${uploaded.id}`)

  const file = yield* Files.retrieve({ file_id: uploaded.id })
  console.log(`the platform has ${file.bytes} bytes of it`)

  const message = ChatMessage.user([ChatMessage.text("What does this say?"), ChatMessage.file({ file_id: file.id })])
  console.log("to ask about it, send:", message)
})

runExample(Effect.provide(program, coze))
