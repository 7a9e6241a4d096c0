import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as Prompt from "effect/ai/Prompt"
import * as Response from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import * as AnthropicTools from "../../src/anthropic/api/HostedTools.ts"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as OpenAiTools from "../../src/openai/api/HostedTools.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import * as Generated from "../support/generatedAnswers.ts"
import { tool } from "../support/languageModels.ts"

type Json = { readonly [field: string]: unknown }
type Parts = ReadonlyArray<Response.PartEncoded | Response.StreamPartEncoded>

const own = [
  Tool.make(tool.name, tool),
  Tool.dynamic("search", { parameters: { type: "object", properties: {} }, success: Schema.Unknown })
]
const openAiTools = [
  OpenAiTools.WebSearch({}),
  OpenAiTools.FileSearch({ vector_store_ids: ["vs_1"] }),
  OpenAiTools.CodeInterpreter({ container: { type: "auto" } }),
  OpenAiTools.ImageGeneration({}),
  OpenAiTools.Mcp({ server_label: "s1" }),
  OpenAiTools.HostedShell({}),
  OpenAiTools.ApplyPatch({}),
  OpenAiTools.Custom({ name: "sql" })
]
const anthropicTools = [
  AnthropicTools.WebSearch20250305({}),
  AnthropicTools.CodeExecution20250825({}),
  AnthropicTools.McpToolset({ mcp_server_name: "s1" })
]

/** What the vendors' types call absent: a program sends back no more than that. */
const bare = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== "object" || value === null) return value
  const kept = Object.entries(value).filter(
    ([name, field]) =>
      field !== null && field !== undefined && !(Array.isArray(field) && field.length === 0) && name !== "status"
  )
  return Object.fromEntries(kept.map(([name, field]) => [name, bare(field)]))
}
const list = (value: unknown) => (Array.isArray(value) ? value : []) as ReadonlyArray<Json>
const isResult = ({ type }: Json) => String(type).endsWith("_output")

/** Whether an item is part of the answer. Results of the program's own calls are not. */
const isOfAnswer = (item: Json) => !isResult(item) || "id" in item || "tools" in item

interface Api {
  readonly generated: fc.Arbitrary<Generated.Generated>
  readonly key: string
  readonly hosted: ReadonlyArray<Tool.Any>
  readonly toParts: (answer: Json, tools: ReadonlyArray<Tool.Any>) => Effect.Effect<Parts, AiError.AiError>
  readonly streamParts: (
    events: ReadonlyArray<Json>,
    tools: ReadonlyArray<Tool.Any>
  ) => Stream.Stream<Response.StreamPartEncoded, AiError.AiError>
  /** The part of an answer that the next request sends. */
  readonly again: (prompt: Prompt.Prompt, tools: ReadonlyArray<Tool.Any>) => Effect.Effect<unknown, AiError.AiError>
  /** The part that it should send. */
  readonly turn: (answer: Json) => unknown
}

const apis: { readonly [name: string]: Api } = {
  responses: {
    generated: Generated.responses,
    key: "openaiResponses",
    hosted: openAiTools,
    toParts: (answer, tools) => ResponseLanguageModel.toParts(answer as never, { tools }),
    streamParts: (events, tools) => ResponseLanguageModel.streamParts({ tools })(Stream.fromIterable(events as never)),
    again: (prompt, tools) =>
      Effect.map(ResponseLanguageModel.toInput(prompt, { tools }), (items) =>
        (items as unknown as ReadonlyArray<Json>).filter((item) => item["role"] !== "user").filter(isOfAnswer)
      ),
    turn: ({ output }) => list(output).filter(isOfAnswer)
  },
  chat: {
    generated: Generated.chat,
    key: "openaiChat",
    hosted: [OpenAiTools.Custom({ name: "sql" })],
    toParts: (answer, tools) => ChatLanguageModel.toParts(answer as never, { tools }),
    streamParts: (events, tools) => ChatLanguageModel.streamParts({ tools })(Stream.fromIterable(events as never)),
    again: (prompt, tools) =>
      Effect.map(ChatLanguageModel.toInput(prompt, { tools }), (messages) =>
        (messages as unknown as ReadonlyArray<Json>).filter(({ role }) => role === "assistant")
      ),
    turn: ({ choices }) => {
      const { annotations: _, content, ...message } = (list(choices)[0]?.["message"] ?? {}) as Json
      const said = content ?? ""
      const isEmpty = said === "" && message["refusal"] === null && message["tool_calls"] === undefined
      return isEmpty ? [] : [{ ...message, content: said }]
    }
  },
  messages: {
    generated: Generated.messages,
    key: "anthropicMessages",
    hosted: anthropicTools,
    toParts: (answer, tools) => MessageLanguageModel.toParts(answer as never, { tools }),
    streamParts: (events, tools) => MessageLanguageModel.streamParts({ tools })(Stream.fromIterable(events as never)),
    again: (prompt, tools) =>
      Effect.map(MessageLanguageModel.toInput(prompt, { tools }), ({ messages }) =>
        messages.flatMap(({ content, role }) => (role === "assistant" ? list(content) : []))
      ),
    turn: ({ content }) => {
      // The API refuses a turn that ends with thoughts.
      const last = list(content).findLastIndex(({ type }) => type !== "thinking" && type !== "redacted_thinking")
      return list(content).slice(0, last + 1)
    }
  }
}

const partsCodec = Schema.Array(Response.AllParts())

/** The prompt that a chat keeps of parts, after it was JSON. */
const historyOf = (parts: Parts): Prompt.Prompt => {
  const answer = Prompt.fromResponseParts(Schema.decodeUnknownSync(partsCodec)(parts))
  const prompt = Prompt.concat(answer, "and then?")
  const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Prompt.Prompt)(prompt)))
  return Schema.decodeUnknownSync(Prompt.Prompt)(json)
}

/** Stream parts as whole ones, in the order in which they begin. Sources come when their texts end. */
const whole = (parts: Parts, key: string): ReadonlyArray<Json> => {
  const texts = new Map<string, { text: string; fields: Json; readonly at: number }>()
  const all: Array<Json> = []
  for (const part of parts) {
    const fields = (part.metadata?.[key] ?? {}) as Json
    if (part.type === "text-start" || part.type === "reasoning-start") {
      texts.set(part.id, { text: "", fields, at: all.length })
      all.push({})
    } else if (part.type === "text-delta" || part.type === "reasoning-delta") {
      const text = texts.get(part.id)
      assert.isDefined(text)
      text.text += part.delta
    } else if (part.type === "text-end" || part.type === "reasoning-end") {
      const text = texts.get(part.id)
      assert.isDefined(text)
      all[text.at] = { type: part.type.slice(0, -4), text: text.text, fields: { ...text.fields, ...fields } }
    } else if (part.type === "text" || part.type === "reasoning") {
      all.push({ type: part.type, text: part.text, fields })
    } else if (!part.type.startsWith("tool-params") && part.type !== "source") {
      all.push({ ...part, metadata: undefined, fields })
    }
  }
  return all.map((part) => JSON.parse(JSON.stringify(part)) as Json)
}

const runs = { numRuns: 150 }

/** Changes up to three fields, anywhere in a value. */
const changed = (value: unknown, seeds: ReadonlyArray<number>): Json => {
  const copy = structuredClone(value) as Json
  const places: Array<readonly [{ [key: string]: unknown }, string]> = []
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return
    for (const [key, field] of Object.entries(node)) {
      places.push([node as { [key: string]: unknown }, key])
      visit(field)
    }
  }
  visit(copy)
  const odd = [null, undefined, 7, -1.5, "", "x", true, [], {}, [null], { a: 1 }, Number.POSITIVE_INFINITY]
  for (const seed of seeds) {
    const [node, key] = places[seed % places.length] ?? [{}, ""]
    if (seed % 3 === 0 && !Array.isArray(node)) delete node[key]
    else node[key] = structuredClone(odd[seed % odd.length])
  }
  return copy
}
const seeds = fc.array(fc.nat(), { minLength: 1, maxLength: 3 })

describe.each(Object.entries(apis))("any answer: %s", (_, api) => {
  const tools = fc.constantFrom<ReadonlyArray<Tool.Any>>([], own, [...own, ...api.hosted])

  it("has the same parts as a whole and as a stream", async () => {
    await fc.assert(
      fc.asyncProperty(api.generated, tools, async ({ answer, events }, tools) => {
        const given = await Effect.runPromise(api.toParts(answer, tools))
        const streamed = await Effect.runPromise(Stream.runCollect(api.streamParts(events, tools)))
        assert.deepStrictEqual(whole(streamed, api.key), whole(given, api.key))
      }),
      runs
    )
  })

  it("is sent again as it came, whole or streamed, after its history was JSON", async () => {
    await fc.assert(
      fc.asyncProperty(api.generated, tools, async ({ answer, events }, tools) => {
        const turn = bare(api.turn(answer))
        const given = await Effect.runPromise(api.toParts(answer, tools))
        const streamed = await Effect.runPromise(Stream.runCollect(api.streamParts(events, tools)))
        for (const parts of [given, streamed]) {
          assert.deepStrictEqual(bare(await Effect.runPromise(api.again(historyOf(parts), tools))), turn)
        }
      }),
      runs
    )
  })

  it("whose fields are missing or wrong is read as far as it goes, or fails with an AiError", async () => {
    await fc.assert(
      fc.asyncProperty(api.generated, seeds, async ({ answer, events }, seeds) => {
        for (const parts of [
          api.toParts(changed(answer, seeds), own),
          Stream.runCollect(api.streamParts(list(changed(events, seeds)), own))
        ]) {
          const exit = await Effect.runPromiseExit(parts as Effect.Effect<Parts, AiError.AiError>)
          if (Exit.isSuccess(exit)) historyOf(exit.value)
          else assert.isTrue(AiError.isAiError(Cause.squash(exit.cause)), Cause.pretty(exit.cause))
        }
      }),
      runs
    )
  })
})
