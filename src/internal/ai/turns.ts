/** More items than these do not wait for each other: a model has not that many calls side by side. */
const maxItems = 128

/**
 * Puts the events of items that arrive side by side into the order of the items: those behind an item that becomes a part
 * only at its end wait for it.
 */
export class Turns<in out Event> {
  /** Items that others wait for. */
  readonly #pending = new Set<number>()
  #first = Number.POSITIVE_INFINITY
  readonly #waiting = new Map<number, Array<Event>>()
  #isOff = false

  /** Makes the items behind this one wait for its end. */
  begin(index: number): void {
    if (this.#pending.size >= maxItems) return
    this.#pending.add(index)
    this.#first = Math.min(this.#first, index)
  }

  /** Reads an event of an item once its turn has come. */
  push(index: number, event: Event, read: (event: Event) => void): void {
    if (this.#isOff || index <= this.#first) return read(event)
    const events = this.#waiting.get(index)
    if (events === undefined) this.#waiting.set(index, [event])
    else events.push(event)
    if (this.#waiting.size <= maxItems) return
    this.#isOff = true
    this.flush(read)
  }

  /** Ends an item, and reads the events whose turn has come. */
  end(index: number, read: (event: Event) => void): void {
    if (!this.#pending.delete(index)) return
    this.#first = Math.min(...this.#pending)
    for (const index of this.#inOrder()) {
      if (index > this.#first) return
      for (const event of this.#take(index)) this.push(index, event, read)
    }
  }

  /** Reads all events that wait. */
  flush(read: (event: Event) => void): void {
    for (const index of this.#inOrder()) {
      for (const event of this.#take(index)) read(event)
    }
  }

  #inOrder(): ReadonlyArray<number> {
    return this.#waiting.size === 0 ? [] : [...this.#waiting.keys()].sort((a, b) => a - b)
  }

  #take(index: number): ReadonlyArray<Event> {
    const events = this.#waiting.get(index) ?? []
    this.#waiting.delete(index)
    return events
  }
}
