/** Shows the progress of a job on standard error: as a bar on a terminal, otherwise in a line now and then. */
import * as Bulk from "../../jobs/Bulk.ts"

/** Milliseconds between lines without a terminal. */
const lineEvery = 10_000

/** Progress in one line without a bar. */
export const progressLine = (progress: Bulk.Progress): string =>
  Bulk.formatProgress(progress, 1000).replace(/^\[[█░]*\] /, "")

export interface Display {
  readonly show: (progress: Bulk.Progress) => void
  /** Writes a line, above the bar. */
  readonly say: (line: string) => void
  /** Leaves what was shown last. */
  readonly end: () => void
}

/** A terminal, or another stream, that shows progress. */
export interface Screen {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

export const makeDisplay = (stderr: Screen = process.stderr): Display => {
  let bar: string | undefined
  let shownAt = Number.NEGATIVE_INFINITY
  const draw = () => void (bar === undefined || stderr.write(`\r\u001b[K${bar}`))
  return {
    show: (progress) => {
      if (stderr.isTTY) {
        bar = Bulk.formatProgress(progress, (stderr.columns ?? 80) - 1)
        draw()
        return
      }
      const now = Date.now()
      if (now - shownAt < lineEvery && progress.state === "running") return
      shownAt = now
      stderr.write(`${progressLine(progress)}\n`)
    },
    say: (line) => {
      stderr.write(`${bar === undefined ? "" : "\r\u001b[K"}${line}\n`)
      draw()
    },
    end: () => {
      if (bar !== undefined) stderr.write("\n")
      bar = undefined
    }
  }
}
