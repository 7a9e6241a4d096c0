/** The job of both examples: the program is the same on one machine and on many. */
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import { Responses } from "llmfx/openai"

export const describeCity = Bulk.endpoint("describe-city", Responses.create, {
  chunk: 100,
  concurrency: 32,
  limits: { limits: { requests: 30_000, tokens: 10_000_000 } },
  prices: { "gpt-5.4-mini": { input: 0.25, output: 2 } },
  budget: { usd: 5 },
  stopWhen: ({ done, failed }) => done > 100 && failed > done / 20
})

export const cities = Stream.map(Stream.range(1, 300), (n) => ({
  customId: `city-${n}`,
  input: { model: "gpt-5.4-mini", input: `Describe city ${n}.` }
}))
