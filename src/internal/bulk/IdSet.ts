/**
 * A set of texts that only keeps 106 bits of hash and a number of each: 20 bytes a text at most half full, where a `Set`
 * of a million texts takes 100 MB.
 */
export class IdSet {
  #high = new Float64Array(1024)
  #low = new Float64Array(1024)
  #number = new Uint32Array(1024)
  #size = 0

  /** Adds a text with its number; returns the number that it already has. */
  add(text: string, number: number): number | undefined {
    if (this.#size * 2 >= this.#high.length) this.#grow()
    const high = hash(text, 0) + 1
    const low = hash(text, 0x9e3779b9)
    const slot = this.#slotOf(high, low)
    if (this.#high[slot] !== 0) return this.#number[slot]
    this.#put(slot, high, low, number)
    this.#size++
    return undefined
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#high.length - 1
    let slot = low & mask
    while (this.#high[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) slot = (slot + 1) & mask
    return slot
  }

  #put(slot: number, high: number, low: number, number: number): void {
    this.#high[slot] = high
    this.#low[slot] = low
    this.#number[slot] = number
  }

  #grow(): void {
    const [high, low, numbers] = [this.#high, this.#low, this.#number]
    this.#high = new Float64Array(high.length * 2)
    this.#low = new Float64Array(high.length * 2)
    this.#number = new Uint32Array(high.length * 2)
    high.forEach((part, index) => {
      const rest = low[index] ?? 0
      if (part !== 0) this.#put(this.#slotOf(part, rest), part, rest, numbers[index] ?? 0)
    })
  }
}

/** 53 bits: two lanes of multiply and xor, each mixed with the other at the end. */
const hash = (text: string, seed: number): number => {
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
