/**
 * Reads the arguments and runs a command.
 *
 * The build puts this and `effect/cli` into one file, so that help is there at once. The work is in `tasks`, which load
 * when a command needs them and share nothing with this file but plain data.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import { commandsOf } from "./commands.ts"

/** Runs the command of the arguments, and sets the exit code: 0 if all went well, 2 if it was called wrongly, else 1. */
export const runProgram = async (args: ReadonlyArray<string>): Promise<void> => {
  const stop = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1)
      stop.abort()
    })
  }
  // The reader of the output has ended, such as `head`.
  process.stdout.on("error", () => process.exit(1))
  const commands = commandsOf(async (task) => {
    process.exitCode = await task(stop.signal)
  })
  await Effect.runPromise(
    Command.runWith(commands, { version: versionOf(dirname(fileURLToPath(import.meta.url))) })(args).pipe(
      Effect.catch((error) =>
        Effect.sync(() => {
          process.exitCode = CliError.isCliError(error) && isOnlyHelp(error) ? 0 : 2
        })
      ),
      Effect.provide(platform)
    )
  )
}

/** A command that only has subcommands shows its help. */
const isOnlyHelp = (error: CliError.CliError): boolean => error._tag === "ShowHelp" && error.errors.length === 0

/** The version of the package that a folder is in. */
const versionOf = (folder: string): string => {
  const file = join(folder, "package.json")
  const { name, version } = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : {}
  if (name === "llmfx" && version !== undefined) return version
  return folder === dirname(folder) ? "unknown" : versionOf(dirname(folder))
}

interface Manifest {
  readonly name?: string
  readonly version?: string
}

/** No command asks questions, and tasks read files by themselves. */
const unused = Effect.die("This program does not use the terminal as input")

const platform = Layer.mergeAll(
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({}),
  Layer.succeed(
    Terminal.Terminal,
    Terminal.make({
      columns: Effect.sync(() => process.stdout.columns ?? 80),
      rows: Effect.sync(() => process.stdout.rows ?? 24),
      size: unused,
      readInput: unused,
      readLine: unused,
      display: (text) => Effect.sync(() => void process.stdout.write(text))
    })
  ),
  Layer.succeed(
    ChildProcessSpawner.ChildProcessSpawner,
    ChildProcessSpawner.make(() => unused)
  )
)
