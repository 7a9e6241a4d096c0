/** Which models an API has. */
import * as Failure from "../../../Failure.ts"
import { Refusal } from "../exchange.ts"

type Provider = "openai" | "anthropic" | "coze"

/** How the names of a vendor's models begin. Open weights run anywhere, and routers have names such as `anthropic/…`. */
const names: { readonly [K in "openai" | "anthropic"]: RegExp } = {
  openai:
    /^(?:ft:)?(?:gpt-(?!oss)|chatgpt-|o\d(?:-|$)|codex-|computer-use-|text-embedding-|text-moderation|omni-moderation|davinci|babbage|dall-e|whisper-\d|tts-|sora-)/i,
  anthropic: /^claude(?:-|$)/i
}

/** The API whose models have such names; `undefined` for a name that any compatible server may have. */
const vendorOf = (model: string): "openai" | "anthropic" | undefined =>
  names.openai.test(model) ? "openai" : names.anthropic.test(model) ? "anthropic" : undefined

export const isOpenAiModel = (model: string): boolean => vendorOf(model) === "openai"

/** Refuses a model that the API does not have: one of another vendor, or one that a closed list lacks. */
export const checkModel = (provider: Provider, model: string, allowed: ReadonlyArray<string> | undefined): void => {
  if (provider === "coze") return
  const vendor = vendorOf(model)
  const isKnown = allowed === undefined ? vendor === undefined || vendor === provider : allowed.includes(model)
  if (isKnown) return
  throw new Refusal(
    provider === "anthropic"
      ? Failure.notFound({ message: `model: ${model}` })
      : Failure.notFound({
          message: `The model \`${model}\` does not exist or you do not have access to it.`,
          code: "model_not_found"
        })
  )
}
