import { assert, describe, it } from "@effect/vitest"
import type * as AiTool from "effect/ai/Tool"
import * as HostedTools from "llmfx/anthropic/HostedTools"
import type * as BetaMessages from "../../src/anthropic/api/BetaMessages.ts"
import type * as Messages from "../../src/anthropic/api/Messages.ts"

type Ids<Module> = {
  readonly [K in keyof Module]: Module[K] extends (...args: never) => { readonly id: infer Id } ? Id : never
}[keyof Module]

/** The members of a union of tools that no tool of the module stands for. */
type Missing<Member, Known> = Member extends { readonly type: infer Type extends string }
  ? Extract<Known, `anthropic.${Type}`> | Extract<Type, "~unknown"> extends never
    ? Type
    : never
  : never

// `tsc` checks that these are empty: a new member of a union needs a tool.
const missing: ReadonlyArray<
  | Missing<Exclude<Messages.ToolUnion, Messages.Tool>, Ids<typeof HostedTools>>
  | Missing<Exclude<BetaMessages.BetaToolUnion, BetaMessages.BetaTool>, Ids<typeof HostedTools>>
> = []
const none: ReadonlyArray<never> = missing

const all = Object.values(HostedTools).map((make) => (make as (args: object) => AiTool.AnyProviderDefined)({}))

describe("the tools that an API defines", () => {
  it("are all there, each with an id of its own", () => {
    assert.deepStrictEqual(none, [])
    assert.strictEqual(new Set(all.map(({ id }) => id)).size, all.length)
    assert.isAbove(all.length, 25)
  })

  it("need a handler if the program runs their calls", () => {
    const needed = all.filter(({ requiresHandler }) => requiresHandler).map(({ name }) => name)
    assert.includeMembers(needed, ["AnthropicBash", "AnthropicTextEditor", "AnthropicMemory"])
    assert.notInclude(needed, "AnthropicWebSearch")
  })

  it("have the fields, the name and the failure mode that they are made with", () => {
    const tool = HostedTools.Bash20250124(
      { cache_control: { type: "ephemeral" } },
      { name: "shell", failureMode: "return" }
    )
    assert.strictEqual<"shell">(tool.name, "shell")
    assert.strictEqual<"return">(tool.failureMode as "return", "return")
    assert.deepStrictEqual(tool.args, { cache_control: { type: "ephemeral" } })
  })
})
