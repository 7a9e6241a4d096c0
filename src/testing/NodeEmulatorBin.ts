#!/usr/bin/env node
import { parseArgs } from "node:util"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Faults from "./Faults.ts"
import * as NodeEmulator from "./NodeEmulator.ts"

const usage = `Usage: llmfx-emulator [options]

Serves emulated OpenAI, Anthropic and Coze APIs for tests. Any key is good.

  --port <number>          the port; any free one unless set
  --host <address>         the address; 127.0.0.1 unless set
  --pace <duration>        the pause before every event of a stream, such as "20 millis"
  --latency <duration>     how long every response takes
  --job-duration <duration>  how long batches and runs take; "1 second" unless set
  --requests-per-minute <number>  the rate limit of a key; 10000 unless another limit is set
  --tokens-per-minute <number>  the same for tokens; 10 million unless another limit is set
  --fault-rate <number>    the share of requests that go wrong, from 0 (unless set) to 1
  --seed <number>          what goes wrong depends on it; 1 unless set
  --capacity <number>      how many resources each API keeps; 100000 unless set
  --missing <what>         "notFound" (the default) or "sample": what was never created
  --help`

const fail = (message: string): never => {
  console.error(`${message}\n\n${usage}`)
  process.exit(2)
}

const duration = (name: string, text: string | undefined): Duration.Duration | undefined => {
  if (text === undefined) return undefined
  return Option.getOrElse(Duration.fromInput(text as Duration.Input), () => fail(`--${name}: ${text} is no duration`))
}

const count = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  return Number.isInteger(value) && value >= 0 ? value : fail(`--${name}: ${text} is no whole number`)
}

const readArguments = (): { readonly [name: string]: string | boolean | undefined } => {
  try {
    const text = { type: "string" } as const
    return parseArgs({
      options: {
        port: text,
        host: text,
        pace: text,
        latency: text,
        "job-duration": text,
        "requests-per-minute": text,
        "tokens-per-minute": text,
        "fault-rate": text,
        seed: text,
        capacity: text,
        missing: text,
        help: { type: "boolean" }
      }
    }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

const given = readArguments()
if (given["help"] === true) {
  console.log(usage)
  process.exit(0)
}
const text = (name: string): string | undefined => {
  const value = given[name]
  return typeof value === "string" ? value : undefined
}
const missing = text("missing")
if (missing !== undefined && missing !== "notFound" && missing !== "sample") fail(`--missing: ${missing} is not known`)
const share = Number(text("fault-rate") ?? 0)
if (!(share >= 0 && share <= 1)) fail(`--fault-rate: ${text("fault-rate")} is not between 0 and 1`)
const requests = count("requests-per-minute", text("requests-per-minute"))
const tokens = count("tokens-per-minute", text("tokens-per-minute"))

const program = Effect.gen(function* () {
  const { baseUrls } = yield* NodeEmulator.serve({
    port: count("port", text("port")),
    host: text("host"),
    pace: duration("pace", text("pace")),
    latency: duration("latency", text("latency")),
    jobDuration: duration("job-duration", text("job-duration")),
    capacity: count("capacity", text("capacity")),
    faults: share === 0 ? undefined : Faults.seeded({ seed: count("seed", text("seed")) ?? 1, rate: share }),
    rateLimit: requests === undefined && tokens === undefined ? undefined : { requests, tokens, window: "1 minute" },
    missing: missing === "sample" ? "sample" : "notFound"
  })
  console.log(`OPENAI_BASE_URL=${baseUrls.openai}`)
  console.log(`ANTHROPIC_BASE_URL=${baseUrls.anthropic}`)
  console.log(`COZE_API_BASE=${baseUrls.coze}`)
  yield* Effect.never
})

const stop = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort())
await Effect.runPromise(Effect.scoped(program), { signal: stop.signal }).catch((error: unknown) => {
  if (stop.signal.aborted) return
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
