import * as ApiError from "../../ApiError.ts"
import type { Call } from "../../Middleware.ts"

/** The error of a call that a policy of the program has refused. */
export const refusal = ({ endpoint }: Call, reason: ApiError.Reason): ApiError.ApiError =>
  new ApiError.ApiError({
    provider: endpoint.provider,
    endpoint: endpoint.id,
    reason,
    request: undefined,
    response: undefined,
    attempts: []
  })

/** What a refusal says in place of a server's error body. */
export const refusalDetail = (code: string, message: string): ApiError.ServerDetail => ({
  message,
  code,
  type: undefined,
  param: undefined,
  helpUrl: undefined
})
