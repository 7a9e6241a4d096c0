import type { Dialect } from "../../internal/dialect.ts"
import { isObject, type JsonObject } from "../../internal/json/json.ts"
import type { Ending } from "../../internal/stream/ending.ts"
import { isUnderWay } from "../../internal/stream/status.ts"

/** When a stream is whole: after the end of each choice, the last of the images, or the terminal event. */
export const endingOf: NonNullable<Dialect["ending"]> = (endpoint, input, endings) => {
  if (endpoint.terminal === "finishReason") return endingByChoices(asked(input["n"]) * promptsIn(input["prompt"]))
  const ending = endings.byName(endpoint.id.startsWith("images.") ? asked(input["n"]) : 1)
  return endpoint.envelope === true ? endingOfRun(ending) : ending
}

/** A stream of a run. The server is done, too, with a run that it has given up. */
const endingOfRun = (ending: Ending): Ending => {
  let goesOn = false
  return {
    see: (json, event) => {
      const status = statusOfRun.exec(event)?.[1]
      if (status !== undefined) goesOn = isUnderWay(status)
      ending.see(json, event)
    },
    isWhole: () => ending.isWhole() && !goesOn,
    mayBeDone: (event) => ending.mayBeDone(event) && !goesOn,
    isOver: ending.isOver
  }
}

const statusOfRun = /^thread\.run\.(\w+)$/

const asked = (n: unknown): number => {
  const count = Number(n ?? 1)
  return Number.isSafeInteger(count) && count > 0 ? count : 1
}

/** Each prompt of a legacy completion has choices of its own. */
const promptsIn = (prompt: unknown): number =>
  Array.isArray(prompt) && typeof prompt[0] !== "number" ? Math.max(1, prompt.length) : 1

/**
 * A stream of choices, each of which ends with a finish reason. A choice that continues after its end, as an answer
 * after reasoning may, must end again.
 */
const endingByChoices = (count: number): Ending => {
  const hasEnded = new Map<unknown, boolean>()
  let open = 0
  const set = (index: unknown, ended: boolean): void => {
    const before = hasEnded.get(index)
    if (before === ended) return
    hasEnded.set(index, ended)
    if (!ended) open++
    else if (before === false) open--
  }
  return {
    see: (json) => {
      const choices = isObject(json) ? json["choices"] : undefined
      if (!Array.isArray(choices)) return
      for (let at = 0; at < choices.length; at++) {
        const choice: unknown = choices[at]
        if (!isObject(choice)) continue
        const index = choice["index"] ?? at
        const reason = choice["finish_reason"]
        if (typeof reason === "string" && reason !== "") set(index, true)
        else if (hasEnded.get(index) !== true || saysMore(choice)) set(index, false)
      }
    },
    isWhole: () => open === 0 && hasEnded.size >= count,
    mayBeDone: () => open === 0 && hasEnded.size > 0,
    isOver: () => false
  }
}

const saysMore = ({ delta, text }: JsonObject): boolean =>
  isObject(delta)
    ? Object.entries(delta).some(([name, value]) => name !== "role" && (Array.isArray(value) || isText(value)))
    : isText(text)

const isText = (value: unknown): boolean => typeof value === "string" && value !== ""
