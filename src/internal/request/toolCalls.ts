/** Prepares calls to be sent back, for the tool loops of all APIs. */
import type * as Tools from "../../tools/Tools.ts"
import { isObject, parseJson, wellFormedJson } from "../json/json.ts"

/** Whether a text is a JSON object, as the arguments of a call have to be. */
const isObjectText = (text: string): boolean => isObject(parseJson(text))

/** The arguments of a call as they can be sent back: servers parse them, and refuse what is not an object. */
export const sentArguments = (text: string): string => (isObjectText(text) ? wellFormedJson(text) : "{}")

/**
 * Gives each call of an answer its result, found by id and then by position; `undefined` for a call that was not made.
 * Servers repeat ids or leave them out: each result has an id of its own, under which call and result are sent.
 */
export const pairResults = (
  ids: ReadonlyArray<string>,
  results: ReadonlyArray<Tools.CallResult>,
  step: number
): ReadonlyArray<Tools.CallResult | undefined> => {
  const left = [...results]
  const taken = new Set<string>()
  return ids.map((id) => {
    const at = left.findIndex((result) => result.id === id)
    const [result] = at === -1 ? [] : left.splice(at, 1)
    if (result === undefined) return undefined
    const own = freeId(id === "" ? `call_${step}` : id, id === "", taken)
    taken.add(own)
    return { ...result, id: own }
  })
}

const freeId = (base: string, isNumbered: boolean, taken: ReadonlySet<string>): string => {
  if (!isNumbered && !taken.has(base)) return base
  let n = isNumbered ? 1 : 2
  while (taken.has(`${base}_${n}`)) n++
  return `${base}_${n}`
}
