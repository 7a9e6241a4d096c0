import type { ResponseSummary } from "../../ApiError.ts"

/** Whether an error response itself asks for a retry (`x-should-retry`); `undefined` if it does not say. */
export const serverVerdict = (response: ResponseSummary | undefined): boolean | undefined => {
  if (response === undefined || response.status < 400) return undefined
  switch (response.headers["x-should-retry"]) {
    case "true":
      return true
    case "false":
      return false
    default:
      return undefined
  }
}
