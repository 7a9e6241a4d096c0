import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { makeTokenCache } from "../../../internal/credentials/tokenCache.ts"
import * as RetryPolicy from "../../../policies/RetryPolicy.ts"
import type { Anthropic } from "../../Anthropic.ts"
import * as Models from "../../api/Models.ts"

/** The limits of a model. */
export interface Capabilities {
  /** How many tokens the model can write. */
  readonly maxTokens: Effect.Effect<number, never, Anthropic>
}

/** Every model can write this many tokens. Some clouds do not say more. */
const leastTokens = 8192

const pause = 300_000

/**
 * Asks once, when first needed, however many calls wait for it, and apart from the call that needs it first. A failure is
 * asked about again after five minutes.
 */
export const capabilitiesOf = (model: string): Effect.Effect<Capabilities> =>
  Effect.sync(() => {
    const { get } = makeTokenCache({
      acquire: Models.retrieve(
        { model_id: model },
        { retry: RetryPolicy.none, timeouts: { total: "10 seconds" } }
      ).pipe(
        Effect.map(({ max_tokens: tokens }) => ({ value: tokens ?? leastTokens, expiresAt: undefined })),
        Effect.catch(() =>
          Effect.map(Clock.currentTimeMillis, (now) => ({ value: leastTokens, expiresAt: now + pause }))
        )
      ),
      refreshBefore: 0,
      blockBefore: 0
    })
    return { maxTokens: get }
  })
