import * as Effect from "effect/Effect"
import type { ManagedRuntime } from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import type { Anthropic } from "llmfx/anthropic/Anthropic"
import * as Messages from "llmfx/anthropic/Messages"
import * as Chat from "llmfx/coze/Chat"
import type { Coze } from "llmfx/coze/Coze"
import * as ChatCompletions from "llmfx/openai/ChatCompletions"
import type { OpenAi } from "llmfx/openai/OpenAi"
import { fetchRuntime, undiciRuntime } from "./clients.ts"
import { bareStream, inputs } from "./inputs.ts"
import { interleaved, type Row, ratioRow } from "./measure.ts"
import { cozeInput, sdks } from "./sdks.ts"

const timed = async (events: number, run: () => Promise<number>): Promise<number> => {
  const start = performance.now()
  const seen = await run()
  const millis = performance.now() - start
  if (seen < events) throw new Error(`only ${seen} of ${events} events`)
  return millis
}

const consume = <E, R>(stream: Stream.Stream<unknown, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    let seen = 0
    const each = Stream.runForEach(stream, () => {
      seen++
      return Effect.void
    })
    return Effect.map(each, () => seen)
  })

const iterate = async (stream: AsyncIterable<unknown>): Promise<number> => {
  let seen = 0
  for await (const _ of stream) seen++
  return seen
}

const programs = {
  openai: consume(ChatCompletions.stream(inputs.openai)),
  anthropic: consume(Messages.stream(inputs.anthropic)),
  coze: consume(Chat.stream(inputs.coze))
}

const bars = { openai: 2.3, anthropic: 1.5, coze: 1.2 }
const bareBars = { openai: 1, anthropic: 0.8, coze: 0.8 }
const events = 19_000

/** 20,000 events, one by one. Times in milliseconds. */
export const benchStreams = async (url: string, rounds: number): Promise<ReadonlyArray<Row>> => {
  const official = sdks(url)
  const withFetch = fetchRuntime(url)
  const withUndici = await undiciRuntime(url)
  const rows: Array<Row> = []
  const paths = { openai: "/v1/chat/completions", anthropic: "/v1/messages", coze: "/v3/chat" }
  const sdkStreams = {
    openai: async () => iterate(await official.openai.chat.completions.create({ ...inputs.openai, stream: true })),
    anthropic: async () => iterate(await official.anthropic.messages.create({ ...inputs.anthropic, stream: true })),
    coze: async () => iterate(official.coze.chat.stream(cozeInput))
  }
  for (const provider of ["openai", "anthropic", "coze"] as const) {
    const run = (runtime: ManagedRuntime<OpenAi | Anthropic | Coze, unknown>) => () =>
      timed(events, () => runtime.runPromise(programs[provider]))
    const undici: { readonly undici?: () => Promise<number> } =
      withUndici === undefined ? {} : { undici: run(withUndici) }
    const times = await interleaved<"bare" | "official" | "fetch" | "undici">(rounds, {
      bare: () => timed(events, () => bareStream(url + paths[provider], inputs[provider])),
      official: () => timed(events, sdkStreams[provider]),
      fetch: run(withFetch),
      ...undici
    })
    rows.push(
      ratioRow(
        `${provider} stream, events/s ÷ bare fetch + JSON.parse`,
        times.bare / times.fetch,
        bareBars[provider],
        "least"
      ),
      ratioRow(`${provider} stream, events/s ÷ official SDK`, times.official / times.fetch, bars[provider], "least")
    )
    if (times.undici !== undefined) {
      rows.push(
        ratioRow(`${provider} stream over undici ÷ bare`, times.bare / times.undici, bareBars[provider], "least")
      )
    }
  }
  await withFetch.dispose()
  await withUndici?.dispose()
  return rows
}
