/** Runs the Effect of a task to its exit code. */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** The program was called wrongly. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** Runs a task until the signal. What fails is printed in one line, with what to do about it. */
export const runTask = async (task: Effect.Effect<number, unknown>, stop: AbortSignal): Promise<number> => {
  const exit = await Effect.runPromiseExit(task, { signal: stop })
  if (Exit.isSuccess(exit)) return exit.value
  if (stop.aborted && Cause.hasInterruptsOnly(exit.cause)) return 1
  const error = Cause.squash(exit.cause)
  console.error(`llmfx: ${lineOf(error)}`)
  return error instanceof UsageError ? 2 : 1
}

/** Hints by the tag of an error. Messages of other errors already say what to do. */
const advice: { readonly [tag: string]: string } = {
  BulkConflictError: "Give this job another name with --job, or another file with --db.",
  BulkNotFoundError: "`llmfx bulk status --db <file>` lists the jobs.",
  BulkStorageError: "Nothing is lost: run the same command again when the file can be written.",
  BulkStoppedError: "`llmfx bulk status` shows why; the same command again goes on if the job is paused."
}

const lineOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const line = message
    .split("\n")
    .map((part) => part.trim().replace(/^- /, ""))
    .filter((part) => part !== "")
    .join(" ")
  const tag = typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : ""
  const hint = Object.hasOwn(advice, tag) ? advice[tag] : undefined
  return hint === undefined ? line : `${line.replace(/\.?$/, ".")} ${hint}`
}
