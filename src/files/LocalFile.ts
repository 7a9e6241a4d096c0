/**
 * Sends and saves files of the file system. They are streamed, so memory stays constant whatever their size.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { LocalFile } from "llmfx"
 * import { AudioSpeech, Files } from "llmfx/openai"
 *
 * const upload = Effect.flatMap(LocalFile.source("report.pdf"), (file) => Files.create({ file, purpose: "user_data" }))
 *
 * const speech = AudioSpeech.create({ model: "gpt-4o-mini-tts", voice: "coral", input: "Hello" }).pipe(
 *   LocalFile.save("hello.mp3")
 * )
 * ```
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { quietly } from "../internal/quietly.ts"
import * as FileSource from "./FileSource.ts"

/**
 * How to describe the file to the server.
 *
 * @category models
 */
export interface SourceOptions {
  /** Default: the last part of the path. */
  readonly name?: string | undefined
  /** Default: guessed from the name. */
  readonly type?: string | undefined
}

/**
 * Returns a file to send. It is opened for every attempt, so the call can be retried.
 *
 * @category getters
 */
export const source = (
  path: string,
  options: SourceOptions = {}
): Effect.Effect<FileSource.FileSource, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (system) =>
    Effect.map(system.stat(path), ({ size }) =>
      FileSource.fromStream(() => system.stream(path), {
        name: options.name ?? path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1),
        type: options.type,
        size: Number(ByteSize.toBigInt(size)),
        openRange: (start, end) =>
          system.stream(path, { offset: ByteSize.bytes(start), bytesToRead: ByteSize.bytes(end - start) })
      })
    )
  )

/**
 * Writes a stream of bytes to a file and returns their number.
 *
 * **Details**
 *
 * The bytes are written to a temporary file next to it, which gets the name once it is complete, and is removed if the
 * stream fails or is interrupted.
 *
 * @category running
 */
export const save =
  (path: string) =>
  <E, R>(
    bytes: Stream.Stream<Uint8Array, E, R>
  ): Effect.Effect<number, E | PlatformError.PlatformError, R | FileSystem.FileSystem> =>
    Effect.flatMap(FileSystem.FileSystem, (system) =>
      Effect.suspend(() => {
        const unfinished = `${path}.${crypto.randomUUID()}.part`
        let count = 0
        const counted = Stream.tap(bytes, (piece) =>
          Effect.sync(() => {
            count += piece.length
          })
        )
        return Stream.run(counted, system.sink(unfinished)).pipe(
          Effect.andThen(system.rename(unfinished, path)),
          Effect.onError(() => quietly(system.remove(unfinished))),
          Effect.map(() => count)
        )
      })
    )
