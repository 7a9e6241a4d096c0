import type * as ApiError from "../../ApiError.ts"

/** Returns the detail of a refusal by one of the program's own policies, in the form of a server's error body. */
export const refusalDetail = (code: string, message: string): ApiError.ServerDetail => ({
  message,
  code,
  type: undefined,
  param: undefined,
  helpUrl: undefined
})
