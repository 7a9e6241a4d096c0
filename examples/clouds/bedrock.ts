/**
 * Calls Anthropic's and OpenAI's models on Amazon Bedrock, signed with access keys. Set AWS_REGION and credentials to
 * call Bedrock; otherwise a stand-in answers that checks every signature.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as Bedrock from "llmfx/anthropic/Bedrock"
import * as OpenAiBedrock from "llmfx/openai/Bedrock"
import { chunk, joined, signatureProblem } from "../../test/support/aws.ts"
import { chat, message } from "./poem.ts"
import { completion, messageEvents, standIn } from "./standIn.ts"

const model = "us.anthropic.claude-sonnet-5-v1:0"
const openModel = "openai.gpt-oss-120b"

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: Redacted.make("example-secret-key") }

const local = Effect.gen(function* () {
  const baseUrl = yield* standIn((request) => {
    const problem = signatureProblem(request, { AKIDEXAMPLE: { secret: "example-secret-key" } }, Date.now())
    if (problem !== undefined) return { status: 403, json: { message: problem } }
    return request.url.startsWith("/model/")
      ? {
          type: "application/vnd.amazon.eventstream",
          bytes: joined(...messageEvents(`Bedrock streams ${request.url}`).map(chunk))
        }
      : { json: completion(`Bedrock answers at ${request.url}`) }
  })
  const region = "us-east-1"
  yield* Effect.provide(message(model), Bedrock.layer({ region, credentials, baseUrl }))
  yield* Effect.provide(chat(openModel), OpenAiBedrock.layer({ region, credentials, baseUrl: `${baseUrl}/openai/v1` }))
})

const remote = Effect.andThen(
  Effect.provide(message(model), Bedrock.layerConfig()),
  Effect.provide(chat(openModel), OpenAiBedrock.layerConfig())
)

await (process.env["AWS_REGION"] === undefined ? local : remote).pipe(
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
