import * as Effect from "effect/Effect"
import type { Call } from "../../Middleware.ts"
import { Current, merge, type RequestOptions } from "../../RequestOptions.ts"

/** The options of a call and of the program around it. */
export const optionsOf = ({ options }: Call): Effect.Effect<RequestOptions> =>
  Effect.withFiber((fiber) => Effect.succeed(merge(fiber.getRef(Current), options)))

/**
 * The provider, and the server if the options name another one: what that does says nothing about the provider. User
 * info and query are left out, because keys go to stores and logs.
 */
export const providerKey = ({ provider }: Call["endpoint"], { baseUrl }: RequestOptions): string => {
  if (baseUrl === undefined) return provider
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  return `${provider}:${url === undefined ? "" : `${url.origin}${url.pathname}`.slice(0, maxServerLength)}`
}

const maxServerLength = 256
