/**
 * Creates, awaits and follows work that Anthropic runs on its servers.
 *
 * Each value is a `Poll.Job`; see `llmfx/jobs/Poll` for its methods and options.
 *
 * @example
 * ```ts
 * import { Jobs } from "llmfx/anthropic"
 *
 * const batch = Jobs.messageBatch.wait({ message_batch_id: "msgbatch_1" }, { deadline: "24 hours" })
 * ```
 */
import { isUnderWay } from "../internal/stream/status.ts"
import * as Poll from "../jobs/Poll.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as BetaMessagesBatches from "./api/BetaMessagesBatches.ts"
import * as MessagesBatches from "./api/MessagesBatches.ts"

const hasEnded = ({ processing_status }: { readonly processing_status: string }) => !isUnderWay(processing_status)

/**
 * A batch of messages. Final when each request has succeeded, failed, expired or been cancelled.
 *
 * @category constants
 */
export const messageBatch: Poll.Job<
  MessagesBatches.BatchCreateParams,
  MessagesBatches.BatchRetrieveParams,
  MessagesBatches.MessageBatch,
  Anthropic
> = /*#__PURE__*/ Poll.job({
  create: MessagesBatches.create,
  retrieve: MessagesBatches.retrieve,
  locate: ({ id }, { workspace_id }) => ({ message_batch_id: id, workspace_id }),
  isFinal: hasEnded,
  cancel: MessagesBatches.cancel
})

/**
 * A batch of messages in the beta API.
 *
 * @category constants
 */
export const betaMessageBatch: Poll.Job<
  BetaMessagesBatches.BatchCreateParams,
  BetaMessagesBatches.BatchRetrieveParams,
  BetaMessagesBatches.BetaMessageBatch,
  Anthropic
> = /*#__PURE__*/ Poll.job({
  create: BetaMessagesBatches.create,
  retrieve: BetaMessagesBatches.retrieve,
  locate: ({ id }, { betas, workspace_id }) => ({ message_batch_id: id, betas, workspace_id }),
  isFinal: hasEnded,
  cancel: BetaMessagesBatches.cancel
})
