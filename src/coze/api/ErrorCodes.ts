/** Explains Coze's error codes: the reason each one maps to, and what to do about it. */
import type { Reason } from "../../ApiError.ts"

/**
 * The reasons that Coze's codes map to.
 *
 * @category models
 */
export type CodeReason = Extract<
  Reason["_tag"],
  | "AuthenticationError"
  | "PermissionDeniedError"
  | "NotFoundError"
  | "InvalidRequestError"
  | "ConflictError"
  | "RateLimitError"
  | "QuotaExceededError"
  | "ContentPolicyError"
  | "OverloadedError"
  | "ServerError"
>

/**
 * An error code and its explanation.
 *
 * @category models
 */
export interface ErrorCode {
  readonly reason: CodeReason
  readonly hint: string
}

const token =
  "Check that the token is complete, not expired, and issued by the platform that is called: coze.com and coze.cn do not share tokens."

/**
 * All known codes. An error with another code gets the reason of its HTTP status.
 *
 * @category constants
 */
export const errorCodes: { readonly [code: number]: ErrorCode } = {
  4000: { reason: "InvalidRequestError", hint: "A parameter is missing or has a value that the API does not take." },
  4001: { reason: "NotFoundError", hint: "There is no such chat for this token." },
  4002: { reason: "NotFoundError", hint: "There is no such conversation for this token." },
  4006: { reason: "NotFoundError", hint: "There is no such agent: compare bot_id with the address of its page." },
  4008: { reason: "RateLimitError", hint: "The agent has been used as often as a day allows: try again tomorrow." },
  4009: { reason: "OverloadedError", hint: "Too many people use the platform: try again later." },
  4010: {
    reason: "InvalidRequestError",
    hint: "The message is too long for the model: shorten it or send it as a file."
  },
  4011: { reason: "QuotaExceededError", hint: "The account has no credit left: top it up or raise the plan." },
  4012: {
    reason: "NotFoundError",
    hint: "The agent's model is no longer offered: choose another one and publish again."
  },
  4013: {
    reason: "RateLimitError",
    hint: "Too many requests for this endpoint: send fewer at a time, or extend the API quota."
  },
  4014: { reason: "ContentPolicyError", hint: "The agent does not answer this question: ask another one." },
  4015: {
    reason: "InvalidRequestError",
    hint: "Publish the agent to the API channel, on the platform (coze.com or coze.cn) that is called."
  },
  4016: {
    reason: "ConflictError",
    hint: "A chat is running in this conversation: wait for it, cancel it, or use another conversation."
  },
  4019: { reason: "QuotaExceededError", hint: "The account is overdrawn: top it up." },
  4020: { reason: "RateLimitError", hint: "More requests a minute than were bought: send fewer, or raise the quota." },
  4022: { reason: "QuotaExceededError", hint: "The account of the model's service is overdrawn: top it up." },
  4028: { reason: "QuotaExceededError", hint: "The free quota is used up: wait for the next period or buy a plan." },
  4100: { reason: "AuthenticationError", hint: token },
  4101: {
    reason: "AuthenticationError",
    hint: `${token} It also needs the permission of this endpoint and the workspace.`
  },
  4102: {
    reason: "PermissionDeniedError",
    hint: "The platform takes the requests for abuse: try later; if it stays, quote the log id to Coze's support."
  },
  4104: { reason: "ConflictError", hint: "A chat that has ended, or waits for tools, cannot be cancelled." },
  4105: { reason: "ContentPolicyError", hint: "The content has words that the platform does not allow: change them." },
  4200: { reason: "NotFoundError", hint: "The resource does not exist, or this token's workspaces do not include it." },
  4314: { reason: "NotFoundError", hint: "The workflow has no such run: compare execute_id and workflow_id." },
  4315: { reason: "ConflictError", hint: "The run has ended and cannot be resumed." },
  5000: { reason: "ServerError", hint: "Try again; if it stays, quote the log id to Coze's support." },
  6023: { reason: "InvalidRequestError", hint: "The workflow ran too long: shorten it, or run it with is_async." },
  6031: { reason: "InvalidRequestError", hint: "Publish the workflow first." },
  6039: {
    reason: "InvalidRequestError",
    hint: "This workflow asks questions: run it as a stream, which can be resumed."
  },
  305000002: { reason: "InvalidRequestError", hint: "The code of a code node failed: open debug_url." },
  700012006: { reason: "AuthenticationError", hint: token },
  702093018: { reason: "RateLimitError", hint: "A plugin of the agent is called too often: pace the calls." },
  702093204: { reason: "InvalidRequestError", hint: "The workflow's conversation nodes need app_id." },
  702242001: {
    reason: "InvalidRequestError",
    hint: "A parameter is missing or has a value that the API does not take."
  },
  720700801: { reason: "ServerError", hint: "Try again; if it stays, quote the log id to Coze's support." },
  720700803: { reason: "ServerError", hint: "Try again; if it stays, quote the log id to Coze's support." },
  720700808: { reason: "ServerError", hint: "Try again; if it stays, quote the log id to Coze's support." },
  720701003: { reason: "InvalidRequestError", hint: "The workflow cannot be compiled: open it in the editor." },
  720701004: { reason: "ServerError", hint: "A plugin of the workflow failed: open debug_url." },
  720701007: { reason: "InvalidRequestError", hint: "A node got a parameter that it does not take: open debug_url." },
  720701011: { reason: "ServerError", hint: "Quote the log id to Coze's support." },
  720701013: { reason: "ServerError", hint: "The workflow failed: open debug_url, and try again." },
  720702001: { reason: "InvalidRequestError", hint: "Compare parameters with the workflow's start node." },
  720702002: { reason: "InvalidRequestError", hint: "A required parameter of the workflow's start node is missing." },
  720702004: { reason: "NotFoundError", hint: "There is no such workflow, or it was deleted." },
  720702011: { reason: "InvalidRequestError", hint: "Publish the workflow first." },
  720702078: {
    reason: "InvalidRequestError",
    hint: "This workflow asks questions: run it as a stream, which can be resumed."
  },
  720702085: { reason: "InvalidRequestError", hint: "The workflow ran too long: shorten it, or run it with is_async." },
  720702089: { reason: "InvalidRequestError", hint: "A node's schema is broken: open the workflow in the editor." },
  720702200: { reason: "ConflictError", hint: "The app has a conversation of that name." },
  720702201: { reason: "NotFoundError", hint: "The app has no such conversation." },
  720702250: {
    reason: "InvalidRequestError",
    hint: "Only conversations that a workflow node created can be changed by one."
  },
  720712014: { reason: "InvalidRequestError", hint: "A node read beyond the end of an array: open debug_url." },
  720712023: {
    reason: "InvalidRequestError",
    hint: "A node's output does not fit the next node's input: open debug_url."
  },
  720712033: { reason: "InvalidRequestError", hint: "With bot_id only the default conversation can be used." },
  720712049: { reason: "InvalidRequestError", hint: "A question node has no options." },
  777074011: { reason: "QuotaExceededError", hint: "The enterprise has as many members as its plan allows." },
  777777762: { reason: "NotFoundError", hint: "Create the conversation before a node uses it." },
  777777763: { reason: "InvalidRequestError", hint: "A node misses an input field: open debug_url." },
  777777765: {
    reason: "PermissionDeniedError",
    hint: "A plugin of the workflow must be authorized by the user first."
  },
  777777766: { reason: "NotFoundError", hint: "The workflow uses a tool that no longer exists." },
  777777768: { reason: "NotFoundError", hint: "The workflow uses a plugin that no longer exists." },
  777777773: { reason: "InvalidRequestError", hint: "The model did not give the structure that its node asks for." },
  777777774: {
    reason: "InvalidRequestError",
    hint: "A node read an element of an array that is empty: open debug_url."
  },
  777777776: { reason: "InvalidRequestError", hint: "A node ran too long: raise its timeout or split it." },
  777777777: { reason: "InvalidRequestError", hint: "The run was cancelled." },
  777777778: { reason: "NotFoundError", hint: "The workflow has no such version." }
}

/**
 * Returns what to do about a code, or `undefined` if it is unknown.
 *
 * @category getters
 */
export const hintFor = (code: number | string | undefined): string | undefined =>
  code === undefined ? undefined : errorCodes[Number(code)]?.hint
