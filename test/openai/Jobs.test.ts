import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { type ApiError, FileSource, type Poll } from "llmfx"
import { Emulator } from "llmfx/testing"
import * as BetaAssistants from "../../src/openai/api/BetaAssistants.ts"
import * as BetaThreads from "../../src/openai/api/BetaThreads.ts"
import * as Files from "../../src/openai/api/Files.ts"
import * as VectorStores from "../../src/openai/api/VectorStores.ts"
import * as Jobs from "../../src/openai/Jobs.ts"
import { OpenAi } from "../../src/openai/OpenAi.ts"

const layer = OpenAi.layer({ apiKey: Redacted.make("test-key") }).pipe(
  Layer.provide(Emulator.layer({ jobDuration: "50 millis" }))
)

const options: Poll.Options = { schedule: Schedule.spaced("10 millis"), deadline: "10 seconds" }

const file = FileSource.fromText("hello", { name: "hello.txt" })

const uploaded = Effect.map(Files.create({ file, purpose: "assistants" }), ({ id }) => id)

const assistant = Effect.map(BetaAssistants.create({ model: "gpt-5.4-mini" }), ({ id }) => id)

const jobs: {
  readonly [name: string]: Effect.Effect<
    { readonly status?: string | null | undefined },
    ApiError.ApiError | Poll.PollTimeoutError,
    OpenAi
  >
} = {
  file: Jobs.file.createAndWait({ file, purpose: "assistants" }, options),
  vectorStore: Effect.flatMap(uploaded, (id) => Jobs.vectorStore.createAndWait({ file_ids: [id] }, options)),
  vectorStoreFile: Effect.gen(function* () {
    const { id } = yield* VectorStores.create()
    return yield* Jobs.vectorStoreFile.createAndWait({ vector_store_id: id, file_id: yield* uploaded }, options)
  }),
  vectorStoreFileBatch: Effect.gen(function* () {
    const { id } = yield* VectorStores.create()
    return yield* Jobs.vectorStoreFileBatch.createAndWait({ vector_store_id: id, file_ids: [yield* uploaded] }, options)
  }),
  run: Effect.gen(function* () {
    const { id } = yield* BetaThreads.create({ messages: [{ role: "user", content: "hi" }] })
    return yield* Jobs.run.createAndWait({ thread_id: id, assistant_id: yield* assistant }, options)
  }),
  threadRun: Effect.flatMap(assistant, (id) =>
    Jobs.threadRun.createAndWait({ assistant_id: id, thread: { messages: [{ role: "user", content: "hi" }] } }, options)
  ),
  response: Jobs.response.createAndWait({ model: "gpt-5.4-mini", input: "hi", background: true }, options)
}

describe("against a server, the job", () => {
  for (const [name, job] of Object.entries(jobs)) {
    it.live(`${name} is created and waited for`, () =>
      Effect.gen(function* () {
        const { status } = yield* job
        assert.oneOf(status, ["completed", "processed"])
      }).pipe(Effect.provide(layer))
    )
  }
})
