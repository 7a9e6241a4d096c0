/** When a stream is whole: the rules by which a cut one is told from one that has ended. */
import type * as Endpoint from "../../Endpoint.ts"
import { isObject } from "../json/json.ts"

/** Follows the events of one stream. */
export interface Ending {
  /** Takes an event, as JSON. */
  readonly see: (json: unknown, event: string) => void
  /** Whether everything that began has ended, so the connection may close. */
  readonly isWhole: () => boolean
  /** Whether the server's `[DONE]`, in an event of this name, can be believed: alone it makes no answer whole. */
  readonly mayBeDone: (event: string) => boolean
  /** Whether no event can follow. */
  readonly isOver: () => boolean
}

/** The rules that endpoints share. */
export interface Endings {
  /** After its terminal event, or after `count` terminal events. */
  readonly byName: (count?: number) => Ending
}

export const endingsOf = (endpoint: Endpoint.Metadata): Endings => ({
  byName: (count) => endingByName(endpoint, count)
})

/** A stream that may end at any time. */
const openEnded: Ending = { see: () => undefined, isWhole: () => false, mayBeDone: () => true, isOver: () => false }

/** A stream that ends after its terminal event, or after `count` terminal events. */
const endingByName = ({ envelope, terminal }: Endpoint.Metadata, count = 1): Ending => {
  if (!Array.isArray(terminal)) return openEnded
  const names: ReadonlyArray<string> = terminal
  const isEnveloped = envelope === true
  const [only, ...others] = names
  const known = new Set<unknown>(names)
  const isTerminal = others.length === 0 ? (name: unknown) => name === only : (name: unknown) => known.has(name)
  let seen = 0
  return {
    see: (json, event) => {
      if (isTerminal(nameOf(json, event, isEnveloped)) && !isUnfinished(json)) seen++
    },
    isWhole: () => seen >= count,
    mayBeDone: (event) => seen > 0 || known.has(event),
    isOver: () => seen >= count
  }
}

/** The name of an event: what its data says, and else what its frame does. */
const nameOf = (json: unknown, event: string, isEnveloped: boolean): unknown => {
  if (!isObject(json)) return event
  if (isEnveloped && event !== "") return event
  const { event: own, type } = json
  return typeof type === "string" ? type : typeof own === "string" ? own : event
}

/** Some servers name the end of an answer before it is one; the answer itself says that it goes on. */
const isUnfinished = (json: unknown): boolean => {
  const answer = isObject(json) ? json["response"] : undefined
  return isObject(answer) && (answer["status"] === "in_progress" || answer["status"] === "queued")
}
