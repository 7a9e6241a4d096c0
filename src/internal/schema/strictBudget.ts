import type * as StructuredOutput from "../../tools/StructuredOutput.ts"
import { countParameters } from "./strictSchema.ts"

/** Counts strict schemas against a provider's limits. */
export interface StrictBudget {
  readonly fits: (schema: unknown) => boolean
  readonly take: (schema: unknown) => void
  /** Takes the schema of a format, which counts as no tool. Returns whether it fits. */
  readonly takeFormat: (schema: unknown) => boolean
}

export const strictBudget = (limits: StructuredOutput.StrictLimits | undefined): StrictBudget => {
  let used = { tools: 0, optionals: 0, unions: 0 }
  const after = (schema: unknown, tools: number) => {
    const { optionals, unions } = countParameters(schema)
    return { tools: used.tools + tools, optionals: used.optionals + optionals, unions: used.unions + unions }
  }
  const isWithin = (next: typeof used): boolean =>
    limits === undefined ||
    (next.tools <= limits.tools && next.optionals <= limits.optionals && next.unions <= limits.unions)
  return {
    fits: (schema) => isWithin(after(schema, 1)),
    take: (schema) => {
      used = after(schema, 1)
    },
    takeFormat: (schema) => {
      const next = after(schema, 0)
      if (!isWithin(next)) return false
      used = next
      return true
    }
  }
}
