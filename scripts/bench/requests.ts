import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { ManagedRuntime } from "effect/ManagedRuntime"
import type { Anthropic } from "llmfx/anthropic/Anthropic"
import type { Coze } from "llmfx/coze/Coze"
import * as ChatCompletions from "llmfx/openai/ChatCompletions"
import type { OpenAi } from "llmfx/openai/OpenAi"
import { fetchRuntime, undiciRuntime } from "./clients.ts"
import { headers, inputs } from "./inputs.ts"
import { interleaved, plainRow, type Row, ratioRow } from "./measure.ts"
import { sdks } from "./sdks.ts"

const calls = 3_000

const perSecond = async (run: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await run()
  return (calls * 1000) / (performance.now() - start)
}

const withWorkers = async (concurrency: number, call: () => Promise<unknown>): Promise<void> => {
  let left = calls
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

/** The least work a call over Effect's client does. Like ours without a tracer, it makes no spans. */
const bareCall = (url: string): Effect.Effect<unknown, unknown, HttpClient.HttpClient> => {
  const request = HttpClientRequest.post(`${url}/v1/chat/completions`).pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClientRequest.bodyText(JSON.stringify(inputs.openai), "application/json")
  )
  return Effect.provideService(
    Effect.flatMap(HttpClient.execute(request), (response) => response.json),
    HttpClient.TracerDisabledWhen,
    () => true
  )
}

/** Chat completions, not streamed, in requests per second. */
export const benchRequests = async (url: string, rounds: number): Promise<ReadonlyArray<Row>> => {
  const official = sdks(url).openai
  const withFetch = fetchRuntime(url)
  const withUndici = await undiciRuntime(url)
  const rows: Array<Row> = []
  const many = <E, R>(call: Effect.Effect<unknown, E, R>, concurrency: number) =>
    Effect.forEach(Array.from({ length: calls }), () => call, { concurrency, discard: true })
  for (const concurrency of [1, 32]) {
    const run = (runtime: ManagedRuntime<OpenAi | Anthropic | Coze, unknown>) => () =>
      perSecond(() => runtime.runPromise(many(ChatCompletions.create(inputs.openai), concurrency)))
    const undici: { readonly undici?: () => Promise<number>; readonly bareUndici?: () => Promise<number> } =
      withUndici === undefined
        ? {}
        : {
            undici: run(withUndici),
            bareUndici: () => perSecond(() => withUndici.runPromise(many(bareCall(url), concurrency)))
          }
    const rates = await interleaved<"official" | "fetch" | "undici" | "bareUndici">(rounds, {
      official: () =>
        perSecond(() => withWorkers(concurrency, () => official.chat.completions.create({ ...inputs.openai }))),
      fetch: run(withFetch),
      ...undici
    })
    const row = (client: string, ratio: number, bar: number): Row => {
      const what = `requests/s${client} ÷ official SDK, concurrency ${concurrency}`
      return concurrency === 1 ? plainRow(what, ratio) : ratioRow(what, ratio, bar, "least")
    }
    rows.push(row("", rates.fetch / rates.official, 1.1))
    if (rates.undici !== undefined) {
      rows.push(
        row(" over undici", rates.undici / rates.official, 2.5),
        plainRow(
          `the same of Effect's undici client alone, concurrency ${concurrency}`,
          rates.bareUndici / rates.official
        )
      )
    }
  }
  await withFetch.dispose()
  await withUndici?.dispose()
  return rows
}
