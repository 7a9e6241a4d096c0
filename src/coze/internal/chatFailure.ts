import { type ApiError, local } from "../../ApiError.ts"
import { reasonOf } from "../../internal/errors/reasons.ts"
import type { ChatObject } from "../api/Chat.ts"
import { dialect } from "./dialect.ts"

/** The error for a chat that failed: its code has the reason that it would have as the code of an answer. */
export const chatFailure = (endpoint: string, chat: ChatObject): ApiError => {
  const { code, msg } = chat.last_error ?? {}
  const detail = dialect.errorDetail({ code: code === 0 ? undefined : code, msg }) ?? {
    message: "The chat failed",
    code: undefined,
    type: undefined,
    param: undefined,
    helpUrl: undefined
  }
  return local({ provider: "coze", id: endpoint }, dialect.reasonOf?.(detail, chat) ?? reasonOf(500, detail, {}, 0))
}
