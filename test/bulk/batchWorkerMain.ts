/** A worker that sends a job through a vendor's batches: runs it to its end, or until it is paused, and prints that. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Anthropic, BatchRun as AnthropicBatchRun, Messages } from "llmfx/anthropic"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { BatchRun, OpenAi, Responses } from "llmfx/openai"

const [vendor, filename = ":memory:", server = "", count = "10"] = process.argv.slice(2)

const apiKey = Redacted.make("test")
const poll = { deadline: "1 minute" } as const
const names = Stream.map(Stream.range(1, Number(count)), (n) => `n${n}`)

/** Runs a job, also one that is paused, and prints where it stands at the end. */
const main = <I, A, R, E>(bulk: Bulk.Bulk<I, A, R>, client: Layer.Layer<R, E>, inputOf: (name: string) => I) => {
  const requests = Stream.map(names, (name) => ({ customId: name, input: inputOf(name) }))
  const services = bulk.layer.pipe(Layer.provideMerge(NodeBulk.layerLocal({ filename })), Layer.provide(client))
  const program = Effect.gen(function* () {
    yield* Effect.exit(Stream.runDrain(bulk.run("a", requests)))
    const { reason, resent, sent, state, succeeded } = yield* Bulk.progress("a")
    console.log(JSON.stringify({ state, succeeded, sent, resent, reason: reason?.message, done: succeeded }))
  })
  NodeRuntime.runMain(Effect.provide(program, services))
}

if (vendor === "openai") {
  main(
    Bulk.endpoint("describe", Responses.create, { via: BatchRun.via(), poll, chunk: 5 }),
    OpenAi.layer({ apiKey, baseUrl: `${server}/v1` }).pipe(Layer.provide(FetchHttpClient.layer)),
    (input) => ({ model: "m", input })
  )
} else {
  main(
    Bulk.endpoint("describe", Messages.create, { via: AnthropicBatchRun.via(), poll }),
    Anthropic.layer({ apiKey, baseUrl: server }).pipe(Layer.provide(FetchHttpClient.layer)),
    (content) => ({ model: "m", max_tokens: 10, messages: [{ role: "user" as const, content }] })
  )
}
