/**
 * Calls of several functions in one. Some models of OpenAI make a call of `multi_tool_use.parallel`, which nobody has
 * declared: it becomes the calls that it holds, and goes back to the API as the one call that it was.
 */
import type * as Prompt from "effect/ai/Prompt"
import * as ToolOutput from "../../tools/ToolOutput.ts"
import { isObject, type JsonObject, textOf } from "../json/json.ts"
import { toolOutput } from "./history.ts"

const names = new Set(["parallel", "multi_tool_use.parallel", "multi_tool_use_parallel"])

/** Whether a call of this name may hold others. */
export const mayHoldCalls = (name: string): boolean => names.has(name)

/** A call within another. */
export interface HeldCall {
  readonly name: string
  readonly arguments: unknown
}

/** The calls that the arguments hold; `undefined` if they do not. */
export const heldCalls = (args: unknown): ReadonlyArray<HeldCall> | undefined => {
  const uses = isObject(args) ? args["tool_uses"] : undefined
  if (!Array.isArray(uses) || uses.length === 0 || !uses.every(isObject)) return undefined
  return uses.map(({ parameters, recipient_name }) => ({
    name: textOf(recipient_name).replace(/^functions\./, ""),
    arguments: parameters
  }))
}

/** The call that held a part's call, as the part's metadata tells of it. */
export interface Holder {
  readonly id: string
  readonly at: number
  readonly count: number
  readonly call: JsonObject
}

export const holderOf = ({ holder }: JsonObject): Holder | undefined => {
  if (!isObject(holder) || !isObject(holder["call"])) return undefined
  const { at, call, count, id } = holder
  return typeof at === "number" && typeof count === "number" ? { id: textOf(id), at, count, call } : undefined
}

/** Joins the results of the calls that one call held. */
export class HeldResults {
  readonly #holders = new Map<string, Holder>()
  readonly #results = new Map<string, Array<JsonObject>>()

  /** Remembers whose call a call was. */
  see(callId: string, fields: JsonObject): Holder | undefined {
    const holder = holderOf(fields)
    if (holder !== undefined) this.#holders.set(callId, holder)
    return holder
  }

  /** Takes the result of a held call. Returns the text for the whole call with its last result. */
  take(part: Prompt.ToolResultPart): { readonly isHeld: boolean; readonly id?: string; readonly text?: string } {
    const holder = this.#holders.get(part.id)
    if (holder === undefined) return { isHeld: false }
    const results = this.#results.get(holder.id) ?? []
    this.#results.set(holder.id, results)
    const output = ToolOutput.toText(toolOutput(part, () => false))
    results[holder.at] = {
      recipient_name: `functions.${part.name}`,
      ...(part.isFailure ? { error: part.result ?? "failed" } : { output })
    }
    const isWhole = Object.keys(results).length === holder.count
    return isWhole ? { isHeld: true, id: holder.id, text: JSON.stringify(results) } : { isHeld: true }
  }
}
