import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import * as Bulk from "llmfx/jobs/Bulk"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { Coze } from "../../src/coze/Coze.ts"
import type * as Endpoint from "../../src/Endpoint.ts"
import { OpenAi } from "../../src/openai/OpenAi.ts"
import { fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver, probesOf } from "../support/probes.ts"
import { textsOfError } from "../support/shown.ts"
import { spellings } from "../support/spellings.ts"
import { folder, resultsIn, worker } from "./support.ts"

/** Has no form of any vendor, so only knowing it helps. */
const key = 'zq7/KEY+"0123456789=abcdef'

class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {}

const refused = "an answer that the program refuses"

/** Where a server writes what it was sent. */
const places: { readonly [name: string]: (said: string) => Reply } = {
  "an error body": (said) => ({ status: 400, body: { error: { message: said, code: said }, msg: said, code: 4000 } }),
  "an error text": (said) => ({ status: 502, headers: { "content-type": "text/html" }, body: `<p>${said}</p>` }),
  headers: (said) => ({ status: 500, headers: { "x-request-id": said, "request-id": said, "x-echo": said } }),
  "an answer of the wrong shape": (said) => ({ body: { ok: said, data: { ok: said } } }),
  [refused]: (said) => ({ body: { ok: true, note: said, data: { ok: true, note: said } } })
}

/** What the program does with an answer. */
const endings: ReadonlyArray<(answer: object) => Effect.Effect<object, Refused>> = [
  (answer) => Effect.fail(new Refused({ message: JSON.stringify(answer) })),
  (answer) => Effect.die(new Error(JSON.stringify(answer))),
  (answer) => Effect.die(JSON.stringify(answer)),
  (answer) => Effect.succeed({ note: JSON.stringify(answer) })
]

interface Task {
  readonly place: string
  readonly spelling: string
  readonly ending: number
}

const tasks: ReadonlyArray<Task> = Object.keys(places).flatMap((place) =>
  Object.keys(spellings).flatMap((spelling) =>
    (place === refused ? endings : [endings[0]]).map((_, ending) => ({ place, spelling, ending }))
  )
)

const replyTo = ({ place, spelling }: Task): Reply => places[place]?.(spellings[spelling]?.(key) ?? key) ?? {}

const http = fakeHttp(({ body }) => {
  const task = typeof body === "object" && body !== null && "task" in body ? body.task : undefined
  return replyTo(tasks[Number(task)] ?? { place: "", spelling: "", ending: 0 })
})

const options = { retry: RetryPolicy.none } as const
const secret = Redacted.make(key)

/** A worker whose definition is the same for each provider. */
const workerOf = <Id>(service: Endpoint.Service<Id>, provider: Layer.Layer<Id>) => {
  const probes = probesOf(service)
  const bulk = Bulk.define(
    "secrets",
    (task: number) =>
      Effect.flatMap(
        probes.post({ task }),
        (answer) => endings[tasks[task]?.ending ?? 0]?.(answer) ?? Effect.succeed({})
      ),
    { success: Schema.Struct({ note: Schema.Literal("none") }) as Schema.Codec<object>, rounds: 0 }
  )
  return (filename: string) =>
    Effect.provide(
      resultsIn(
        bulk.run(
          "a",
          Stream.map(Stream.range(0, tasks.length - 1), (input) => ({ customId: `t${input}`, input }))
        )
      ),
      Layer.provide(worker(bulk, filename), provider)
    )
}

const runs = {
  openai: workerOf(OpenAi, openAiOver(http, { ...options, apiKey: secret })),
  anthropic: workerOf(Anthropic, anthropicOver(http, { ...options, apiKey: secret })),
  coze: workerOf(Coze, cozeOver(http, { ...options, token: secret }))
}

const written = (form: string): ReadonlyArray<string> => {
  const once = JSON.stringify(form).slice(1, -1)
  return [form, once, JSON.stringify(once).slice(1, -1)]
}
const forms = [key, ...Object.values(spellings).map((spell) => spell(key))].flatMap(written)

describe("a job", () => {
  for (const [provider, run] of Object.entries(runs)) {
    it.live(`stores the failure of a call without the key that ${provider} repeated`, () =>
      Effect.gen(function* () {
        const path = yield* folder
        const results = yield* run(join(path, "jobs.db"))
        const lines = yield* Stream.runCollect(
          Stream.concat(
            Bulk.toJsonl(Stream.fromIterable(results)),
            Bulk.toJsonl(Stream.fromIterable(results), { format: "plain" })
          )
        )
        const shown = results.flatMap((result) => (result._tag === "Failed" ? textsOfError(result.error) : []))
        const files = readdirSync(path).map((name) => readFileSync(join(path, name), "latin1"))
        assert.strictEqual(results.filter(({ _tag }) => _tag === "Failed").length, tasks.length)
        assert.isTrue(files.some((text) => text.includes("Refused") && text.includes("Defect")))
        for (const text of [...files, ...shown, ...lines])
          for (const form of forms) assert.isFalse(text.includes(form), form)
      })
    )
  }
})
