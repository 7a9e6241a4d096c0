/**
 * Work that Anthropic does on its own, to begin and to wait for.
 *
 * @example
 * ```ts
 * import { Jobs } from "llmfx/anthropic"
 *
 * const batch = Jobs.messageBatch.wait({ message_batch_id: "msgbatch_1" }, { deadline: "24 hours" })
 * ```
 */
import * as Poll from "../Poll.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as MessagesBatches from "./MessagesBatches.ts"

/** A batch of messages, until each of them has succeeded, failed, or was given up. */
export const messageBatch: Poll.Job<
  MessagesBatches.BatchCreateParams,
  MessagesBatches.BatchRetrieveParams,
  MessagesBatches.MessageBatch,
  Anthropic
> = /*#__PURE__*/ Poll.job({
  create: MessagesBatches.create,
  retrieve: MessagesBatches.retrieve,
  locate: ({ id }) => ({ message_batch_id: id }),
  isFinal: ({ processing_status }) => processing_status === "ended",
  cancel: MessagesBatches.cancel
})
