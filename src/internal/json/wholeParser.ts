/** A JSON text in pieces whose value is known once all of it is there. Half a value is none. */
export class WholeParser {
  text = ""
  failure: unknown = undefined

  push(piece: string): void {
    this.text += piece
  }

  end(): void {
    try {
      JSON.parse(this.text)
    } catch (error) {
      this.failure = error
    }
  }

  value(): unknown {
    try {
      return JSON.parse(this.text)
    } catch {
      return undefined
    }
  }
}
