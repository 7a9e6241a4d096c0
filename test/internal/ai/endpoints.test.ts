import { assert, describe, it } from "@effect/vitest"
import * as BetaMessages from "../../../src/anthropic/api/BetaMessages.ts"
import * as Messages from "../../../src/anthropic/api/Messages.ts"
import * as Models from "../../../src/anthropic/api/Models.ts"
import * as anthropic from "../../../src/anthropic/internal/ai/endpoints.ts"
import * as Chat from "../../../src/coze/api/Chat.ts"
import * as coze from "../../../src/coze/internal/ai/endpoints.ts"
import type * as Endpoint from "../../../src/Endpoint.ts"
import * as ChatCompletions from "../../../src/openai/api/ChatCompletions.ts"
import * as Responses from "../../../src/openai/api/Responses.ts"
import * as openai from "../../../src/openai/internal/ai/endpoints.ts"

/** All that an endpoint says of its requests and of the end of its streams. */
const saidBy = (endpoint: Endpoint.Metadata) =>
  Object.fromEntries(Object.entries(endpoint).filter(([name]) => name !== "success" && name !== "errors"))

const pairs: ReadonlyArray<readonly [raw: Endpoint.Metadata, whole: Endpoint.Metadata]> = [
  [openai.createResponse, Responses.create],
  [openai.streamResponse, Responses.stream],
  [openai.createCompletion, ChatCompletions.create],
  [openai.streamCompletion, ChatCompletions.stream],
  [anthropic.createMessage, Messages.create],
  [anthropic.streamMessage, Messages.stream],
  [anthropic.createBetaMessage, BetaMessages.create],
  [anthropic.streamBetaMessage, BetaMessages.stream],
  [anthropic.retrieveModel, Models.retrieve],
  [coze.streamChat, Chat.stream],
  [coze.streamToolOutputs, Chat.submitToolOutputsStream]
]

describe("an endpoint of language models", () => {
  it.each(pairs.map(([raw, whole]) => [raw.id, raw, whole] as const))(
    "%s sends what the API's own does",
    (_, raw, whole) => {
      assert.deepStrictEqual(saidBy(raw), saidBy(whole))
    }
  )

  it("is compared with the API's own, whichever it is", () => {
    const all = [openai, anthropic, coze].flatMap((module) => Object.values(module))
    assert.sameMembers(
      pairs.map(([raw]) => raw),
      all
    )
  })
})
