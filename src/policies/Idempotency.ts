/**
 * Keys by which a server can tell a repeated request from a new one. None of the three APIs documents them; gateways may.
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
 * Sends an `Idempotency-Key` with each call that is neither safe nor idempotent by itself: one UUID a call, the same on
 * all its tries. A key that the program has set stands.
 */
export const keys: Middleware = /*#__PURE__*/ make((call, next) =>
  Effect.withFiber((fiber) => {
    const { idempotencyKey } = RequestOptions.merge(fiber.getRef(RequestOptions.Current), call.options)
    return call.endpoint.safety === "unsafe" && idempotencyKey === undefined
      ? next({ ...call, options: { ...call.options, idempotencyKey: crypto.randomUUID() } })
      : next(call)
  })
)
