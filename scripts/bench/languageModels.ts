/** Language models of effect/ai next to those of Vercel's AI SDK, on the same streams. */
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Stream from "effect/Stream"
import * as MessageLanguageModel from "llmfx/anthropic/MessageLanguageModel"
import * as ChatLanguageModel from "llmfx/openai/ChatLanguageModel"
import * as ResponseLanguageModel from "llmfx/openai/ResponseLanguageModel"
import { runtime } from "./clients.ts"
import { inputs } from "./inputs.ts"
import { interleaved, microsRow, type Row, ratioRow } from "./measure.ts"

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
  const parts = count(LanguageModel.streamText({ prompt: "hi" }))
  const asked = {
    responses: parts.pipe(Effect.provide(ResponseLanguageModel.model(inputs.openai.model))),
    chat: parts.pipe(Effect.provide(ChatLanguageModel.model(inputs.openai.model))),
    messages: parts.pipe(Effect.provide(MessageLanguageModel.model(inputs.anthropic.model, { max_tokens: 256 })))
  }
  const others = {
    responses: openai.responses(inputs.openai.model),
    chat: openai.chat(inputs.openai.model),
    messages: anthropic(inputs.anthropic.model)
  }
  const rows: Array<Row> = []
  for (const api of ["responses", "chat", "messages"] as const) {
    const times = await interleaved<"model" | "ai">(rounds, {
      model: () => timed(() => clients.runPromise<number, unknown>(asked[api])),
      ai: () => timed(() => iterate(streamText({ model: others[api], prompt: "hi" }).fullStream))
    })
    rows.push(
      ratioRow(`effect/ai ${api} stream, parts/s ÷ AI SDK`, times.ai / times.model, 2, "least"),
      microsRow(`effect/ai ${api} stream, time of a text delta`, times.model, events, 4)
    )
  }
  await clients.dispose()
  return rows
}
