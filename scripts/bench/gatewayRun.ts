/**
 * Runs one client against the slow server, in its own process, and prints what that took as JSON.
 *
 *     node scripts/run.mjs scripts/bench/gatewayRun.ts <client> <provider> <streams|calls> <count> <url>
 */
import { createAnthropic } from "@ai-sdk/anthropic"
import { createOpenAI } from "@ai-sdk/openai"
import { generateText, streamText } from "ai"
import * as Effect from "effect/Effect"
import type { ManagedRuntime } from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import type { Anthropic } from "llmfx/anthropic/Anthropic"
import * as Messages from "llmfx/anthropic/Messages"
import * as Chat from "llmfx/coze/Chat"
import type { Coze } from "llmfx/coze/Coze"
import * as ChatCompletions from "llmfx/openai/ChatCompletions"
import type { OpenAi } from "llmfx/openai/OpenAi"
import { bareStream, fetchRuntime, headers, inputs, sdks, undiciRuntime } from "./clients.ts"
import type { Client, Load, Provider, Usage } from "./gateway.ts"
import { textOfEvent } from "./gatewayEvents.ts"

const [client, provider, load, count, url] = process.argv.slice(2) as [Client, Provider, Load, string, string]
const total = Number(count)

const delays: Array<number> = []

/** Notes how long an event was on its way. */
const arrived = (text: string | undefined): void => {
  const sent = text === undefined ? null : /@(\d+)/.exec(text)
  if (sent !== null) delays.push((performance.timeOrigin + performance.now()) * 1000 - Number(sent[1]))
}

type Runtime = ManagedRuntime<OpenAi | Anthropic | Coze, unknown>

const llmfx = (runtime: Runtime) => {
  const streams = {
    openai: ChatCompletions.stream(inputs.openai),
    anthropic: Messages.stream(inputs.anthropic),
    coze: Chat.stream(inputs.coze)
  }
  const calls = {
    openai: ChatCompletions.create(inputs.openai),
    anthropic: Messages.create(inputs.anthropic),
    coze: Chat.create(inputs.coze)
  }
  const consume = Stream.runForEach<unknown, unknown, OpenAi | Anthropic | Coze, void, never, never>(
    streams[provider],
    (event) => Effect.sync(() => arrived(textOfEvent(provider, event)))
  )
  return {
    stream: () => runtime.runPromise(consume),
    call: (): Promise<unknown> =>
      runtime.runPromise<unknown, unknown>(
        calls[provider] as Effect.Effect<unknown, unknown, OpenAi | Anthropic | Coze>
      )
  }
}

const official = () => {
  const { anthropic, coze, openai } = sdks(url)
  const streams = {
    openai: async () => openai.chat.completions.create({ ...inputs.openai, stream: true }),
    anthropic: async () => anthropic.messages.create({ ...inputs.anthropic, stream: true }),
    coze: async () => coze.chat.stream(inputs.coze)
  }
  const calls = {
    openai: () => openai.chat.completions.create({ ...inputs.openai }),
    anthropic: () => anthropic.messages.create({ ...inputs.anthropic }),
    coze: () => coze.chat.create(inputs.coze)
  }
  return {
    stream: async () => {
      const events: AsyncIterable<unknown> = await streams[provider]()
      for await (const event of events) arrived(textOfEvent(provider, event))
    },
    call: (): Promise<unknown> => calls[provider]()
  }
}

const paths = { openai: "/v1/chat/completions", anthropic: "/v1/messages", coze: "/v3/chat" }

const bare = () => ({
  stream: () => bareStream(url + paths[provider], inputs[provider], (event) => arrived(textOfEvent(provider, event))),
  call: async (): Promise<unknown> => {
    const body = JSON.stringify(inputs[provider])
    const response = await fetch(url + paths[provider], { method: "POST", headers, body })
    return response.json()
  }
})

const vercel = () => {
  const apiKey = "bench-key-0123456789"
  const model =
    provider === "openai"
      ? createOpenAI({ apiKey, baseURL: `${url}/v1` }).chat("gpt-5.4-mini")
      : createAnthropic({ apiKey, baseURL: `${url}/v1` })("claude-sonnet-5")
  return {
    stream: async () => {
      for await (const text of streamText({ model, prompt: "hi" }).textStream) arrived(text)
    },
    call: (): Promise<unknown> => generateText({ model, prompt: "hi" })
  }
}

const make = async () => {
  switch (client) {
    case "llmfx":
      return llmfx(fetchRuntime(url))
    case "llmfx over undici": {
      const runtime = await undiciRuntime(url)
      if (runtime === undefined) throw new Error("undici's client needs Node 22.19 or later")
      return llmfx(runtime)
    }
    case "official":
      return official()
    case "bare fetch":
      return bare()
    case "ai":
      return vercel()
  }
}

/** Runs `run` this many times, at most `concurrency` at once. */
const many = async (concurrency: number, run: () => Promise<unknown>): Promise<void> => {
  let left = total
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, total) }, worker))
}

const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) / 1000
}

const { call, stream } = await make()
const run = load === "calls" ? call : stream
// Compiles what the first call compiles, and opens a connection.
await run()
delays.length = 0
const begun = process.cpuUsage()
await many(load === "calls" ? 200 : total, run)
const { system, user } = process.cpuUsage(begun)
const usage: Usage = {
  cpu: (system + user) / 1e6,
  memory: process.resourceUsage().maxRSS / 1024,
  p50: quantile(delays, 0.5),
  p99: quantile(delays, 0.99)
}
process.stdout.write(JSON.stringify(usage), () => process.exit(0))
