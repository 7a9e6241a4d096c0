/**
 * Receives OpenAI's webhooks: verifies the signature, decodes the event, and handles each delivery once.
 *
 * See `llmfx/webhooks/Webhooks` for the receiver's methods, `WebhookStore` for remembering deliveries.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as HttpRouter from "effect/http/HttpRouter"
 * import * as Layer from "effect/Layer"
 * import * as WebhookReceiver from "llmfx/openai/WebhookReceiver"
 *
 * const route = Layer.unwrap(
 *   Effect.map(WebhookReceiver.makeConfig(), (receiver) =>
 *     HttpRouter.add(
 *       "POST",
 *       "/webhooks/openai",
 *       receiver.handle(({ event }) =>
 *         event.type === "response.completed" ? Console.log(event.data.id) : Effect.void
 *       )
 *     )
 *   )
 * )
 * ```
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Webhooks from "../webhooks/Webhooks.ts"
import { UnwrapWebhookEvent } from "./api/WebhookEvents.ts"

/**
 * Makes a receiver with the given secrets.
 *
 * @category constructors
 */
export const make = <E = never, R = never>(
  options: Webhooks.Options<E, R>
): Webhooks.Receiver<UnwrapWebhookEvent, E, R> =>
  Webhooks.make({ schema: UnwrapWebhookEvent, plainSecret: "text" }, options)

/**
 * Makes a receiver with the secret in `OPENAI_WEBHOOK_SECRET`.
 *
 * @category constructors
 */
export const makeConfig = <E = never, R = never>(
  options: Omit<Webhooks.Options<E, R>, "secrets"> = {}
): Effect.Effect<Webhooks.Receiver<UnwrapWebhookEvent, E, R>, Config.ConfigError> =>
  Effect.map(Config.Redacted("OPENAI_WEBHOOK_SECRET"), (secret) => make({ ...options, secrets: [secret] }))
