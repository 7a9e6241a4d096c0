/**
 * Moves bytes in one way, in its own process, and prints how much the process grew, in MiB.
 *
 *     node scripts/run.mjs scripts/bench/memoryRun.ts <way> <client> <MiB>
 */

import { once } from "node:events"
import { createWriteStream, openAsBlob, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Anthropic } from "llmfx/anthropic/Anthropic"
import * as MessagesBatches from "llmfx/anthropic/MessagesBatches"
import * as FileSource from "llmfx/files/FileSource"
import * as LocalFile from "llmfx/files/LocalFile"
import * as ChatCompletions from "llmfx/openai/ChatCompletions"
import * as Files from "llmfx/openai/Files"
import * as FileUploads from "llmfx/openai/FileUploads"
import { OpenAi } from "llmfx/openai/OpenAi"
import * as RequestOptions from "llmfx/RequestOptions"
import { inputs } from "./inputs.ts"
import { startServer } from "./servers.ts"

const mebibyte = 1024 * 1024
const pieceSize = 64 * 1024
const folder = join(tmpdir(), `llmfx-memory-${process.pid}`)

const generated = (bytes: number): FileSource.FileSource =>
  FileSource.fromStream(
    () =>
      Stream.range(1, bytes / pieceSize).pipe(
        Stream.rechunk(1),
        Stream.map(() => new Uint8Array(pieceSize).fill(97))
      ),
    { name: "large.bin", size: bytes }
  )

const fileOf = async (bytes: number): Promise<string> => {
  const path = `${folder}.bin`
  const file = createWriteStream(path)
  const piece = Buffer.alloc(mebibyte, "a")
  for (let written = 0; written < bytes; written += piece.length) {
    if (!file.write(piece)) await once(file, "drain")
  }
  file.end()
  await once(file, "finish")
  return path
}

const upload = (file: FileSource.FileSource, bytes: number) =>
  Effect.flatMap(Files.create({ file, purpose: "batch" }), (answer) =>
    answer.bytes < bytes ? Effect.die(new Error(`only ${answer.bytes} bytes arrived`)) : Effect.void
  )

const asked = (bytes: number) => RequestOptions.withHeaders({ "x-bytes": String(bytes) })

const programs: { readonly [way: string]: (bytes: number) => Effect.Effect<unknown, unknown, Services> } = {
  "upload of a stream": (bytes: number) => upload(generated(bytes), bytes),
  "upload of a path": (bytes: number) =>
    Effect.gen(function* () {
      const path = yield* Effect.promise(() => fileOf(bytes))
      yield* upload(yield* LocalFile.source(path), bytes)
    }),
  "upload of a Blob": (bytes: number) =>
    Effect.gen(function* () {
      const path = yield* Effect.promise(() => fileOf(bytes))
      yield* upload(yield* Effect.promise(() => openAsBlob(path)), bytes)
    }),
  "upload of a path in parts": (bytes: number) =>
    Effect.gen(function* () {
      const path = yield* Effect.promise(() => fileOf(bytes))
      yield* FileUploads.large({ file: yield* LocalFile.source(path), purpose: "batch" })
    }),
  download: (bytes: number) => Stream.runDrain(asked(bytes)(Files.content({ file_id: "file-1" }))),
  "download to a path": (bytes: number) =>
    Files.content({ file_id: "file-1" }).pipe(asked(bytes), LocalFile.save(`${folder}.out`)),
  "server-sent events": (bytes: number) => Stream.runDrain(asked(bytes)(ChatCompletions.stream(inputs.openai))),
  "JSON lines": (bytes: number) =>
    Stream.runDrain(asked(bytes)(MessagesBatches.results({ message_batch_id: "msgbatch_1" })))
}

type Services = OpenAi | Anthropic | FileSystem.FileSystem

const http = async (client: string) =>
  client === "undici" ? (await import("@effect/platform-node/NodeHttpClient")).layerUndici : FetchHttpClient.layer

const [way = "", client = "fetch", size = "64"] = process.argv.slice(2)
const server = await startServer("memoryServer")
const key = Redacted.make("bench-key-0123456789")
const layer = Layer.merge(
  OpenAi.layer({ apiKey: key, baseUrl: `${server.url}/v1`, timeouts: {} }),
  Anthropic.layer({ apiKey: key, baseUrl: server.url, timeouts: {} })
).pipe(Layer.provide(await http(client)), Layer.merge(NodeFileSystem.layer))

const move = (bytes: number) =>
  Effect.runPromise(Effect.provide(programs[way]?.(bytes) ?? Effect.die(new Error(`no way is called ${way}`)), layer))

/** The peak memory of the process so far. */
const peak = (): number => process.resourceUsage().maxRSS / 1024

await move(32 * mebibyte)
const before = peak()
await move(Number(size) * mebibyte)
rmSync(`${folder}.bin`, { force: true })
rmSync(`${folder}.out`, { force: true })
server.stop()
console.log(Math.round(peak() - before))
