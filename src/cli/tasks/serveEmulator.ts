/** `llmfx emulator`: serves emulated APIs until it is told to stop. */
import * as Effect from "effect/Effect"
import { messageOf } from "../../internal/errors/messageOf.ts"
import * as Emulator from "../../testing/Emulator.ts"
import * as Faults from "../../testing/Faults.ts"
import * as NodeEmulator from "../../testing/NodeEmulator.ts"
import { readJson } from "../internal/files.ts"
import { runTask, UsageError } from "../internal/runTask.ts"

/** Durations are in milliseconds. */
export interface EmulatorOptions {
  readonly port: number | undefined
  readonly host: string | undefined
  readonly allowHost: ReadonlyArray<string>
  readonly allowOrigin: ReadonlyArray<string>
  readonly replies: string | undefined
  readonly models: string | undefined
  readonly lenient: boolean
  readonly studio: boolean
  readonly pace: number | undefined
  readonly latency: number | undefined
  readonly jobDuration: number | undefined
  readonly requestsPerMinute: number | undefined
  readonly tokensPerMinute: number | undefined
  readonly maxBody: number | undefined
  readonly faultRate: number
  readonly seed: number | undefined
  readonly capacity: number | undefined
  readonly missing: "notFound" | "sample"
}

export const serveEmulator = async (options: EmulatorOptions, stop: AbortSignal): Promise<number> => {
  const code = await runTask(serve(options), stop)
  // It runs until it is told to stop.
  return stop.aborted ? 0 : code
}

/** "any" among the values opens everything. */
const anyOr = (values: ReadonlyArray<string>): "any" | ReadonlyArray<string> =>
  values.includes("any") ? "any" : values

const serve = (options: EmulatorOptions) =>
  Effect.gen(function* () {
    const { requestsPerMinute: requests, tokensPerMinute: tokens } = options
    const { baseUrls } = yield* NodeEmulator.serve({
      port: options.port,
      host: options.host,
      pace: options.pace,
      latency: options.latency,
      jobDuration: options.jobDuration,
      capacity: options.capacity,
      faults: options.faultRate === 0 ? undefined : Faults.seeded({ seed: options.seed ?? 1, rate: options.faultRate }),
      rateLimit: requests === undefined && tokens === undefined ? undefined : { requests, tokens, window: "1 minute" },
      missing: options.missing,
      replies: options.replies === undefined ? undefined : yield* repliesIn(options.replies),
      models: options.models?.split(",").map((name) => name.trim()),
      lenient: options.lenient,
      cozeDialect: options.studio ? "studio" : "cloud",
      origins: options.allowOrigin.length === 0 ? "loopback" : anyOr(options.allowOrigin),
      allowedHosts: anyOr(options.allowHost),
      maxBodyLength: options.maxBody
    })
    console.log(`OPENAI_BASE_URL=${baseUrls.openai}`)
    console.log(`ANTHROPIC_BASE_URL=${baseUrls.anthropic}`)
    console.log(`COZE_API_BASE=${baseUrls.coze}`)
    return yield* Effect.never
  }).pipe(Effect.scoped)

const repliesIn = (path: string): Effect.Effect<Emulator.Replies, UsageError> =>
  Effect.flatMap(readJson(path), (json) =>
    Effect.try({
      try: () => Emulator.repliesOf(json),
      catch: (thrown) => new UsageError({ message: `--replies: ${path} cannot be used: ${messageOf(thrown)}` })
    })
  )
