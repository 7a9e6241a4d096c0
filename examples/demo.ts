/**
 * One program, three providers: a chat, a stream, pages, a retry, an error and a broken connection with each.
 *
 *     npm run demo
 *
 * Without keys it runs on the emulator of `llmfx/testing`, on 127.0.0.1. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, or
 * COZE_API_TOKEN, COZE_PLATFORM and COZE_BOT_ID to talk to the real API. The failures still come from the emulator,
 * because a real API does not fail on request.
 */
import process from "node:process"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import { type ApiError, type ConfigurationError, RequestOptions } from "llmfx"
import { demoServer } from "./support/demoServer.ts"
import type { Provider } from "./support/Provider.ts"
import { bold, dim, label, line, red, remark, seconds, table, text } from "./support/print.ts"
import { anthropic } from "./support/providers/anthropic.ts"
import { coze } from "./support/providers/coze.ts"
import { openai } from "./support/providers/openai.ts"
import * as Scenes from "./support/scenes.ts"

interface Outcome {
  readonly failures: number
  readonly row: ReadonlyArray<string>
}

/** Runs all scenes with one provider. A failed scene is reported, and the others continue. */
const perform = <R>(provider: Provider<R>): Effect.Effect<Outcome, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const meter: Scenes.Meter = { requests: 0, input: 0, output: 0 }
    const counted = HttpClient.tap(() => Effect.sync(() => void meter.requests++))
    let failures = 0
    const failed = ({ message }: ApiError.ApiError) => {
      failures++
      return text(red(message))
    }
    const notConfigured = ({ problems }: ConfigurationError.ConfigurationError) => {
      failures++
      return Effect.andThen(label("setup"), text(red(`not configured: ${problems.join("; ")}`)))
    }
    const play = (
      scenes: ReadonlyArray<Effect.Effect<void, ApiError.ApiError, R>>,
      layer: Provider<R>["demo"]
    ): Effect.Effect<void, never, HttpClient.HttpClient> =>
      Effect.forEach(scenes, Effect.catch(failed), { discard: true }).pipe(
        RequestOptions.withClient(counted),
        Effect.provide(layer),
        Effect.catch(notConfigured)
      )

    yield* line(
      `${bold(provider.name)}  ${dim(`${provider.model}, ${provider.live ? "the real API" : "the emulator"}`)}`
    )
    const { chat, drop, failure, list, retry, stream } = Scenes
    const [duration] = yield* Effect.timed(
      Effect.gen(function* () {
        yield* play(
          [chat, stream, list, failure].map((scene) => scene(provider, meter)),
          provider.live ?? provider.demo
        )
        if (provider.live !== undefined) yield* remark("the next two failures are the emulator's")
        yield* play(
          [retry, drop].map((scene) => scene(provider, meter)),
          provider.demo
        )
      })
    )
    yield* line()
    return {
      failures,
      row: [
        provider.name,
        ...[meter.requests, meter.input, meter.output].map(String),
        seconds(Duration.toMillis(duration))
      ]
    }
  })

const isSet = (name: string): boolean => (process.env[name] ?? "").trim() !== ""

const demo = Effect.gen(function* () {
  const server = yield* demoServer
  const live = {
    openai: isSet("OPENAI_API_KEY"),
    anthropic: isSet("ANTHROPIC_API_KEY"),
    coze: isSet("COZE_API_TOKEN") && isSet("COZE_BOT_ID")
  }

  yield* line(bold("llmfx demo"))
  if (!live.openai && !live.anthropic && !live.coze) {
    yield* line(`No keys are set: an emulator on 127.0.0.1 plays all three APIs.`)
    yield* line(`With OPENAI_API_KEY, ANTHROPIC_API_KEY, or COZE_API_TOKEN, COZE_PLATFORM and COZE_BOT_ID,`)
    yield* line(`the demo talks to the real ones.`)
  }
  if (isSet("COZE_API_TOKEN") && !live.coze) {
    yield* line("COZE_API_TOKEN is set, but not COZE_BOT_ID, the id of an agent: the emulator plays Coze.")
  }
  yield* line()

  const outcomes = [
    yield* perform(openai({ demoUrl: server.openai, isLive: live.openai })),
    yield* perform(anthropic({ demoUrl: server.anthropic, isLive: live.anthropic })),
    yield* perform(coze({ demoUrl: server.coze, liveBotId: live.coze ? process.env["COZE_BOT_ID"] : undefined }))
  ]

  yield* table([["", "requests", "tokens in", "tokens out", "time"], ...outcomes.map(({ row }) => row)])
  return outcomes.every(({ failures }) => failures === 0)
})

// A reader that closes the pipe, such as `head`, has seen enough.
process.stdout.once("error", () => process.exit())

const isFine = await Effect.runPromise(demo.pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer)))
process.exitCode = isFine ? 0 : 1
