import { afterEach, describe, expect, it, vi } from "vitest"

describe("the examples of clouds run against a stand-in that checks credentials", () => {
  const lines: Array<unknown> = []
  const run = async (load: () => Promise<unknown>): Promise<ReadonlyArray<unknown>> => {
    lines.length = 0
    vi.spyOn(console, "log").mockImplementation((line) => lines.push(line))
    for (const name of [
      "AZURE_OPENAI_ENDPOINT",
      "AWS_REGION",
      "GOOGLE_SERVICE_ACCOUNT_KEY",
      "ANTHROPIC_FOUNDRY_RESOURCE"
    ]) {
      vi.stubEnv(name, undefined)
    }
    await load()
    return lines
  }
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })

  it("azure", async () => {
    expect(await run(() => import("../../examples/clouds/azure.ts"))).toEqual([
      "Azure answers at /openai/v1/chat/completions",
      "Azure answers at /openai/deployments/poet/chat/completions?api-version=2024-10-21",
      "Azure answers at /openai/v1/chat/completions"
    ])
  })

  it("bedrock", async () => {
    expect(await run(() => import("../../examples/clouds/bedrock.ts"))).toEqual([
      "Bedrock streams /model/us.anthropic.claude-sonnet-5-v1:0/invoke-with-response-stream",
      "Bedrock answers at /openai/v1/chat/completions"
    ])
  })

  it("vertex", async () => {
    expect(await run(() => import("../../examples/clouds/vertex.ts"))).toEqual([
      "Vertex streams /v1/projects/sky/locations/us-east5/publishers/anthropic/models/claude-sonnet-5@20260101:streamRawPredict"
    ])
  })

  it("foundry", async () => {
    expect(await run(() => import("../../examples/clouds/foundry.ts"))).toEqual([
      "Foundry streams /anthropic/v1/messages"
    ])
  })

  it("workload identity", async () => {
    expect(await run(() => import("../../examples/clouds/workloadIdentity.ts"))).toEqual(
      [1, 2, 3, 4].map((turn) => `Answered to short-lived-${turn}`)
    )
  })
})
