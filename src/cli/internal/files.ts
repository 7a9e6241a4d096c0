/** Files that a task reads and writes. */
import { readFileSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { messageOf } from "../../internal/errors/messageOf.ts"
import { UsageError } from "./runTask.ts"

/** Writes text, and waits until it is taken. */
export type Write = (text: string) => Effect.Effect<void, UsageError>

const failure = (what: string) => (thrown: unknown) => new UsageError({ message: `${what}: ${messageOf(thrown)}` })

const opened = (path: string): Effect.Effect<FileHandle, UsageError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(path, "w"), catch: failure(`${path} cannot be written`) }),
    (file) => Effect.promise(() => file.close())
  )

/** Opens and empties a file. Default: standard output. */
export const writerOf = (path: string | undefined): Effect.Effect<Write, UsageError, Scope.Scope> =>
  path === undefined
    ? Effect.succeed((text) =>
        Effect.callback<void>((resume) => void process.stdout.write(text, () => resume(Effect.void)))
      )
    : Effect.map(
        opened(path),
        (file): Write =>
          (text) =>
            Effect.asVoid(
              Effect.tryPromise({ try: () => file.appendFile(text), catch: failure(`${path} cannot be written`) })
            )
      )

/** Reads JSON from a file. */
export const readJson = (path: string): Effect.Effect<unknown, UsageError> =>
  Effect.try({
    try: () => JSON.parse(readFileSync(path, "utf8")) as unknown,
    catch: failure(`${path} cannot be read as JSON`)
  })
