/** Reads the inputs of a job into chunks; memory holds one chunk, and 20 bytes for each input. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { BulkConflictError, BulkInputError } from "./errors.ts"
import { IdSet } from "./IdSet.ts"
import type { StoredInput } from "./model.ts"
import { beat, clear, isAlive, type JobRow, jobByName, leave, type StoredOptions } from "./store.ts"

export interface Submission {
  readonly job: string
  readonly name: string
  readonly definition: string
  readonly chunkSize: number
  readonly dedupe: boolean
  readonly options: StoredOptions
  readonly priority: number
  readonly tags: { readonly [tag: string]: string }
}

/** An input as it is given. */
export interface Given {
  readonly customId?: string | undefined
  readonly input: unknown
}

/** A chunk has fewer inputs if they are long: what is read at once stays below this many characters. */
const longestChunk = 8_000_000

interface Chunk {
  readonly inputs: ReadonlyArray<StoredInput>
  readonly text: string
}

/** Submits a job, or finds that it has been submitted before. Of several processes that submit it, one does. */
export const submitJob = <E, R>(
  submission: Submission,
  requests: Stream.Stream<Given, E, R>
): Effect.Effect<
  { readonly row: JobRow; readonly isNew: boolean },
  E | BulkInputError | BulkConflictError | SqlError,
  R | SqlClient.SqlClient
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const submitter = crypto.randomUUID()
      // While it gives signs of life, others wait for it.
      yield* Effect.acquireRelease(beat(submitter), () => Effect.ignore(leave(submitter)))
      yield* Effect.forkScoped(
        Effect.forever(Effect.andThen(Effect.sleep("2 seconds"), Effect.ignore(beat(submitter))))
      )
      while (true) {
        const before = yield* jobByName(submission.job)
        if (before !== undefined && before.state !== "submitting") {
          yield* compare(submission, before, requests)
          return { row: before, isNew: false }
        }
        const own = yield* begin(submission, submitter, before)
        if (own !== undefined) return { row: yield* insert(submission, submitter, own, requests), isNew: true }
        yield* Effect.sleep("250 millis")
      }
    })
  )

/** Takes the name of a job, also after a submission that broke off; `undefined` if another process is submitting it. */
const begin = (
  { chunkSize, definition, job, name, options, priority, tags }: Submission,
  submitter: string,
  before: JobRow | undefined
): Effect.Effect<JobRow | undefined, SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const row = {
      job,
      name,
      definition,
      state: "submitting",
      chunk_size: chunkSize,
      priority,
      options: JSON.stringify(options),
      tags: JSON.stringify(tags),
      submitter,
      created_at: yield* Clock.currentTimeMillis
    }
    if (before === undefined) {
      const [created] = yield* sql<JobRow>`INSERT INTO llmfx_bulk_jobs ${sql.insert(row)}
        ON CONFLICT (job) DO NOTHING RETURNING *`
      return created
    }
    if (before.submitter !== null && (yield* isAlive(before.submitter))) return undefined
    const [taken] = yield* sql<JobRow>`UPDATE llmfx_bulk_jobs SET ${sql.update(row)}
      WHERE id = ${before.id} AND submitter = ${before.submitter} AND state = 'submitting' RETURNING *`
    if (taken !== undefined) yield* clear(taken.id)
    return taken
  })

const conflict = (job: string, what: BulkConflictError["what"], message: string) =>
  new BulkConflictError({ job, what, message })

/** Two submissions of a name have to be the same job. */
const compare = <E, R>(
  { definition, job, name }: Submission,
  before: JobRow,
  requests: Stream.Stream<Given, E, R>
): Effect.Effect<void, E | BulkInputError | BulkConflictError, R> =>
  Effect.gen(function* () {
    if (before.name !== name || before.definition !== definition) {
      return yield* conflict(
        job,
        "definition",
        `Job "${job}" was submitted with another definition: ${before.name} (${before.definition}), now ${name} (${definition}). Give the job another name, or remove the old one.`
      )
    }
    let hash = ""
    yield* Stream.runForEach(chunked(job, requests, before.chunk_size), ({ text }) =>
      Effect.map(digest(hash + text), (next) => {
        hash = next
      })
    )
    if (hash !== before.input_hash) {
      return yield* conflict(
        job,
        "inputs",
        `Job "${job}" was submitted with other inputs. Give the job another name, or remove the old one.`
      )
    }
  })

const insert = <E, R>(
  { chunkSize, dedupe, job }: Submission,
  submitter: string,
  { id }: JobRow,
  requests: Stream.Stream<Given, E, R>
): Effect.Effect<JobRow, E | BulkInputError | BulkConflictError | SqlError, R | SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const taken = conflict(job, "submission", `Another process has taken over the submission of the job "${job}"`)
    let hash = ""
    let total = 0
    let duplicates = 0
    let chunk = 0
    const write = ({ inputs, text }: Chunk) =>
      sql.withTransaction(
        Effect.gen(function* () {
          hash = yield* digest(hash + text)
          total += inputs.length
          const mine = yield* sql`UPDATE llmfx_bulk_jobs SET total = ${total}
            WHERE id = ${id} AND submitter = ${submitter} AND state = 'submitting' RETURNING id`
          if (mine.length === 0) return yield* taken
          const own = dedupe ? yield* withoutDuplicates(sql, id, inputs) : inputs
          duplicates += inputs.length - own.length
          if (own.length === 0) return
          yield* sql`INSERT INTO llmfx_bulk_inputs (job_id, chunk, inputs)
            VALUES (${id}, ${chunk}, ${own === inputs ? text : JSON.stringify(own)})`
          yield* sql`INSERT INTO llmfx_bulk_chunks (job_id, chunk, size) VALUES (${id}, ${chunk}, ${own.length})`
          chunk++
        })
      )
    yield* Stream.runForEach(chunked(job, requests, chunkSize), write)
    const now = yield* Clock.currentTimeMillis
    const [submitted] = yield* sql<JobRow>`UPDATE llmfx_bulk_jobs SET state = 'running', input_hash = ${hash},
      total = ${total}, duplicates = ${duplicates}, resumed_at = ${now}
      WHERE id = ${id} AND submitter = ${submitter} AND state = 'submitting' RETURNING *`
    return submitted ?? (yield* taken)
  })

const chunked = <E, R>(
  job: string,
  requests: Stream.Stream<Given, E, R>,
  size: number
): Stream.Stream<Chunk, E | BulkInputError, R> =>
  Stream.suspend(() => {
    const ids = new IdSet()
    let seq = 0
    let inputs: Array<StoredInput> = []
    let texts: Array<string> = []
    let length = 0
    const take = (): ReadonlyArray<Chunk> => {
      if (inputs.length === 0) return []
      const chunk: Chunk = { inputs, text: `[${texts.join(",")}]` }
      inputs = []
      texts = []
      length = 0
      return [chunk]
    }
    const add = ({ customId, input }: Given): Effect.Effect<ReadonlyArray<Chunk>, BulkInputError> => {
      const id = customId ?? String(seq)
      const earlier = ids.add(id, seq)
      if (earlier !== undefined) {
        return Effect.fail(
          new BulkInputError({
            job,
            seq,
            kind: "repeatedId",
            message: `Input ${seq} of job "${job}" has the custom id "${id}", as input ${earlier} has`
          })
        )
      }
      const entry: StoredInput = [seq, id, input]
      const text = toJson(entry)
      if (text === undefined) {
        return Effect.fail(
          new BulkInputError({
            job,
            seq,
            kind: "notJson",
            message: `Input ${seq} of job "${job}" ("${id}") cannot be written as JSON`
          })
        )
      }
      const full = inputs.length > 0 && length + text.length > longestChunk ? take() : []
      inputs.push(entry)
      texts.push(text)
      length += text.length
      seq++
      return Effect.succeed(inputs.length >= size ? [...full, ...take()] : full)
    }
    return requests.pipe(
      Stream.mapEffect(add),
      Stream.flattenIterable,
      Stream.concat(Stream.suspend(() => Stream.fromIterable(take())))
    )
  })

const toJson = (entry: StoredInput): string | undefined => {
  try {
    return entry[2] === undefined ? undefined : JSON.stringify(entry)
  } catch {
    return undefined
  }
}

const encoder = /*#__PURE__*/ new TextEncoder()

const digest = (text: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)))
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  })

/** Writes down inputs whose content another input has, and returns the others. */
const withoutDuplicates = (
  sql: SqlClient.SqlClient,
  id: number,
  inputs: ReadonlyArray<StoredInput>
): Effect.Effect<ReadonlyArray<StoredInput>, SqlError> =>
  Effect.gen(function* () {
    const contents = yield* Effect.forEach(inputs, ([, , input]) => digest(JSON.stringify(input)), {
      concurrency: "unbounded"
    })
    const originals = new Map<string, number>()
    contents.forEach((content, index) => {
      const seq = inputs[index]?.[0]
      if (seq !== undefined && !originals.has(content)) originals.set(content, seq)
    })
    for (const some of slices([...originals], 200)) {
      const rows = some.map(([content, seq]) => ({ job_id: id, content, seq }))
      const [first, ...others] = rows
      if (first === undefined) continue
      yield* sql`INSERT INTO llmfx_bulk_contents ${sql.insert([first, ...others])} ON CONFLICT (job_id, content) DO NOTHING`
      const known = yield* sql<{ readonly content: string; readonly seq: number }>`SELECT content, seq
        FROM llmfx_bulk_contents WHERE job_id = ${id} AND ${sql.in(
          "content",
          some.map(([content]) => content)
        )}`
      for (const { content, seq } of known) originals.set(content, seq)
    }
    const own: Array<StoredInput> = []
    const copies: Array<{ job_id: number; seq: number; custom_id: string; original: number }> = []
    inputs.forEach((input, index) => {
      const [seq, customId] = input
      const original = originals.get(contents[index] ?? "") ?? seq
      if (original === seq) own.push(input)
      else copies.push({ job_id: id, seq, custom_id: customId, original })
    })
    for (const [first, ...others] of slices(copies, 200)) {
      if (first !== undefined) yield* sql`INSERT INTO llmfx_bulk_duplicates ${sql.insert([first, ...others])}`
    }
    return copies.length === 0 ? inputs : own
  })

const slices = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))
