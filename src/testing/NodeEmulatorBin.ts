#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Emulator from "./Emulator.ts"
import * as Faults from "./Faults.ts"
import * as NodeEmulator from "./NodeEmulator.ts"

const usage = `Usage: llmfx-emulator [options]

Serves emulated OpenAI, Anthropic and Coze APIs for tests. Any key is good.
Requests that the APIs refuse are refused. GET /__llmfx/journal lists the last 1000 requests.

  --port <number>          the port. Default: any free one
  --host <address>         the address. Default: 127.0.0.1
  --allow-host <name>      a name under which requests may come, or "any"; can be repeated. Default: those of this machine
  --allow-origin <origin>  pages that may ask, such as https://app.example, or "any"; can be repeated. Default: those of this machine
  --replies <file.json>    what the model says: a list of texts and answers
  --models <names>         the only models that are there, separated by commas. Default: any but those of another vendor
  --lenient                takes requests that the APIs refuse
  --studio                 answers as self-hosted Coze Studio does, in place of the cloud
  --pace <duration>        the pause before every event of a stream, such as "20 millis"
  --latency <duration>     how long every response takes
  --job-duration <duration>  how long batches and runs take. Default: "1 second"
  --requests-per-minute <number>  the rate limit of a key. Default: 10000, or none if another limit is set
  --tokens-per-minute <number>  the same for tokens. Default: 10 million, or none if another limit is set
  --max-body <bytes>       the longest body of a request. Default: 67108864
  --fault-rate <number>    the share of requests that go wrong, from 0 (the default) to 1
  --seed <number>          what goes wrong depends on it. Default: 1
  --capacity <number>      how many resources each API keeps. Default: 100000
  --missing <what>         "notFound" (the default) or "sample": what was never created
  --help`

const fail = (message: string): never => {
  console.error(`${message}\n\n${usage}`)
  process.exit(2)
}

const duration = (name: string, text: string | undefined): Duration.Duration | undefined => {
  if (text === undefined) return undefined
  return Option.getOrElse(Duration.fromInput(text as Duration.Input), () =>
    fail(`--${name}: ${text} is not a duration`)
  )
}

const count = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  return Number.isInteger(value) && value >= 0 ? value : fail(`--${name}: ${text} is not a whole number`)
}

const readArguments = (): { readonly [name: string]: string | boolean | ReadonlyArray<string> | undefined } => {
  try {
    const text = { type: "string" } as const
    const texts = { type: "string", multiple: true } as const
    const flag = { type: "boolean" } as const
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
        models: text,
        replies: text,
        "max-body": text,
        "allow-host": texts,
        "allow-origin": texts,
        lenient: flag,
        studio: flag,
        help: flag
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
const list = (name: string): ReadonlyArray<string> => {
  const value = given[name]
  return Array.isArray(value) ? value : []
}
/** "any" among the values opens everything. */
const anyOr = (values: ReadonlyArray<string>): "any" | ReadonlyArray<string> =>
  values.includes("any") ? "any" : values

const readReplies = (path: string | undefined): Emulator.Replies | undefined => {
  if (path === undefined) return undefined
  try {
    return Emulator.repliesOf(JSON.parse(readFileSync(path, "utf8")))
  } catch (error) {
    return fail(`--replies: ${path} cannot be used: ${error instanceof Error ? error.message : error}`)
  }
}

const missing = text("missing")
if (missing !== undefined && missing !== "notFound" && missing !== "sample") fail(`--missing: ${missing} is not known`)
const share = Number(text("fault-rate") ?? 0)
if (!(share >= 0 && share <= 1)) fail(`--fault-rate: ${text("fault-rate")} is not between 0 and 1`)
const requests = count("requests-per-minute", text("requests-per-minute"))
const tokens = count("tokens-per-minute", text("tokens-per-minute"))

const replies = readReplies(text("replies"))

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
    missing: missing === "sample" ? "sample" : "notFound",
    replies,
    models: text("models")
      ?.split(",")
      .map((name) => name.trim()),
    lenient: given["lenient"] === true,
    cozeDialect: given["studio"] === true ? "studio" : "cloud",
    origins: list("allow-origin").length === 0 ? "loopback" : anyOr(list("allow-origin")),
    allowedHosts: anyOr(list("allow-host")),
    maxBodyLength: count("max-body", text("max-body"))
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
