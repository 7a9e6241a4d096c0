/**
 * Effect's own provider packages give parts options and metadata under `openai` and `anthropic`. This file does the same,
 * so `tsc` shows that a program can have both. Nothing runs it.
 */
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Effect from "effect/Effect"
import { expectTypeOf } from "vitest"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"

declare module "effect/ai/Prompt" {
  interface TextPartOptions {
    readonly openai?: { readonly itemId?: string } | null
    readonly anthropic?: { readonly cacheControl?: { readonly type: "ephemeral" } } | null
  }
}

declare module "effect/ai/Response" {
  interface FinishPartMetadata {
    readonly openai?: { readonly serviceTier?: string } | null
  }
}

const program = LanguageModel.generateText({
  prompt: [
    {
      role: "user",
      content: [
        {
          type: "text",
          text: "hi",
          options: { openai: { itemId: "a" }, openaiChat: { cache_control: { type: "ephemeral" } } }
        }
      ]
    }
  ]
}).pipe(
  Effect.provide(ResponseLanguageModel.model("gpt-5.4-mini")),
  Effect.provide(ChatLanguageModel.model("gpt-5.4-mini")),
  Effect.provide(MessageLanguageModel.model("claude-sonnet-5"))
)

expectTypeOf(program).toExtend<Effect.Effect<LanguageModel.GenerateTextResponse<{}>, unknown, unknown>>()
expectTypeOf<Prompt.TextPartOptions["openai"]>().toEqualTypeOf<{ readonly itemId?: string } | null | undefined>()
expectTypeOf<Response.FinishPartMetadata["openai"]>().toEqualTypeOf<
  { readonly serviceTier?: string } | null | undefined
>()
