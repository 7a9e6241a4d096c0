/**
 * Sends a key by which a server can recognise a repeated request.
 *
 * None of the three APIs documents such keys, but a gateway in front of them may use them.
 *
 * @example
 * ```ts
 * import { Idempotency, Middleware } from "llmfx"
 * import { Responses } from "llmfx/openai"
 *
 * const answer = Responses.create({ model: "gpt-5.4-mini", input: "hi" }).pipe(Middleware.use(Idempotency.keys))
 * ```
 */
import * as Effect from "effect/Effect"
import { type Middleware, make } from "../Middleware.ts"
import * as RequestOptions from "../RequestOptions.ts"

/**
 * Sends an `Idempotency-Key` header with each call that is not already safe or idempotent.
 *
 * **Details**
 *
 * The key is a UUID for each call, the same on all its attempts. A key that the program has set is kept.
 *
 * @category running
 */
export const keys: Middleware = /*#__PURE__*/ make((call, next) =>
  Effect.withFiber((fiber) => {
    const { idempotencyKey } = RequestOptions.merge(fiber.getRef(RequestOptions.Current), call.options)
    return call.endpoint.safety === "unsafe" && idempotencyKey === undefined
      ? next({ ...call, options: { ...call.options, idempotencyKey: crypto.randomUUID() } })
      : next(call)
  })
)
