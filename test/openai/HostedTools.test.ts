import { assert, describe, it } from "@effect/vitest"
import * as Tool from "effect/ai/Tool"
import type * as SchemaAST from "effect/SchemaAST"
import * as Responses from "../../src/openai/api/Responses.ts"
import * as HostedTools from "../../src/openai/HostedTools.ts"

/** Returns the types of the request's tools. */
const types = (): ReadonlyArray<string> => {
  const ast: SchemaAST.AST = Responses.Tool.ast
  const union = ast._tag === "Suspend" ? ast.thunk() : ast
  const { members } = (union.annotations?.["~llmfx/taggedUnion"] ?? {}) as { readonly members?: object }
  return Object.keys(members ?? {}).filter((type) => type !== "function")
}

type Make = (args: object) => Tool.AnyProviderDefined

const made = Object.values(HostedTools).map((make) => (make as unknown as Make)({ name: "named" }))

describe("the hosted tools", () => {
  it("are all that a request can have", () => {
    assert.deepStrictEqual(
      [...new Set(made.map(({ id }) => id))].sort(),
      types()
        .map((type) => `openai.${type}`)
        .sort()
    )
  })

  it("are provider-defined, and take the API's fields as they are", () => {
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
