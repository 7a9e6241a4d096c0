/**
 * An incremental JSON parser: text arrives in pieces cut anywhere, and the value so far is available at any time.
 *
 * Each character is read once. Parsing does not recurse, so nesting cannot overflow the stack.
 */

/** The position at which a text stops being JSON, and why. */
export interface JsonFailure {
  readonly message: string
  /** The index of the offending character, in UTF-16 code units from the start of the text. */
  readonly position: number
}

type Container =
  | { readonly kind: "array"; readonly items: Array<unknown> }
  | { readonly kind: "object"; readonly fields: Map<string, unknown>; key: string | undefined }

type State = "value" | "firstItem" | "firstKey" | "key" | "colon" | "next" | "string" | "token" | "end"

/** Deeper nesting is refused: no answer needs it, and code that walks the value may recurse. */
const maxDepth = 1000

const quote = 34
const backslash = 92
const escapes: { readonly [char: string]: string } = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t"
}
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null]
])

export class JsonParser {
  failure: JsonFailure | undefined = undefined
  readonly #stack: Array<Container> = []
  #state: State = "value"
  #root: unknown = undefined
  #position = 0
  /** The decoded text of the string being read. */
  #string = ""
  /** Whether that text ends with the first half of a surrogate pair. */
  #endsWithHalf = false
  #isKey = false
  /** The characters of an unfinished escape sequence. */
  #escape = ""
  /** The characters of an unfinished number, `true`, `false` or `null`. */
  #token = ""
  #text = ""
  #elements: { readonly depth: number; readonly onElement: (value: unknown) => void } | undefined

  /** All text so far. */
  get text(): string {
    return this.#text
  }

  /** Whether the value is complete. A top-level number is never complete before {@link end}. */
  get isComplete(): boolean {
    return this.#state === "end"
  }

  /** Sets a callback for each value completed directly inside a container at the given depth. */
  onElement(depth: number, onElement: (value: unknown) => void): void {
    this.#elements = { depth, onElement }
  }

  /** The keys and indices of the value being read. */
  path(): ReadonlyArray<string | number> {
    return this.#stack.map((container) => (container.kind === "array" ? container.items.length : (container.key ?? "")))
  }

  /** Reads a piece. After a failure, only its text is kept. */
  push(piece: string): void {
    this.#text += piece
    if (this.failure !== undefined) return
    let i = 0
    while (i < piece.length && this.failure === undefined) {
      i = this.#state === "string" ? this.#readString(piece, i) : this.#readStructure(piece, i)
    }
    this.#position += piece.length
  }

  /** Ends the text. An incomplete value is a failure. */
  end(): void {
    if (this.failure !== undefined) return
    if (this.#state === "token") this.#endToken(this.#position)
    if (this.failure === undefined && this.#state !== "end") {
      this.failure = { message: "The JSON ends before its value is whole", position: this.#position }
    }
  }

  /**
   * Returns the value so far, or `undefined` if nothing of it is known.
   *
   * **Details**
   *
   * An unfinished string is included; an unfinished number or word is not. Later pieces never change a value that was
   * returned.
   */
  value(): unknown {
    let inner: unknown = this.#state === "string" && !this.#isKey ? this.#stringSoFar() : undefined
    for (let depth = this.#stack.length - 1; depth >= 0; depth--) {
      const container = this.#stack[depth]
      if (container === undefined) continue
      if (container.kind === "array") {
        inner = inner === undefined ? [...container.items] : [...container.items, inner]
      } else {
        const fields = new Map(container.fields)
        if (inner !== undefined && container.key !== undefined) fields.set(container.key, inner)
        inner = Object.fromEntries(fields)
      }
    }
    return this.#stack.length > 0 || inner !== undefined ? inner : this.#root
  }

  #stringSoFar(): string {
    return this.#endsWithHalf ? this.#string.slice(0, -1) : this.#string
  }

  /** Reads only the piece: indexing the whole text would flatten it, which copies it. */
  #append(piece: string): void {
    if (piece === "") return
    const last = piece.charCodeAt(piece.length - 1)
    this.#endsWithHalf = last >= 0xd800 && last < 0xdc00
    this.#string += piece
  }

  #readStructure(piece: string, i: number): number {
    const char = piece.charAt(i)
    if (this.#state === "token") {
      if (/[-+.\w]/.test(char)) {
        this.#token += char
        return i + 1
      }
      this.#endToken(this.#position + i)
      return i
    }
    if (char === " " || char === "\n" || char === "\r" || char === "\t") return i + 1
    switch (this.#state) {
      case "firstItem":
        if (char === "]") return this.#close(i)
        return this.#open(char, i)
      case "value":
        return this.#open(char, i)
      case "firstKey":
        if (char === "}") return this.#close(i)
        return this.#openKey(char, i)
      case "key":
        return this.#openKey(char, i)
      case "colon":
        if (char !== ":") return this.#fail(i, `Expected ":", got ${JSON.stringify(char)}`)
        this.#state = "value"
        return i + 1
      case "next":
        return this.#next(char, i)
      default:
        return this.#fail(i, `Expected the end, got ${JSON.stringify(char)}`)
    }
  }

  #next(char: string, i: number): number {
    const isArray = this.#stack.at(-1)?.kind === "array"
    if (char === ",") {
      this.#state = isArray ? "value" : "key"
      return i + 1
    }
    if (char === (isArray ? "]" : "}")) return this.#close(i)
    return this.#fail(i, `Expected "," or "${isArray ? "]" : "}"}", got ${JSON.stringify(char)}`)
  }

  #open(char: string, i: number): number {
    if (char === '"') {
      this.#isKey = false
      this.#string = ""
      this.#endsWithHalf = false
      this.#state = "string"
      return i + 1
    }
    if (char === "{" || char === "[") {
      if (this.#stack.length === maxDepth) return this.#fail(i, `The nesting is deeper than ${maxDepth}`)
      this.#stack.push(
        char === "[" ? { kind: "array", items: [] } : { kind: "object", fields: new Map(), key: undefined }
      )
      this.#state = char === "[" ? "firstItem" : "firstKey"
      return i + 1
    }
    if (!/[-\dtfn]/.test(char)) return this.#fail(i, `Expected a value, got ${JSON.stringify(char)}`)
    this.#token = char
    this.#state = "token"
    return i + 1
  }

  #openKey(char: string, i: number): number {
    if (char !== '"') return this.#fail(i, `Expected a key, got ${JSON.stringify(char)}`)
    this.#isKey = true
    this.#string = ""
    this.#state = "string"
    return i + 1
  }

  #readString(piece: string, start: number): number {
    if (this.#escape !== "") return this.#readEscape(piece, start)
    let i = start
    for (; i < piece.length; i++) {
      const code = piece.charCodeAt(i)
      if (code === quote || code === backslash) break
      if (code < 32) return this.#fail(i, "A string holds a control character")
    }
    this.#append(piece.slice(start, i))
    if (i === piece.length) return i
    if (piece.charCodeAt(i) === backslash) {
      this.#escape = "\\"
      return i + 1
    }
    const string = this.#string
    this.#string = ""
    const container = this.#stack.at(-1)
    if (this.#isKey && container?.kind === "object") {
      container.key = string
      this.#state = "colon"
    } else {
      this.#complete(string)
    }
    return i + 1
  }

  #readEscape(piece: string, i: number): number {
    const char = piece.charAt(i)
    if (this.#escape === "\\") {
      const plain = Object.hasOwn(escapes, char) ? escapes[char] : undefined
      if (plain === undefined && char !== "u") return this.#fail(i, `There is no escape \\${char}`)
      this.#append(plain ?? "")
      this.#escape = plain === undefined ? "\\u" : ""
      return i + 1
    }
    if (!/[\da-fA-F]/.test(char)) return this.#fail(i, `Expected a hexadecimal digit, got ${JSON.stringify(char)}`)
    this.#escape += char
    if (this.#escape.length === 6) {
      this.#append(String.fromCharCode(Number.parseInt(this.#escape.slice(2), 16)))
      this.#escape = ""
    }
    return i + 1
  }

  #endToken(end: number): void {
    const token = this.#token
    this.#token = ""
    if (words.has(token)) this.#complete(words.get(token))
    else if (number.test(token)) this.#complete(Number(token))
    else this.#fail(end - token.length - this.#position, `${JSON.stringify(token.slice(0, 40))} is no JSON value`)
  }

  #close(i: number): number {
    const container = this.#stack.pop()
    if (container !== undefined) {
      this.#complete(container.kind === "array" ? container.items : Object.fromEntries(container.fields))
    }
    return i + 1
  }

  #complete(value: unknown): void {
    const container = this.#stack.at(-1)
    if (container === undefined) {
      this.#root = value
      this.#state = "end"
      return
    }
    if (this.#elements !== undefined && this.#elements.depth === this.#stack.length) this.#elements.onElement(value)
    if (container.kind === "array") {
      container.items.push(value)
    } else if (container.key !== undefined) {
      container.fields.set(container.key, value)
      container.key = undefined
    }
    this.#state = "next"
  }

  #fail(i: number, message: string): number {
    this.failure = { message, position: this.#position + i }
    return i + 1
  }
}
