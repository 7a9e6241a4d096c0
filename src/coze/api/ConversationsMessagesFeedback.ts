/** The endpoints of `conversations.messages.feedback` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface ConversationsMessagesFeedbackCreateParams {
  readonly conversation_id: string
  readonly message_id: string
  readonly feedback_type: "like" | "unlike" | (string & {})
  readonly reason_types?: ReadonlyArray<string> | undefined
  readonly comment?: string | undefined
}

export interface ConversationsMessagesFeedbackDeleteParams {
  readonly conversation_id: string
  readonly message_id: string
}

/**
 * Rates an answer. `POST /v1/conversations/{conversation_id}/messages/{message_id}/feedback`
 *
 * @see https://docs.coze.cn/developer_guides/message_feedback
 * @category endpoints
 */
export const create: Endpoint.None<ConversationsMessagesFeedbackCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(
  Coze,
  {
    id: "conversations.messages.feedback.create",
    method: "POST",
    path: "/v1/conversations/{conversation_id}/messages/{message_id}/feedback",
    body: "json",
    safety: "idempotent"
  }
)

/**
 * Removes the rating of an answer. `DELETE /v1/conversations/{conversation_id}/messages/{message_id}/feedback`
 *
 * @see https://docs.coze.cn/developer_guides/delete_message_feedback
 * @category endpoints
 */
const delete_: Endpoint.None<ConversationsMessagesFeedbackDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "conversations.messages.feedback.delete",
  method: "DELETE",
  path: "/v1/conversations/{conversation_id}/messages/{message_id}/feedback"
})

export { delete_ as delete }
