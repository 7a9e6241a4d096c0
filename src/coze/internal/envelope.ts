import * as Schema from "effect/Schema"
import * as Open from "../../OpenSchema.ts"

/** What stands around the data of an answer, where the answer keeps it. */
export interface Envelope {
  /** 0: any other is an error. */
  readonly code?: number | null | undefined
  readonly msg?: string | null | undefined
  readonly detail?: { readonly [name: string]: unknown } | null | undefined
}

export const envelope = () => ({
  code: Open.optional(Schema.Number),
  msg: Open.optional(Schema.String),
  detail: Open.optional(Open.record(Schema.Unknown))
})
