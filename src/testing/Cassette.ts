/**
 * Records real HTTP once and replays it ever after: JSON, server-sent events with the timing of their pieces, bytes and
 * forms, in JSON files that people can read. No secret is written: header values and parameters that are not known to
 * be harmless are left out, credentials that requests carry are taken out of everything, and a file in which one is
 * left is not written at all.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { Cassette } from "llmfx/testing"
 * import { Models, OpenAi } from "llmfx/openai"
 *
 * const program = Models.retrieve({ model: "gpt-5.4-mini" }).pipe(
 *   Effect.provide(
 *     OpenAi.layerConfig().pipe(Layer.provide(Cassette.layer({ path: "test/cassettes/models.json", mode: "auto" })))
 *   )
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { joinBytes } from "../internal/bytes/joinBytes.ts"
import { messageOf } from "../internal/errors/messageOf.ts"
import { ConnectionLost } from "./internal/ConnectionLost.ts"
import { capture } from "./internal/cassette/capture.ts"
import {
  bodyOfBytes,
  bytesOfBody,
  bytesOfChunk,
  type Chunk,
  chunkOf,
  type Interaction,
  interactionsOf,
  type RecordedRequest,
  type RecordedResponse,
  writeCassette
} from "./internal/cassette/format.ts"
import * as Match from "./internal/cassette/match.ts"
import { makeRedactor, type Redactor } from "./internal/cassette/redact.ts"
import { interactionsOfVcr } from "./internal/cassette/vcr.ts"
import { parseYaml } from "./internal/cassette/yaml.ts"
import { isDeep } from "./internal/deepJson.ts"
import { transportError } from "./internal/mock/http.ts"
import * as Reply from "./Reply.ts"

export type {
  Body,
  Chunk,
  Interaction,
  Part,
  RecordedRequest,
  RecordedResponse
} from "./internal/cassette/format.ts"
export type { Matcher } from "./internal/cassette/match.ts"

/**
 * The matchers to choose from. `method`, `path`, `query` and `body` are used unless others are given.
 *
 * @category constants
 */
export const matchers: typeof Match = Match

/**
 * How a cassette treats requests.
 *
 * @category models
 */
export type Mode =
  /** Answers from the file alone; nothing is sent. */
  | "replay"
  /** Sends everything, and writes a new file. */
  | "record"
  /** Answers from the file; what is not in it is sent, and added. */
  | "auto"
  /** Sends everything, and writes nothing. */
  | "passthrough"

/**
 * Settings of a cassette.
 *
 * @category models
 */
export interface Options {
  /**
   * The file. Its folder is created if it does not exist. Recordings of VCR.py can be replayed, too:
   * in JSON, or in YAML (`.yaml`, `.yml`), which needs the package `yaml`.
   */
  readonly path: string
  /** Default: `"replay"`. */
  readonly mode?: Mode | undefined
  /** All have to agree for a recording to answer a request. */
  readonly matchers?: ReadonlyArray<Match.Matcher> | undefined
  /** Changes an interaction before it is written, for example to take out what is personal. */
  readonly redact?: ((interaction: Interaction) => Interaction) | undefined
  /** Secrets that requests do not carry as a credential, such as one in a body. */
  readonly secrets?: ReadonlyArray<Redacted.Redacted> | undefined
  /**
   * `"recorded"` replays streams at their recorded pace, by the program's clock. Default: `"none"`, which replays at
   * once.
   */
  readonly timing?: "none" | "recorded" | undefined
  /** Whether a recording may answer more than one request. */
  readonly allowRepeats?: boolean | undefined
  /** `"fail"` makes recordings that nothing asked for a defect at the end of the scope. */
  readonly unused?: "ignore" | "fail" | undefined
}

/**
 * How the recordings were used so far.
 *
 * @category models
 */
export interface Report {
  readonly replayed: number
  readonly recorded: number
  /** Recordings that nothing has asked for, such as `POST /v1/messages`. */
  readonly unused: ReadonlyArray<string>
}

/**
 * A cassette at work.
 *
 * @category models
 */
export interface Cassette {
  /** For `transformClient` of a layer, or `RequestOptions.withClient`. */
  readonly transform: (client: HttpClient.HttpClient) => HttpClient.HttpClient
  readonly report: Effect.Effect<Report>
}

/**
 * The file cannot be read, is not a cassette, or must not be written.
 *
 * @category errors
 */
export class CassetteError extends Data.TaggedError("CassetteError")<{
  readonly path: string
  readonly problem: string
}> {
  override get message(): string {
    return `The cassette ${this.path} cannot be used: ${this.problem}`
  }
}

/**
 * A request that no recording answers. It is a defect, so that no retry and no fallback hides it.
 *
 * @category errors
 */
export class UnmatchedRequest extends Data.TaggedError("UnmatchedRequest")<{
  readonly path: string
  readonly request: RecordedRequest
  /** How the request is not like the recording that is most like it. */
  readonly differences: ReadonlyArray<string>
}> {
  override get message(): string {
    const { method, url } = this.request
    const why =
      this.differences.length === 0
        ? "The cassette has no recordings."
        : `The most similar recording differs:\n${this.differences.map((line) => `  - ${line}`).join("\n")}`
    return `No recording in ${this.path} answers ${method} ${url}. ${why}`
  }
}

/** A recording that can answer, or that is being made. */
interface Entry {
  readonly interaction: () => Interaction
  readonly request: RecordedRequest
  readonly isNew: boolean
  used: boolean
}

const defaultMatchers = [Match.method, Match.path, Match.query, Match.body]

/**
 * Opens a cassette. The file is written when the scope ends.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Cassette, CassetteError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const mode = options.mode ?? "replay"
    if ((mode === "record" || mode === "auto") && isYaml(options.path)) return yield* onlyReplayed(options.path, mode)
    const redactor = makeRedactor((options.secrets ?? []).map(Redacted.value))
    const loaded = mode === "replay" || mode === "auto" ? yield* load(fs, options.path, mode) : []
    const entries: Array<Entry> = loaded.map((interaction) => ({
      interaction: () => interaction,
      request: redactor.request(interaction.request),
      isNew: false,
      used: false
    }))
    const tape: Tape = { options, entries, redactor, replayed: 0 }
    if (mode === "record" || mode === "auto") yield* Effect.addFinalizer(() => save(fs, tape))
    if (options.unused === "fail") {
      yield* Effect.addFinalizer(() => {
        const unused = unusedOf(tape)
        return unused.length === 0
          ? Effect.void
          : Effect.die(new Error(`Recordings in ${options.path} were not used: ${unused.join(", ")}`))
      })
    }
    return {
      transform: (client) =>
        mode === "passthrough" ? client : HttpClient.make((request, url) => answer(tape, mode, client, request, url)),
      report: Effect.sync(() => ({
        replayed: tape.replayed,
        recorded: entries.filter(({ isNew }) => isNew).length,
        unused: unusedOf(tape)
      }))
    }
  })

/**
 * A client whose requests go through a cassette. If it only replays, it never uses the client beneath.
 *
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<HttpClient.HttpClient, CassetteError, HttpClient.HttpClient | FileSystem.FileSystem> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.flatMap(make(options), (cassette) => Effect.map(HttpClient.HttpClient, cassette.transform))
  )

/**
 * A client that answers from a cassette and has no network.
 *
 * @category layers
 */
export const layerReplay = (
  options: Omit<Options, "mode">
): Layer.Layer<HttpClient.HttpClient, CassetteError, FileSystem.FileSystem> =>
  Layer.provide(layer({ ...options, mode: "replay" }), Layer.succeed(HttpClient.HttpClient, noNetwork))

const noNetwork = HttpClient.make((request) =>
  Effect.fail(transportError(request, new ConnectionLost({ code: "ENETUNREACH" })))
)

interface Tape {
  readonly options: Options
  readonly entries: Array<Entry>
  readonly redactor: Redactor
  replayed: number
}

const unusedOf = ({ entries }: Tape): ReadonlyArray<string> =>
  entries.flatMap(({ request, used }) => (used ? [] : [`${request.method} ${new URL(request.url).pathname}`]))

const isYaml = (path: string): boolean => /\.ya?ml$/i.test(path)

const onlyReplayed = (path: string, mode: Mode): CassetteError =>
  new CassetteError({ path, problem: `a recording of VCR.py can only be replayed, not used in mode "${mode}"` })

const load = (
  fs: FileSystem.FileSystem,
  path: string,
  mode: Mode
): Effect.Effect<ReadonlyArray<Interaction>, CassetteError> =>
  Effect.gen(function* () {
    const failed = (error: unknown) => new CassetteError({ path, problem: messageOf(error) })
    if (mode === "auto" && !(yield* Effect.mapError(fs.exists(path), failed))) return []
    const text = yield* Effect.mapError(fs.readFileString(path), failed)
    const parsed = yield* isYaml(path)
      ? Effect.mapError(parseYaml(text), failed)
      : isDeep(text)
        ? Effect.fail(new CassetteError({ path, problem: "its JSON is nested too deeply" }))
        : Effect.try({ try: (): unknown => JSON.parse(text), catch: failed })
    const own = yield* Effect.try({ try: () => interactionsOf(parsed), catch: failed })
    if (own !== undefined) return own
    if (mode !== "replay") return yield* onlyReplayed(path, mode)
    return yield* Effect.tryPromise({ try: () => interactionsOfVcr(parsed), catch: failed })
  })

const save = (fs: FileSystem.FileSystem, { entries, options, redactor }: Tape): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!entries.some(({ isNew }) => isNew) && options.mode === "auto") return Effect.void
    const { path, redact } = options
    const interactions = entries.map(({ interaction, isNew }) => {
      if (!isNew) return interaction()
      const clean = redactor.interaction(interaction())
      return redact === undefined ? clean : redactor.interaction(redact(clean))
    })
    const file = writeCassette(interactions)
    const leaks = redactor.leaks(interactions, file)
    if (leaks.length > 0) {
      return Effect.die(new CassetteError({ path, problem: `it was not written, because ${leaks.join(", ")}` }))
    }
    const folder = path.replace(/[\\/][^\\/]*$/, "")
    const made = folder === path || folder === "" ? Effect.void : fs.makeDirectory(folder, { recursive: true })
    return Effect.orDie(Effect.andThen(made, fs.writeFileString(path, file)))
  })

const answer = (
  tape: Tape,
  mode: Mode,
  client: HttpClient.HttpClient,
  original: HttpClientRequest.HttpClientRequest,
  url: URL
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  Effect.flatMap(
    Effect.mapError(
      capture(original, url),
      (cause) =>
        new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request: original, cause }) })
    ),
    ({ recorded, request }) => {
      const clean = tape.redactor.request(recorded)
      const entry = mode === "record" ? undefined : find(tape, clean)
      if (entry !== undefined) {
        entry.used = true
        tape.replayed++
        return replayed(tape, original, entry.interaction())
      }
      return mode === "replay" ? unmatched(tape, clean) : recording(tape, client, request, recorded, clean)
    }
  )

const find = ({ entries, options }: Tape, request: RecordedRequest): Entry | undefined => {
  const needed = options.matchers ?? defaultMatchers
  const fits = (entry: Entry): boolean => needed.every((matcher) => matcher.matches(request, entry.request))
  return (
    entries.find((entry) => !entry.used && !entry.isNew && fits(entry)) ??
    (options.allowRepeats === true ? entries.find((entry) => !entry.isNew && fits(entry)) : undefined)
  )
}

const unmatched = ({ entries, options }: Tape, request: RecordedRequest): Effect.Effect<never> =>
  Effect.die(
    new UnmatchedRequest({
      path: options.path,
      request,
      differences: Match.nearest(request, entries, options.matchers ?? defaultMatchers)
    })
  )

const replayed = (
  { options }: Tape,
  request: HttpClientRequest.HttpClientRequest,
  { failure, response }: Interaction
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  response === undefined
    ? Effect.fail(transportError(request, new ConnectionLost({ code: failure ?? "ECONNRESET" })))
    : Effect.succeed(
        Reply.toClientResponse(request, {
          status: response.status,
          headers: response.headers,
          body: bodyOf(response, options.timing === "recorded")
        })
      )

const bodyOf = ({ body, broken }: RecordedResponse, timed: boolean): Reply.Reply["body"] => {
  const bytes =
    body !== undefined && "chunks" in body
      ? Stream.mapEffect(Stream.fromIterable(body.chunks), (chunk) =>
          timed && chunk.after > 0
            ? Effect.as(Effect.sleep(chunk.after), bytesOfChunk(chunk))
            : Effect.succeed(bytesOfChunk(chunk))
        )
      : Stream.make(bytesOfBody(body))
  if (broken === undefined) return body !== undefined && "chunks" in body ? bytes : bytesOfBody(body)
  return Stream.concat(bytes, broken === abandoned ? Stream.never : Stream.fail(new ConnectionLost({ code: broken })))
}

/** The client went away before the end of the body. */
const abandoned = "abandoned"

const recording = (
  tape: Tape,
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  recorded: RecordedRequest,
  clean: RecordedRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
  const keep = (interaction: () => Interaction): void => {
    tape.entries.push({ interaction, request: clean, isNew: true, used: true })
  }
  return Effect.matchEffect(client.execute(request), {
    onFailure: (error) => {
      keep(() => ({ request: recorded, failure: codeOf(error) }))
      return Effect.fail(error)
    },
    onSuccess: (response) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const { headers, status } = response
        const contentType = headers["content-type"] ?? ""
        const chunks: Array<readonly [after: number, bytes: Uint8Array]> = []
        let last = now
        let broken: string | undefined = abandoned
        keep(() => ({
          request: recorded,
          response: {
            status,
            headers,
            ...recordedBody(chunks, contentType),
            ...(broken === undefined ? {} : { broken })
          }
        }))
        const body = response.stream.pipe(
          Stream.mapEffect((bytes) =>
            Effect.map(Clock.currentTimeMillis, (time) => {
              chunks.push([time - last, bytes])
              last = time
              return bytes
            })
          ),
          Stream.tapError((error) =>
            Effect.sync(() => {
              broken = error.reason._tag === "EmptyBodyError" ? undefined : codeOf(error)
            })
          ),
          Stream.catch((error) => (error.reason._tag === "EmptyBodyError" ? Stream.empty : Stream.fail(error))),
          Stream.onEnd(
            Effect.sync(() => {
              broken = undefined
            })
          )
        )
        return Reply.toClientResponse(request, { status, headers, body })
      })
  })
}

const recordedBody = (
  chunks: ReadonlyArray<readonly [after: number, bytes: Uint8Array]>,
  contentType: string
): Pick<RecordedResponse, "body"> => {
  if (/event-stream|jsonl|ndjson/.test(contentType)) {
    return { body: { chunks: chunks.map(([after, bytes]): Chunk => chunkOf(after, bytes)) } }
  }
  const body = bodyOfBytes(joinBytes(chunks.map(([, bytes]) => bytes)), contentType)
  return body === undefined ? {} : { body }
}

/** The code of a connection's failure, however deep it is. */
const codeOf = (error: unknown): string => {
  let at: unknown = error
  for (let depth = 0; depth < 6 && typeof at === "object" && at !== null; depth++) {
    const { cause, code, reason } = at as {
      readonly cause?: unknown
      readonly code?: unknown
      readonly reason?: unknown
    }
    if (typeof code === "string") return code
    at = cause ?? reason
  }
  return "ECONNRESET"
}
