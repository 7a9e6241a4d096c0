/** Prints aligned text, with colour on a terminal. */
import { stdout } from "node:process"
import * as Effect from "effect/Effect"

const margin = " ".repeat(11)
const columns = Math.min(stdout.columns || 100, 110)
const width = Math.max(columns - margin.length, 40)

const hasColour = stdout.isTTY === true && process.env["NO_COLOR"] === undefined
const paint = (code: number) => (text: string) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text)

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
const cyan = paint(36)

const write = (text: string): Effect.Effect<void> => Effect.sync(() => void stdout.write(text))

/** A line at the left edge. */
export const line = (text = ""): Effect.Effect<void> => write(`${text}\n`)

/** Prints a label in the margin; its text follows. */
export const label = (name: string): Effect.Effect<void> => write(cyan(`  ${name.padEnd(margin.length - 2)}`))

/** Prints text next to a label, or below such text. */
export const text = (text: string): Effect.Effect<void> => {
  const typist = makeTypist()
  return Effect.andThen(typist.type(text), typist.end)
}

/** A remark below a text. */
export const remark = (text: string): Effect.Effect<void> =>
  write(
    wrap(text)
      .map((row) => `${margin}${dim(row)}\n`)
      .join("")
  )

/** More text below a text. */
export const more = (text: string): Effect.Effect<void> =>
  write(
    wrap(text)
      .map((row) => `${margin}${row}\n`)
      .join("")
  )

const wrap = (text: string): ReadonlyArray<string> => {
  const rows: Array<string> = []
  for (const word of text.split(" ")) {
    const row = rows.at(-1)
    if (row === undefined || row.length + 1 + word.length > width) rows.push(word)
    else rows[rows.length - 1] = `${row} ${word}`
  }
  return rows
}

/** Prints text inside the margins while it arrives. */
export interface Typist {
  readonly type: (piece: string) => Effect.Effect<void>
  readonly end: Effect.Effect<void>
}

export const makeTypist = (): Typist => {
  let column = 0
  const fit = (word: string): string => {
    if (word === "\n" || column + word.trimEnd().length > width) {
      column = 0
      const rest = word.trimStart()
      column += rest.length
      return `\n${margin}${rest}`
    }
    column += word.length
    return word
  }
  return {
    type: (piece) => write((piece.match(/\n|[^\S\n]*[^\s]+|[^\S\n]+/g) ?? []).map(fit).join("")),
    end: write("\n")
  }
}

export const seconds = (millis: number): string =>
  millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(2)} s`

/** Prints rows with the first column aligned left and the others right. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): Effect.Effect<void> =>
  write(
    rows
      .map(
        ([name = "", ...cells]) => `${name.padEnd(margin.length)}${cells.map((cell) => cell.padStart(12)).join("")}\n`
      )
      .join("")
  )
