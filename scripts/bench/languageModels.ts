/** Language models of effect/ai next to those of Vercel's AI SDK, on the same streams. */
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Stream from "effect/Stream"
import * as MessageLanguageModel from "llmfx/anthropic/MessageLanguageModel"
import * as ChatCompletions from "llmfx/openai/ChatCompletions"
import * as ChatLanguageModel from "llmfx/openai/ChatLanguageModel"
import { runtime } from "./clients.ts"
import { inputs } from "./inputs.ts"
import { interleaved, plainRow, type Row, ratioRow } from "./measure.ts"

const events = 19_000

const timed = async (run: () => Promise<number>): Promise<number> => {
  const start = performance.now()
  const seen = await run()
  const millis = performance.now() - start
  if (seen < events) throw new Error(`only ${seen} of ${events} parts`)
  return millis
}

/** Counts the parts chunk by chunk, so that the counting costs nothing. */
const count = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    let seen = 0
    const each = Stream.runForEachArray(stream, (chunk) => {
      seen += chunk.length
      return Effect.void
    })
    return Effect.map(each, () => seen)
  })

const iterate = async (stream: AsyncIterable<unknown>): Promise<number> => {
  let seen = 0
  for await (const _ of stream) seen++
  return seen
}

/** 20,000 events of a stream. */
export const benchLanguageModels = async (url: string, rounds: number): Promise<ReadonlyArray<Row>> => {
  // Its packages are for the bench only, and want a newer Node than this library.
  const [{ streamText }, { createOpenAI }, { createAnthropic }] = await Promise.all([
    import("ai"),
    import("@ai-sdk/openai"),
    import("@ai-sdk/anthropic")
  ])
  const openai = createOpenAI({ apiKey: "bench-key-0123456789", baseURL: `${url}/v1` })
  const anthropic = createAnthropic({ apiKey: "bench-key-0123456789", baseURL: `${url}/v1` })
  const clients = runtime(url, FetchHttpClient.layer)
  const ask = LanguageModel.streamText({ prompt: "hi" })
  const chat = ChatLanguageModel.model(inputs.openai.model)
  const messages = MessageLanguageModel.model(inputs.anthropic.model, { max_tokens: 256 })
  const chatTimes = await interleaved<"raw" | "model" | "ai">(rounds, {
    raw: () => timed(() => clients.runPromise(count(ChatCompletions.stream(inputs.openai)))),
    model: () => timed(() => clients.runPromise(count(ask).pipe(Effect.provide(chat)))),
    ai: () => timed(() => iterate(streamText({ model: openai.chat(inputs.openai.model), prompt: "hi" }).fullStream))
  })
  const messageTimes = await interleaved<"model" | "ai">(rounds, {
    model: () => timed(() => clients.runPromise(count(ask).pipe(Effect.provide(messages)))),
    ai: () => timed(() => iterate(streamText({ model: anthropic(inputs.anthropic.model), prompt: "hi" }).fullStream))
  })
  await clients.dispose()
  return [
    ratioRow("effect/ai chat stream, parts/s ÷ AI SDK", chatTimes.ai / chatTimes.model, 2, "least"),
    ratioRow("effect/ai messages stream, parts/s ÷ AI SDK", messageTimes.ai / messageTimes.model, 2, "least"),
    plainRow("effect/ai chat stream, time ÷ llmfx events", chatTimes.model / chatTimes.raw)
  ]
}
