import * as Schema from "effect/Schema"
import * as Open from "../../OpenSchema.ts"

/** The envelope of a response that keeps it. */
export interface Envelope {
  /** Always 0: other codes are errors. */
  readonly code?: number | null | undefined
  readonly msg?: string | null | undefined
  readonly detail?: { readonly [name: string]: unknown } | null | undefined
}

export const envelope = () => ({
  code: Open.optional(Schema.Number),
  msg: Open.optional(Schema.String),
  detail: Open.optional(Open.record(Schema.Unknown))
})
