import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ApiClient } from "../../ApiClient.ts"
import { type ApiError, local, UnexpectedResponseError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type * as Page from "../../Page.ts"
import type { RequestOptions } from "../../RequestOptions.ts"

/**
 * Returns the values of all pages, each fetched when it is pulled. Fails if a cursor repeats, which would never end.
 * Flattening a stream of pages would add code for streams that run at once.
 */
export const pageStream = <A>(
  client: ApiClient,
  endpoint: Endpoint.Metadata,
  input: unknown,
  options: RequestOptions | undefined,
  valuesOf: (page: Page.Page<unknown>) => ReadonlyArray<A>
): Stream.Stream<A, ApiError> =>
  Stream.suspend(() => {
    const seen = new Set<string>()
    return Stream.paginate({} as Page.Cursor, (cursor) =>
      Effect.flatMap(client.call(endpoint, { ...(input as object | undefined), ...cursor }, options), ({ value }) => {
        const page = value as Page.Page<unknown>
        if (page.next === undefined) return Effect.succeed([valuesOf(page), Option.none<Page.Cursor>()] as const)
        const key = JSON.stringify(page.next)
        if (seen.has(key)) return Effect.fail(repeatedCursor(endpoint, page.next))
        seen.add(key)
        return Effect.succeed([valuesOf(page), Option.some(page.next)] as const)
      })
    )
  })

const repeatedCursor = (endpoint: Endpoint.Metadata, cursor: Page.Cursor): ApiError =>
  local(
    endpoint,
    new UnexpectedResponseError({
      message: `The server gave the same ${Object.keys(cursor).join(", ")} twice, so the pages would never end`,
      contentType: undefined
    })
  )
