/**
 * Creates, awaits and follows work that OpenAI runs on its servers.
 *
 * Each value is a `Poll.Job`; see `llmfx/jobs/Poll` for its methods and options. A final state may be a failure: check
 * its `status`.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 * import { Jobs } from "llmfx/openai"
 *
 * const video = Jobs.video
 *   .createAndFollow({ prompt: "A cat that reads the newspaper" })
 *   .pipe(Stream.tap(({ progress }) => Console.log(`${progress} %`)))
 * ```
 */
import { isUnderWay } from "../internal/stream/status.ts"
import * as Poll from "../jobs/Poll.ts"
import * as Batches from "./api/Batches.ts"
import * as BetaThreads from "./api/BetaThreads.ts"
import * as BetaThreadsRuns from "./api/BetaThreadsRuns.ts"
import * as EvalsRuns from "./api/EvalsRuns.ts"
import * as Files from "./api/Files.ts"
import * as FineTuningJobs from "./api/FineTuningJobs.ts"
import * as Responses from "./api/Responses.ts"
import * as VectorStores from "./api/VectorStores.ts"
import * as VectorStoresFileBatches from "./api/VectorStoresFileBatches.ts"
import * as VectorStoresFiles from "./api/VectorStoresFiles.ts"
import * as Videos from "./api/Videos.ts"
import type { OpenAi } from "./OpenAi.ts"

/** Any state in which the work does not go on is final: a server may have other words for its end. */
const hasEnded = ({ status }: { readonly status?: string | null | undefined }): boolean => !isUnderWay(status)

/**
 * A vector store. Final when all files it was created with are indexed.
 *
 * @category constants
 */
export const vectorStore: Poll.Job<
  VectorStores.VectorStoreCreateParams,
  VectorStores.VectorStoreRetrieveParams,
  VectorStores.VectorStore,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: VectorStores.create,
  retrieve: VectorStores.retrieve,
  locate: ({ id }) => ({ vector_store_id: id }),
  isFinal: hasEnded
})

/**
 * A file of a vector store. Final when it is indexed.
 *
 * @category constants
 */
export const vectorStoreFile: Poll.Job<
  VectorStoresFiles.FileCreateParams,
  VectorStoresFiles.FileRetrieveParams,
  VectorStoresFiles.VectorStoreFile,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: VectorStoresFiles.create,
  retrieve: VectorStoresFiles.retrieve,
  locate: ({ id }, { vector_store_id }) => ({ vector_store_id, file_id: id }),
  isFinal: hasEnded
})

/**
 * Several files of a vector store. Final when all are indexed.
 *
 * @category constants
 */
export const vectorStoreFileBatch: Poll.Job<
  VectorStoresFileBatches.FileBatchCreateParams,
  VectorStoresFileBatches.FileBatchRetrieveParams,
  VectorStoresFileBatches.VectorStoreFileBatch,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: VectorStoresFileBatches.create,
  retrieve: VectorStoresFileBatches.retrieve,
  locate: ({ id }, { vector_store_id }) => ({ vector_store_id, batch_id: id }),
  isFinal: hasEnded,
  cancel: VectorStoresFileBatches.cancel
})

/**
 * An uploaded file. Final when it can be used.
 *
 * @category constants
 */
export const file: Poll.Job<Files.FileCreateParams, Files.FileRetrieveParams, Files.FileObject, OpenAi> =
  /*#__PURE__*/ Poll.job({
    create: Files.create,
    retrieve: Files.retrieve,
    locate: ({ id }) => ({ file_id: id }),
    isFinal: hasEnded
  })

/**
 * A video. Final when it is rendered.
 *
 * @category constants
 */
export const video: Poll.Job<Videos.VideoCreateParams, Videos.VideoRetrieveParams, Videos.Video, OpenAi> =
  /*#__PURE__*/ Poll.job({
    create: Videos.create,
    retrieve: Videos.retrieve,
    locate: ({ id }) => ({ video_id: id }),
    isFinal: hasEnded
  })

/**
 * A run of an assistant. A run that waits for tool outputs is final as well.
 *
 * @category constants
 */
export const run: Poll.Job<
  BetaThreadsRuns.RunCreateParams,
  BetaThreadsRuns.RunRetrieveParams,
  BetaThreadsRuns.Run,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: BetaThreadsRuns.create,
  retrieve: BetaThreadsRuns.retrieve,
  locate: ({ id, thread_id }) => ({ thread_id, run_id: id }),
  isFinal: hasEnded,
  cancel: BetaThreadsRuns.cancel
})

/**
 * A run of an assistant on a thread created with it.
 *
 * @category constants
 */
export const threadRun: Poll.Job<
  BetaThreads.ThreadCreateAndRunParams,
  BetaThreadsRuns.RunRetrieveParams,
  BetaThreadsRuns.Run,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: BetaThreads.createAndRun,
  retrieve: BetaThreadsRuns.retrieve,
  locate: ({ id, thread_id }) => ({ thread_id, run_id: id }),
  isFinal: hasEnded,
  cancel: BetaThreadsRuns.cancel
})

/**
 * A run of an eval.
 *
 * @category constants
 */
export const evalRun: Poll.Job<
  EvalsRuns.RunCreateParams,
  EvalsRuns.RunRetrieveParams,
  EvalsRuns.RunCreateResponse | EvalsRuns.RunRetrieveResponse,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: EvalsRuns.create,
  retrieve: EvalsRuns.retrieve,
  locate: ({ id }, { eval_id }) => ({ eval_id, run_id: id }),
  isFinal: hasEnded,
  cancel: EvalsRuns.cancel
})

/**
 * A batch of requests.
 *
 * @category constants
 */
export const batch: Poll.Job<Batches.BatchCreateParams, Batches.BatchRetrieveParams, Batches.Batch, OpenAi> =
  /*#__PURE__*/ Poll.job({
    create: Batches.create,
    retrieve: Batches.retrieve,
    locate: ({ id }) => ({ batch_id: id }),
    isFinal: hasEnded,
    cancel: Batches.cancel
  })

/**
 * A fine-tuning job.
 *
 * @category constants
 */
export const fineTuning: Poll.Job<
  FineTuningJobs.JobCreateParams,
  FineTuningJobs.JobRetrieveParams,
  FineTuningJobs.FineTuningJob,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: FineTuningJobs.create,
  retrieve: FineTuningJobs.retrieve,
  locate: ({ id }) => ({ fine_tuning_job_id: id }),
  isFinal: hasEnded,
  cancel: FineTuningJobs.cancel
})

/**
 * A response. Set `background` in its input, so the server does not hold the connection open.
 *
 * @category constants
 */
export const response: Poll.Job<
  Responses.ResponseCreateParams,
  Responses.ResponseRetrieveParams,
  Responses.Response,
  OpenAi
> = /*#__PURE__*/ Poll.job({
  create: Responses.create,
  retrieve: Responses.retrieve,
  locate: ({ id }) => ({ response_id: id }),
  isFinal: hasEnded,
  cancel: ({ response_id }) => Responses.cancel({ response_id })
})
