import { assert, it } from "@effect/vitest"
import { oneCall } from "../scripts/bench/bundle.ts"
import { root, toSource } from "../scripts/sources.mjs"

/** What one call may add to a program that uses Effect already, in kilobytes. Lower them with what is saved. */
const limits = { provider: 113, resource: 87 }

it("one call does not add more to a bundle than it did", async () => {
  const added = await oneCall({ resolveDir: root, plugins: [toSource] })
  assert.isAtMost(added.resource, limits.resource, "imported from llmfx/openai/ChatCompletions")
  assert.isAtMost(added.provider, limits.provider, "imported from llmfx/openai")
})
