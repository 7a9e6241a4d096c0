import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { makeTokenCache } from "../../../internal/credentials/tokenCache.ts"
import { isObject } from "../../../internal/json/json.ts"
import * as RetryPolicy from "../../../policies/RetryPolicy.ts"
import type { Anthropic } from "../../Anthropic.ts"
import { retrieveModel } from "./endpoints.ts"

/** The limits of a model. */
export interface Capabilities {
  /** How many tokens the model can write. */
  readonly maxTokens: Effect.Effect<number, never, Anthropic>
}

/** Every model can write this many tokens. Some clouds do not say more. */
const leastTokens = 8192

const pause = 300_000

const maxTokensOf = (model: unknown): number => {
  const tokens = isObject(model) ? model["max_tokens"] : undefined
  return typeof tokens === "number" && tokens > 0 ? tokens : leastTokens
}

/**
 * Asks once, when first needed, however many calls wait for it, and apart from the call that needs it first. A failure is
 * asked about again after five minutes.
 */
export const capabilitiesOf = (model: string): Effect.Effect<Capabilities> =>
  Effect.sync(() => {
    const { get } = makeTokenCache({
      acquire: retrieveModel({ model_id: model }, { retry: RetryPolicy.none, timeouts: { total: "10 seconds" } }).pipe(
        Effect.map((model) => ({ value: maxTokensOf(model), expiresAt: undefined })),
        Effect.catch(() =>
          Effect.map(Clock.currentTimeMillis, (now) => ({ value: leastTokens, expiresAt: now + pause }))
        )
      ),
      refreshBefore: 0,
      blockBefore: 0
    })
    return { maxTokens: get }
  })
