/** Recorded streams, if their folder exists next to the project. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"

const folder = join(process.cwd(), "../shared/corpus")

export const hasCorpus: boolean = existsSync(folder)

export interface Recording {
  readonly id: string
  readonly provider: string
  readonly endpoint: string
  readonly path: string
  readonly status: number
  readonly kind: string
  readonly body: unknown
  readonly requestBody: unknown
  readonly handEdited?: boolean
}

/** The recordings of one of the files. */
export const recordings = (file: "openai" | "anthropic" | "compatible"): ReadonlyArray<Recording> =>
  hasCorpus
    ? readFileSync(join(folder, `${file}.jsonl`), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Recording)
    : []

/** The streams of an endpoint with a status of success. */
export const streams = (endpoint: RegExp): ReadonlyArray<Recording> =>
  (["openai", "anthropic", "compatible"] as const)
    .flatMap(recordings)
    .filter(({ endpoint: path, kind, status }) => kind === "sse" && status === 200 && endpoint.test(path))

/** The JSON of each event of a recorded stream. */
export const eventsOf = ({ body }: Recording): ReadonlyArray<unknown> =>
  String(body)
    .split(/\r?\n\r?\n/)
    .flatMap((block) =>
      block
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trim())
    )
    .filter((data) => data !== "" && data !== "[DONE]")
    .map((data) => JSON.parse(data) as unknown)
