/**
 * Items and blocks that no part stands for: calls of hosted tools that the toolkit lacks, compactions, types of the
 * future. They travel in the metadata of the next part, under `before`, and come back in the same place.
 */
import { isObject } from "../json/json.ts"

type Fields = { readonly [name: string]: unknown }

/** Holds items until a part can take them along. */
export class Carrier {
  #held: Array<unknown> = []

  hold(item: unknown): void {
    this.#held.push(item)
  }

  get isEmpty(): boolean {
    return this.#held.length === 0
  }

  /** Metadata fields for the next part. */
  take(): { readonly before?: ReadonlyArray<unknown> } {
    if (this.#held.length === 0) return none
    const before = this.#held
    this.#held = []
    return { before }
  }
}

const none = {}

/** The items that a part has brought along. */
export const carriedBy = ({ before }: Fields): ReadonlyArray<Fields> =>
  Array.isArray(before) ? before.filter(isObject) : []
