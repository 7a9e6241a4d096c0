import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { ApiError } from "../../ApiError.ts"

/** An input of a job cannot be accepted. */
export class BulkInputError extends Data.TaggedError("BulkInputError")<{
  readonly job: string
  readonly message: string
  /** The place of the input among all, from 0. */
  readonly seq: number
  readonly kind: /** Two inputs have the same custom id. */
    | "repeatedId"
    /** The input cannot be written as JSON. */
    | "notJson"
}> {}

/** Another job has this name already, or the same job is being submitted elsewhere. */
export class BulkConflictError extends Data.TaggedError("BulkConflictError")<{
  readonly job: string
  readonly message: string
  /** The conflict: other inputs, another definition, or another process that is submitting the job right now. */
  readonly what: "inputs" | "definition" | "submission"
}> {}

/** No job has this name. */
export class BulkNotFoundError extends Data.TaggedError("BulkNotFoundError")<{
  readonly job: string
  readonly message: string
}> {}

/** The job is in a state that does not allow the operation. */
export class BulkStateError extends Data.TaggedError("BulkStateError")<{
  readonly job: string
  readonly state: string
  readonly message: string
}> {}

/** Why a job stopped before its end. */
export interface StopReason {
  readonly kind: /** `pause` or `cancel` was called. */
    | "requested"
    /** The budget is used up. */
    | "budget"
    /** `stopWhen` returned `true`. */
    | "stopWhen"
    /** The job took longer than its deadline. */
    | "deadline"
    /** The database could not be written to. */
    | "storage"
    /** The store of the shared limiter did not answer. */
    | "limiter"
    /** A batch may have been submitted without our knowing its id. */
    | "batch"
  readonly message: string
}

/** The job has stopped before its end. What is done stays; `resume` continues a paused job. */
export class BulkStoppedError extends Data.TaggedError("BulkStoppedError")<{
  readonly job: string
  readonly state: "paused" | "canceled"
  readonly reason: StopReason
  readonly message: string
}> {}

/** The database of the jobs failed. */
export class BulkStorageError extends Data.TaggedError("BulkStorageError")<{
  readonly message: string
  readonly cause: unknown
}> {}

/** The call for an input failed, after all attempts. */
export class BulkCallError extends Data.TaggedError("BulkCallError")<{
  readonly customId: string
  readonly message: string
  /** The tag of the error, or of its reason if it has one. */
  readonly reason: string
  readonly isRetryable: boolean
  /** The error, if it is an `ApiError`. */
  readonly apiError: ApiError | undefined
}> {}

/** Turns an `SqlError` into a `BulkStorageError`. */
export const storageFailure = <A, E, R>(
  self: Effect.Effect<A, E | SqlError, R>
): Effect.Effect<A, Exclude<E, SqlError> | BulkStorageError, R> =>
  Effect.mapError(self, (error) =>
    isSqlError(error)
      ? new BulkStorageError({ message: `The database of the jobs failed: ${error.message}`, cause: error })
      : (error as Exclude<E, SqlError>)
  )

const isSqlError = (error: unknown): error is SqlError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError"
