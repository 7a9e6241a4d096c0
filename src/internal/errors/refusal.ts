import type * as ApiError from "../../ApiError.ts"

/** What a refusal by a policy of the program says in place of a server's error body. */
export const refusalDetail = (code: string, message: string): ApiError.ServerDetail => ({
  message,
  code,
  type: undefined,
  param: undefined,
  helpUrl: undefined
})
