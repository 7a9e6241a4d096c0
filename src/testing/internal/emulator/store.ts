/** The resources that requests have made, by the path of their collection. */
import type { JsonObject } from "../../../internal/json/json.ts"

/** A resource. */
export interface Item {
  value: JsonObject
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Moves the resource on to where it is at a time. */
  advance?: (now: number) => void
  /** Internal data that no answer shows. */
  readonly hidden: { [name: string]: unknown }
}

export interface Store {
  readonly insert: (collection: string, id: string, value: JsonObject, now: number) => Item
  readonly get: (collection: string, id: string, now: number) => Item | undefined
  /** In the order in which they were made. */
  readonly list: (collection: string, now: number) => ReadonlyArray<Item>
  readonly remove: (collection: string, id: string) => boolean
  readonly clear: (collection: string) => void
}

/** A store that forgets its oldest resources when it has more than `capacity`. */
export const makeStore = (capacity: number): Store => {
  const collections = new Map<string, Map<string, Item>>()
  const order = new Set<string>()
  const of = (collection: string): Map<string, Item> => {
    const known = collections.get(collection)
    if (known !== undefined) return known
    const made = new Map<string, Item>()
    collections.set(collection, made)
    return made
  }
  const remove = (collection: string, id: string): boolean => {
    const known = collections.get(collection)
    order.delete(`${collection} ${id}`)
    const removed = known?.delete(id) === true
    if (known?.size === 0) collections.delete(collection)
    return removed
  }
  const forgetOldest = (): void => {
    for (const key of order) {
      const space = key.lastIndexOf(" ")
      remove(key.slice(0, space), key.slice(space + 1))
      return
    }
  }
  const current = (item: Item, now: number): Item => {
    item.advance?.(now)
    return item
  }
  return {
    insert: (collection, id, value, now) => {
      const item: Item = { value, createdAt: now, hidden: {} }
      of(collection).set(id, item)
      order.add(`${collection} ${id}`)
      if (order.size > capacity) forgetOldest()
      return item
    },
    get: (collection, id, now) => {
      const item = collections.get(collection)?.get(id)
      return item === undefined ? undefined : current(item, now)
    },
    list: (collection, now) => Array.from(collections.get(collection)?.values() ?? [], (item) => current(item, now)),
    remove,
    clear: (collection) => {
      for (const id of [...(collections.get(collection)?.keys() ?? [])]) remove(collection, id)
    }
  }
}

/** How far a job is: `0` waiting, `1` at work, `2` done. */
export const stageOf = (startedAt: number, now: number, duration: number): 0 | 1 | 2 => {
  const share = duration <= 0 ? 1 : (now - startedAt) / duration
  return share >= 1 ? 2 : share >= 0.25 ? 1 : 0
}
