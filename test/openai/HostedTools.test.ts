import { assert, describe, it } from "@effect/vitest"
import * as Tool from "effect/ai/Tool"
import type * as SchemaAST from "effect/SchemaAST"
import * as BetaResponses from "../../src/openai/api/BetaResponses.ts"
import * as HostedTools from "../../src/openai/api/HostedTools.ts"
import * as Responses from "../../src/openai/api/Responses.ts"

type Ids<Module> = {
  readonly [K in keyof Module]: Module[K] extends (...args: never) => { readonly id: infer Id } ? Id : never
}[keyof Module]

/** The types of a union of tools that no tool of the module stands for. */
type Missing<Member> = Member extends { readonly type: infer Type extends string }
  ? Exclude<`openai.${Exclude<Type, "~unknown" | "function">}`, Ids<typeof HostedTools>>
  : never

// `tsc` checks that this is empty: a new member of a union needs a tool.
const missing: ReadonlyArray<Missing<Responses.Tool> | Missing<BetaResponses.BetaTool>> = []
const none: ReadonlyArray<never> = missing

/** Returns the types of the request's tools. */
const types = (tool: { readonly ast: SchemaAST.AST }): ReadonlyArray<string> => {
  const { ast } = tool
  const union = ast._tag === "Suspend" ? ast.thunk() : ast
  const { members } = (union.annotations?.["~llmfx/taggedUnion"] ?? {}) as { readonly members?: object }
  return Object.keys(members ?? {}).filter((type) => type !== "function")
}

type Make = (args: object) => Tool.AnyProviderDefined

const made = Object.values(HostedTools).map((make) => (make as unknown as Make)({ name: "named" }))

describe("the hosted tools", () => {
  it("are all that a request can have", () => {
    const all = new Set([...types(Responses.Tool), ...types(BetaResponses.BetaTool)])
    assert.isAbove(all.size, 15)
    assert.deepStrictEqual(none, [])
    assert.deepStrictEqual(
      [...new Set(made.map(({ id }) => id))].sort(),
      [...all].map((type) => `openai.${type}`).sort()
    )
  })

  it("have names of their own in a toolkit", () => {
    assert.strictEqual<"web_search">(HostedTools.WebSearch({}).name, "web_search")
    assert.strictEqual<"sql">(HostedTools.Custom({ name: "sql" }).name, "sql")
  })

  it("take another name and a failure mode", () => {
    const shell = HostedTools.Shell({}, { name: "bash", failureMode: "return" })
    assert.strictEqual<"bash">(shell.name, "bash")
    assert.strictEqual<"return">(shell.failureMode as "return", "return")
    assert.deepStrictEqual(shell.args, {})
  })

  it("are provider-defined with the API's fields as their arguments", () => {
    for (const tool of made) {
      assert.isTrue(Tool.isProviderDefined(tool), tool.id)
      assert.deepStrictEqual(tool.args, { name: "named" }, tool.id)
    }
  })

  it("need a handler if the program runs them", () => {
    assert.deepStrictEqual(
      made
        .filter(({ requiresHandler }) => requiresHandler)
        .map(({ providerName }) => providerName)
        .sort(),
      ["apply_patch", "computer", "computer_use_preview", "custom", "local_shell", "shell"]
    )
  })
})
