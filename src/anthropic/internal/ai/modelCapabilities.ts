import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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

/** Asks once, when first needed, however many calls wait for it. A failure is asked about again after five minutes. */
export const capabilitiesOf = (model: string): Effect.Effect<Capabilities> =>
  Models.retrieve({ model_id: model }, { retry: RetryPolicy.none, timeouts: { total: "10 seconds" } }).pipe(
    Effect.map(({ max_tokens: tokens }) => tokens ?? leastTokens),
    Effect.orElseSucceed(() => undefined),
    Effect.cachedWithTTL((exit: Exit.Exit<number | undefined>) =>
      Exit.isSuccess(exit) && exit.value !== undefined ? Infinity : "5 minutes"
    ),
    Effect.map((tokens) => ({ maxTokens: Effect.map(tokens, (known) => known ?? leastTokens) }))
  )
