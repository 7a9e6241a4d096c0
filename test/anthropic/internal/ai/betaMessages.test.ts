import { assert, describe, it } from "@effect/vitest"
import * as BetaMessages from "../../../../src/anthropic/api/BetaMessages.ts"
import * as betaMessages from "../../../../src/anthropic/internal/ai/betaMessages.ts"
import type * as Endpoint from "../../../../src/Endpoint.ts"

const declared = ({
  body,
  fixed,
  headerParams,
  headers,
  id,
  kind,
  method,
  path,
  query,
  safety,
  terminal
}: Endpoint.Any) => ({
  body,
  fixed,
  headerParams,
  headers,
  id,
  kind,
  method,
  path,
  query,
  safety,
  terminal
})

describe("the beta Messages API of language models", () => {
  it("is declared as the generated endpoints are", () => {
    assert.deepStrictEqual(declared(betaMessages.create), declared(BetaMessages.create))
    assert.deepStrictEqual(declared(betaMessages.stream), declared(BetaMessages.stream))
  })
})
