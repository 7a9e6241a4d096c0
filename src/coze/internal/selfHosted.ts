/** Calls that a self-hosted Coze serves in another way than the cloud. */
import * as Effect from "effect/Effect"
import type { ApiClient } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"

type Change = Pick<Endpoint.Metadata, "method"> & Partial<Pick<Endpoint.Metadata, "path" | "pathParams" | "query">>

/** Replacements for endpoints of the cloud. */
const others: { readonly [id: string]: Change | undefined } = {
  "chat.retrieve": { method: "GET" },
  "workflows.runs.history": {
    method: "GET",
    path: "/v1/workflow/get_run_history",
    pathParams: [],
    query: ["workflow_id", "execute_id"]
  }
}

/**
 * Tries the other way if a server knows no such path or method: an error that the API itself reports has a code. From
 * then on the layer goes that way at once.
 */
export const withSelfHosted = (client: ApiClient): ApiClient => {
  const known = new Set<string>()
  return {
    ...client,
    call: (endpoint, input, options) => {
      const other = others[endpoint.id]
      if (other === undefined) return client.call(endpoint, input, options)
      const again = Effect.suspend(() => client.call({ ...endpoint, ...other }, input, options))
      return Effect.suspend(() =>
        known.has(endpoint.id)
          ? again
          : Effect.catch(client.call(endpoint, input, options), (error) =>
              isUnknownRoute(error)
                ? Effect.tap(again, () => Effect.sync(() => known.add(endpoint.id)))
                : Effect.fail(error)
            )
      )
    }
  }
}

const isUnknownRoute = ({ reason, response }: ApiError): boolean =>
  (response?.status === 404 || response?.status === 405) && !("code" in reason && reason.code !== undefined)
