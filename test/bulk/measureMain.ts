/** Measures in a process of its own: what it has found is its last line. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { OpenAi, Responses } from "llmfx/openai"

const [what, filename = ":memory:", count = "1000", server = "", atOnce = "32"] = process.argv.slice(2)
const inputs = Number(count)
const concurrency = Number(atOnce)

const million = Effect.gen(function* () {
  const bulk = Bulk.define("double", (input: number) => Effect.succeed({ double: input * 2 }), {
    success: Schema.Struct({ double: Schema.Number }),
    concurrency: 256
  })
  const started = Date.now()
  let most = 0
  const program = Effect.gen(function* () {
    yield* bulk.submit(
      "a",
      Stream.map(Stream.range(1, inputs), (input) => ({ input }))
    )
    yield* Stream.runForEach(Bulk.watch("a"), () =>
      Effect.sync(() => {
        most = Math.max(most, process.memoryUsage().rss)
      })
    )
    return yield* Bulk.progress("a")
  })
  const { done } = yield* Effect.provide(
    program,
    bulk.layer.pipe(Layer.provideMerge(NodeBulk.layerLocal({ filename })))
  )
  const { system, user } = process.cpuUsage()
  return {
    done,
    seconds: (Date.now() - started) / 1000,
    cpuSeconds: (system + user) / 1e6,
    megabytes: most / 1e6
  }
})

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const throughput = Effect.gen(function* () {
  const client = OpenAi.layer({ apiKey: Redacted.make("test"), baseUrl: server }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )
  const all = Array.from({ length: inputs }, (_, n) => ({ model: "m", input: `n${n}` }))
  const plain = Effect.forEach(all, (input) => Responses.create(input), { concurrency, discard: true })
  const bulk = Bulk.endpoint("echo", Responses.create, { concurrency, limits: false })
  /** Calls a second. */
  const rate = <E, R>(run: Effect.Effect<unknown, E, R>) =>
    Effect.gen(function* () {
      const started = performance.now()
      yield* run
      return (inputs / (performance.now() - started)) * 1000
    })
  const job = (name: string) =>
    Effect.andThen(
      bulk.submit(
        name,
        Stream.map(Stream.fromIterable(all), (input) => ({ input }))
      ),
      Stream.runDrain(Bulk.watch(name, { every: "20 millis" }))
    )
  const program = Effect.gen(function* () {
    // Both by turns, so that what else happens on the machine hits both.
    yield* rate(plain)
    yield* rate(job("warm-up"))
    const rates = { plain: [] as Array<number>, job: [] as Array<number> }
    for (let turn = 0; turn < 3; turn++) {
      rates.plain.push(yield* rate(plain))
      rates.job.push(yield* rate(job(`turn-${turn}`)))
    }
    return { plain: median(rates.plain), job: median(rates.job) }
  })
  return yield* Effect.provide(
    program,
    bulk.layer.pipe(Layer.provideMerge(NodeBulk.layerLocal({ filename })), Layer.provideMerge(client))
  )
})

const seen: Effect.Effect<{ readonly [name: string]: number }, unknown> = what === "million" ? million : throughput
Effect.runPromise(seen).then(
  (result) => console.log(JSON.stringify(result)),
  (error) => {
    console.error(error)
    process.exitCode = 1
  }
)
