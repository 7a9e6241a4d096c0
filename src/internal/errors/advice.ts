import type { Reason } from "../../ApiError.ts"

/** Tells a user how to react to each kind of failure. */
export const advice: Record<Reason["_tag"], string> = {
  AuthenticationError: "Check the API key or token, and that it belongs to this platform.",
  PermissionDeniedError: "Check what the credential, its project or its organization may access.",
  NotFoundError: "Check the id, the model name and the base URL.",
  InvalidRequestError: "Correct the input.",
  ConflictError: "Retry once the resource has changed.",
  RateLimitError: "Wait and retry, or lower the request rate.",
  QuotaExceededError: "Check the plan and billing of the account; retrying does not help.",
  ContentPolicyError: "Change the content.",
  OverloadedError: "Retry later.",
  ServerError: "Retry later.",
  NetworkError: "Check the network, the proxy and the base URL.",
  TimeoutError: "Retry, or allow more time with Timeouts.",
  DecodeError: "The whole response is in reason.raw.",
  StreamError: "Retry later.",
  StreamTruncatedError: "What had arrived is in reason.partial.",
  UnexpectedResponseError: "Check the base URL and whatever stands between here and the API.",
  RequestError: "Correct the call; nothing was sent."
}
