/**
 * Serves the three APIs in one process, for tests and demonstrations. It keeps state: files, stores, conversations,
 * batches that progress with time, threads, datasets. It has a valid answer for every other endpoint. Its model's
 * answers depend on the request alone, unless `replies` scripts them. Clients cannot tell it from a server by the form
 * of what it says.
 *
 * Base URLs: `<origin>/openai/v1`, `<origin>/anthropic`, `<origin>/coze`. As a client of Effect it also answers for the
 * official hosts.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import { Emulator } from "llmfx/testing"
 * import { ChatCompletions, OpenAi } from "llmfx/openai"
 *
 * const program = ChatCompletions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] })
 *
 * program.pipe(
 *   Effect.provide(
 *     OpenAi.layer({ apiKey: Redacted.make("any") }).pipe(Layer.provide(Emulator.layer({ replies: ["Hello!"] })))
 *   )
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as Layer from "effect/Layer"
import * as Faults from "./Faults.ts"
import { ConnectionLost } from "./internal/ConnectionLost.ts"
import { makeModel, type Replies } from "./internal/emulator/chat.ts"
import { makeOAuth, type OAuth } from "./internal/emulator/coze/oauth.ts"
import * as Incoming from "./internal/emulator/incoming.ts"
import { type Entry, type Journal, makeJournal } from "./internal/emulator/journal.ts"
import { answerOrigin, type Origins, openTo } from "./internal/emulator/origins.ts"
import { parseReplies } from "./internal/emulator/repliesFile.ts"
import { type Handle, makeHandle, type Part, type Provider } from "./internal/emulator/server.ts"
import { transportError } from "./internal/mock/http.ts"
import * as Reply from "./Reply.ts"

export type {
  ChatMessage,
  ChatReply,
  ChatRequest,
  ChatTool,
  Replies,
  ReplyTokens,
  Scripted
} from "./internal/emulator/chat.ts"
export type { Entry } from "./internal/emulator/journal.ts"
export type { Origins } from "./internal/emulator/origins.ts"
export type { Provider } from "./internal/emulator/server.ts"

/**
 * How much a key may use in a window; what is not set has no limit. Coze counts requests alone.
 *
 * @category models
 */
export interface RateLimit {
  readonly requests?: number | undefined
  /** Counts input and output together. Default: the sum of the two limits below if both are set. */
  readonly tokens?: number | undefined
  /** Anthropic counts these apart. */
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly window: Duration.Input
}

const generous: RateLimit = { requests: 10_000, inputTokens: 8_000_000, outputTokens: 2_000_000, window: "1 minute" }

/**
 * Settings of an emulator; each has a default.
 *
 * @category models
 */
export interface Options {
  /** The APIs to emulate. Default: all three. */
  readonly providers?: ReadonlyArray<Provider> | undefined
  /**
   * The model's replies: texts or answers in their order, or a function of the request. By default the model calls a
   * tool that is offered, writes JSON if it is asked to, and otherwise repeats the last message.
   */
  readonly replies?: Replies | undefined
  /** The keys or tokens to accept. Default: any. A request without one fails either way. */
  readonly keys?: { readonly [K in Provider]?: ReadonlyArray<string> | undefined } | undefined
  /** How much a key may use in a window. Default: 10,000 requests and 10 million tokens per minute. */
  readonly rateLimit?: RateLimit | undefined
  /** How long batches, runs and other jobs take. Default: one second. */
  readonly jobDuration?: Duration.Input | undefined
  /** The pause before each event of a stream. Default: none. */
  readonly pace?: Duration.Input | undefined
  /** How long each response takes. Default: no time. */
  readonly latency?: Duration.Input | undefined
  /** Which requests fail, and how. Default: none. A URL has the path below the emulator's, such as `/openai/v1`. */
  readonly faults?: Faults.Plan | undefined
  /** `"sample"` answers with a made-up resource if none was created. Default: `"notFound"`. */
  readonly missing?: "notFound" | "sample" | undefined
  /** Takes requests that the APIs refuse, and any model. Default: `false`. */
  readonly lenient?: boolean | undefined
  /** The only models that are there. Default: any but those of another vendor. */
  readonly models?: ReadonlyArray<string> | undefined
  /** The pages that may ask. Default: `"loopback"`, those of this machine. */
  readonly origins?: Origins | undefined
  /** `"studio"` answers as self-hosted Coze Studio does. Default: `"cloud"`. */
  readonly cozeDialect?: "cloud" | "studio" | undefined
  /** The longest body of a request, in bytes. Default: 64 MiB. */
  readonly maxBodyLength?: number | undefined
  /** How many resources each API keeps before it forgets the oldest. Default: 100,000. */
  readonly capacity?: number | undefined
}

/**
 * An emulator with its state.
 *
 * @category models
 */
export interface Emulator {
  /** Answers one request, or fails as a connection does. */
  readonly handle: (incoming: Incoming.Incoming) => Effect.Effect<Reply.Reply, ConnectionLost>
  /** As a server's handler. */
  readonly fetch: (request: Request) => Promise<Response>
  /** As the network of a client. */
  readonly client: HttpClient.HttpClient
  /** The faults that have hit requests so far. */
  readonly hits: Effect.Effect<ReadonlyArray<Faults.Hit>>
  /** The last 1,000 requests, oldest first. Over HTTP: `GET /__llmfx/journal`. */
  readonly journal: Effect.Effect<ReadonlyArray<Entry>>
  /** Forgets the requests so far. Over HTTP: `DELETE /__llmfx/journal`. */
  readonly clearJournal: Effect.Effect<void>
}

/**
 * The replies of a JSON list, such as the file of `llmfx-emulator --replies`. An entry is a text or a {@link ChatReply};
 * it answers one request, in the order of the list. With `when` it answers every request that has all of `provider`,
 * `endpoint`, `model`, `contains` (in the last message), `after` (the role of the last message) and `tool` (a tool that
 * is offered); `times` limits how often. `failure` is a name of `Failure`, or an object with that `reason`. Throws if
 * the list is not one of replies.
 *
 * @example
 * ```ts
 * import { Emulator } from "llmfx/testing"
 *
 * const emulated = Emulator.layer({
 *   replies: Emulator.repliesOf([
 *     { when: { after: "tool" }, text: "It is sunny." },
 *     { when: { tool: "weather" }, toolCalls: [{ name: "weather", input: { city: "Paris" } }] }
 *   ])
 * })
 * ```
 * @category constructors
 */
export const repliesOf = (json: unknown): Replies => parseReplies(json)

const allProviders: ReadonlyArray<Provider> = ["openai", "anthropic", "coze"]

const parts: { readonly [K in Provider]: () => Promise<Part> } = {
  openai: async () => {
    const [{ endpoints }, { openAiHandlers }] = await Promise.all([
      import("../openai/api/endpoints.ts"),
      import("./internal/emulator/openai/index.ts")
    ])
    return { provider: "openai", endpoints, handlers: openAiHandlers, basePath: "/v1" }
  },
  anthropic: async () => {
    const [{ endpoints }, { anthropicHandlers }] = await Promise.all([
      import("../anthropic/api/endpoints.ts"),
      import("./internal/emulator/anthropic/index.ts")
    ])
    return { provider: "anthropic", endpoints, handlers: anthropicHandlers, basePath: "" }
  },
  coze: async () => {
    const [{ endpoints }, { cozeHandlers }] = await Promise.all([
      import("../coze/api/endpoints.ts"),
      import("./internal/emulator/coze/index.ts")
    ])
    return { provider: "coze", endpoints, handlers: cozeHandlers, basePath: "" }
  }
}

/**
 * Starts an emulator. Its clock is that of the program: a virtual one moves its jobs, paces and limits.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const providers = yield* Effect.promise(() =>
      Promise.all((options.providers ?? allProviders).map((provider) => parts[provider]()))
    )
    const rateLimit = options.rateLimit ?? generous
    const limits = { ...rateLimit, window: Duration.toMillis(rateLimit.window) }
    const chat = makeModel(options.replies)
    const jobDuration = Duration.toMillis(options.jobDuration ?? "1 second")
    const oauth = makeOAuth(jobDuration)
    const journal = makeJournal()
    const limit = options.maxBodyLength ?? 64 * 1024 * 1024
    const handles = new Map(
      providers.map((part) => [
        part.provider,
        makeHandle(part, {
          keys: options.keys?.[part.provider],
          limits,
          jobDuration,
          pace: Duration.fromInputUnsafe(options.pace ?? 0),
          samplesForMissing: options.missing === "sample",
          isStrict: options.lenient !== true,
          models: options.models,
          isStudio: part.provider === "coze" && options.cozeDialect === "studio",
          capacity: options.capacity ?? 100_000,
          chat,
          isGoodToken: part.provider === "coze" ? oauth.isGood : () => undefined
        })
      ])
    )
    const latency = options.latency === undefined ? Effect.void : Effect.sleep(options.latency)
    const state: State = { handles, oauth, journal }
    const answer = (incoming: Incoming.Incoming): Effect.Effect<Reply.Reply> =>
      Effect.andThen(
        latency,
        Effect.flatMap(Clock.currentTimeMillis, (now) => dispatch(state, incoming, now))
      )
    const faults = options.faults === undefined ? undefined : yield* Faults.make(options.faults)
    const origins = options.origins ?? "loopback"
    const handle = withOrigins(origins, journal, faults === undefined ? answer : faulty(answer, faults))
    return {
      handle,
      fetch: makeFetch(handle, context, limit),
      client: makeClient(handle, limit),
      hits: faults?.report ?? Effect.succeed([]),
      journal: Effect.sync(journal.entries),
      clearJournal: Effect.sync(journal.clear)
    }
  })

/** Serves pages, probes with HEAD, and the journal, which no fault hits. */
const withOrigins =
  (origins: Origins, journal: Journal, handle: Emulator["handle"]): Emulator["handle"] =>
  (incoming) => {
    const early = answerOrigin(origins, incoming) ?? journal.answer(incoming)
    if (early !== undefined) return Effect.succeed(openTo(incoming, early))
    const isProbe = incoming.method === "HEAD"
    return Effect.map(handle(isProbe ? { ...incoming, method: "GET" } : incoming), (reply) =>
      openTo(incoming, isProbe ? { ...reply, body: undefined } : reply)
    )
  }

/** The answers as they come through a network with faults. */
const faulty =
  (answer: (incoming: Incoming.Incoming) => Effect.Effect<Reply.Reply>, faults: Faults.Faults): Emulator["handle"] =>
  (incoming) => {
    const request = Incoming.toClient(incoming)
    const network = HttpClient.make(() =>
      Effect.map(answer(incoming), (reply) => Reply.toClientResponse(request, reply))
    )
    return Effect.mapBoth(faults.transform(network).execute(request), {
      onFailure: ({ cause }) => (cause instanceof ConnectionLost ? cause : new ConnectionLost({ code: "ECONNRESET" })),
      onSuccess: Reply.fromClientResponse
    })
  }

const makeFetch =
  (handle: Emulator["handle"], context: Context.Context<never>, limit: number): Emulator["fetch"] =>
  (request) =>
    Effect.runPromiseWith(context)(
      Effect.map(Effect.flatMap(Incoming.fromWeb(request, limit), handle), (reply) => Reply.toWeb(reply, context)),
      { signal: request.signal }
    )

const makeClient = (handle: Emulator["handle"], limit: number): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Incoming.fromClient(request, url, limit).pipe(
      Effect.mapError(
        (cause) => new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request, cause }) })
      ),
      Effect.flatMap((incoming) => Effect.mapError(handle(incoming), (lost) => transportError(request, lost))),
      Effect.map((reply) => Reply.toClientResponse(request, reply))
    )
  )

/**
 * The network of a client: whatever it asks the three APIs is answered by an emulator. It starts by loading the
 * endpoints, which takes real time: a test that moves a virtual clock provides it to all of itself, not to a fiber.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(make(options), ({ client }) => client)
  )

/**
 * A handler for servers that speak `Request` and `Response`; it starts an emulator on its first request.
 *
 * @category running
 */
export const webHandler = (options?: Options): ((request: Request) => Promise<Response>) => {
  let emulator: Promise<Emulator> | undefined
  return async (request) => {
    emulator ??= Effect.runPromise(make(options))
    return (await emulator).fetch(request)
  }
}

const hosts: ReadonlyArray<readonly [pattern: RegExp, provider: Provider]> = [
  [/(^|\.)openai\.com$/, "openai"],
  [/(^|\.)anthropic\.com$/, "anthropic"],
  [/(^|\.)coze\.(com|cn)$/, "coze"]
]

interface State {
  readonly handles: ReadonlyMap<Provider, Handle>
  readonly oauth: OAuth
  readonly journal: Journal
}

const dispatch = (
  { handles, journal, oauth }: State,
  incoming: Incoming.Incoming,
  now: number
): Effect.Effect<Reply.Reply> => {
  const { hostname, pathname } = incoming.url
  const byHost = hosts.find(([pattern]) => pattern.test(hostname))?.[1]
  const [, first = "", rest = ""] = /^\/([^/]*)(\/.*)?$/.exec(pathname) ?? []
  const provider = byHost ?? allProviders.find((provider) => provider === first)
  const handle = provider === undefined ? undefined : handles.get(provider)
  if (provider === undefined || handle === undefined) return Effect.succeed(noApi(handles))
  const path = byHost === undefined ? rest : pathname
  const noted = (reply: Reply.Reply, endpoint: string | undefined): Reply.Reply => {
    journal.add(incoming, { at: now, provider, endpoint: endpoint ?? null, path }, reply)
    return reply
  }
  const token = provider === "coze" ? oauth.answer(incoming, path, now) : undefined
  if (token !== undefined)
    return Effect.map(
      Effect.promise(() => token),
      (reply) => noted(reply, undefined)
    )
  const { endpoint, reply } = handle(incoming, path, now)
  return Effect.succeed(noted(reply, endpoint))
}

const noApi = (handles: State["handles"]): Reply.Reply => {
  const known = [...handles.keys()].map((name) => `/${name}${name === "openai" ? "/v1" : ""}`).join(", ")
  return Reply.json({ error: { message: `No API here. The base URLs of this emulator are ${known}` } }, { status: 404 })
}
