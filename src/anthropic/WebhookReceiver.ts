/**
 * Receives Anthropic's webhooks: verifies the signature, decodes the event, and handles each delivery once.
 *
 * See `llmfx/webhooks/Webhooks` for the receiver's methods, `WebhookStore` for remembering deliveries.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as WebhookReceiver from "llmfx/anthropic/WebhookReceiver"
 *
 * const answer = Effect.flatMap(WebhookReceiver.makeConfig(), (receiver) =>
 *   receiver.handle(({ event }) => Console.log(event.data.type))
 * )
 * ```
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Webhooks from "../webhooks/Webhooks.ts"
import { BetaWebhookEvent } from "./api/BetaWebhookEvents.ts"

/**
 * Makes a receiver with the given signing keys.
 *
 * @category constructors
 */
export const make = <E = never, R = never>(
  options: Webhooks.Options<E, R>
): Webhooks.Receiver<BetaWebhookEvent, E, R> =>
  Webhooks.make({ schema: BetaWebhookEvent, plainSecret: "base64" }, options)

/**
 * Makes a receiver with the signing key in `ANTHROPIC_WEBHOOK_SIGNING_KEY`.
 *
 * @category constructors
 */
export const makeConfig = <E = never, R = never>(
  options: Omit<Webhooks.Options<E, R>, "secrets"> = {}
): Effect.Effect<Webhooks.Receiver<BetaWebhookEvent, E, R>, Config.ConfigError> =>
  Effect.map(Config.Redacted("ANTHROPIC_WEBHOOK_SIGNING_KEY"), (secret) => make({ ...options, secrets: [secret] }))
