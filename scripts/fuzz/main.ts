/**
 * Sends mutated traffic through the clients of all providers: node scripts/run.mjs scripts/fuzz/main.ts [--minutes 1] [--seed 1]
 * Fails on a defect, a call that outlives its limit, or a secret in what can be printed. The seed of a finding repeats it.
 */
import { parseArgs } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Accumulator, RetryPolicy } from "llmfx"
import { Anthropic, MessageStream, Messages } from "llmfx/anthropic"
import { Chat, Coze } from "llmfx/coze"
import { ChatCompletionStream, ChatCompletions, Models, OpenAi, ResponseStream, Responses } from "llmfx/openai"
import { mutate, type Reply } from "./mutate.ts"
import { makeRandom } from "./random.ts"
import { replies } from "./replies.ts"

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string", default: "1" } }
})
const key = "fuzz/KEY+0123456789=abcdef"
const limit = 5000
const secret = Redacted.make(key)
const common = { retry: RetryPolicy.none, timeouts: { total: "2 seconds" } } as const

const layer = Layer.mergeAll(
  OpenAi.layer({ apiKey: secret, baseUrl: "http://fuzz.test/v1", ...common }),
  Anthropic.layer({ apiKey: secret, baseUrl: "http://fuzz.test", ...common }),
  Coze.layer({ token: secret, baseUrl: "http://fuzz.test", ...common })
)

const chat = { model: "m", messages: [{ role: "user" as const, content: "hi" }] }
const message = { ...chat, max_tokens: 9 }
const bot = { bot_id: "1", user_id: "u" }

/** Each kind of call, and which traffic it is made for. */
const programs = {
  model: Models.retrieve({ model: "m" }),
  models: Stream.runDrain(Stream.take(Models.list(), 100)),
  chat: ChatCompletions.create(chat),
  response: Responses.create({ model: "m", input: "hi" }),
  message: Messages.create(message),
  chatStream: ChatCompletions.stream(chat).pipe(Stream.run(Accumulator.sink(ChatCompletionStream.accumulator))),
  responseStream: Responses.stream({ model: "m", input: "hi" }).pipe(
    Stream.run(Accumulator.sink(ResponseStream.accumulator))
  ),
  messageStream: Messages.stream(message).pipe(Stream.run(Accumulator.sink(MessageStream.accumulator))),
  botStream: Stream.runDrain(Chat.stream(bot))
} as const

const answering =
  (reply: Reply): typeof fetch =>
  () =>
    Promise.resolve(new Response(reply.body as BodyInit, { status: reply.status, headers: reply.headers }))

const printed = (error: unknown): string => {
  const all = [String(error), error instanceof Error ? (error.stack ?? "") : ""]
  all.push(JSON.stringify(error) ?? "")
  return all.join("\n")
}

/** What is wrong with how a call ended; `undefined` if nothing is. */
const problemOf = (exit: Exit.Exit<unknown, unknown>, elapsed: number): string | undefined => {
  if (elapsed > limit) return `it took ${Math.round(elapsed)} ms`
  if (Exit.isSuccess(exit)) return undefined
  if (!exit.cause.reasons.every(Cause.isFailReason)) return `a defect: ${Cause.pretty(exit.cause).slice(0, 1000)}`
  const text = exit.cause.reasons.map((reason) => (Cause.isFailReason(reason) ? printed(reason.error) : "")).join("\n")
  if (text.includes(key) || text.includes("KEY+0123456789")) return `a secret is printed: ${text.slice(0, 1000)}`
  return text.length > 1_000_000 ? `${text.length} characters are printed` : undefined
}

const end = performance.now() + Number(values.minutes) * 60_000
let seed = Number(values.seed)
let runs = 0
while (performance.now() < end) {
  for (const [name, program] of Object.entries(programs)) {
    const random = makeRandom(seed)
    const reply = mutate(random, random.pick(replies), key)
    const start = performance.now()
    const exit = await Effect.runPromiseExit(
      (program as Effect.Effect<unknown, unknown, OpenAi | Anthropic | Coze>).pipe(
        Effect.provide(layer),
        Effect.provide(FetchHttpClient.layer),
        Effect.provideService(FetchHttpClient.Fetch, answering(reply))
      )
    )
    const problem = problemOf(exit, performance.now() - start)
    if (problem !== undefined) {
      console.error(`seed ${seed}, ${name}: ${problem}`)
      process.exit(1)
    }
    runs++
  }
  seed++
}
console.log(`${runs} calls, no finding; heap ${Math.round(process.memoryUsage().heapUsed / 1024 / 1024)} MB`)
