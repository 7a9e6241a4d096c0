/** A language model of `effect/ai` over two endpoints of an API: what all providers share. */
import * as AiError from "effect/ai/AiError"
import { IdGenerator } from "effect/ai/IdGenerator"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import type * as Tool from "effect/ai/Tool"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as AiErrors from "../../AiErrors.ts"
import type { ApiClient } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { RateLimitInfo } from "../../policies/RateLimit.ts"
import * as RequestOptions from "../../RequestOptions.ts"
import type * as StructuredOutput from "../../tools/StructuredOutput.ts"
import { type CallScrubs, makeCallScrubs } from "../errors/callScrubs.ts"
import { scrubError } from "../errors/redact.ts"
import { CallSpan } from "../usage/callSpan.ts"
import { isJson, withoutFences } from "./fences.ts"
import { fieldsOf, metadata } from "./metadata.ts"
import { type PartReader, readAnswer, readParts } from "./parts.ts"
import { type ObjectForm, objectForm } from "./schemaForm.ts"
import { type Make, mergeConfig, type SharedConfig } from "./settings.ts"
import { annotatePart, annotateRequest } from "./span.ts"
import { ToolTable, type Undeclared } from "./tools.ts"

/** The settings that all language models have. */
export interface LanguageModelConfig extends SharedConfig {
  /** Whether tools and objects are sent with strict schemas. Default: decided by each schema. */
  readonly strict?: boolean | undefined
}

/** A call of the model, ready to become a request. */
export interface ModelRequest<Config> {
  readonly model: string
  readonly config: Config
  readonly options: LanguageModel.ProviderOptions
  readonly tools: ToolTable
  /** The object that is asked for; `undefined` for text. */
  readonly object: (ObjectForm<unknown, unknown, unknown> & { readonly name: string }) | undefined
  readonly isStream: boolean
}

/** The context that an answer is read in. */
export interface Reading {
  readonly tools: ToolTable
  /** Makes the ids of calls that the server gave none. */
  readonly idPrefix: string
  readonly place: AiErrors.Place
}

/** How the answers of an API are read. */
export interface AnswerReader {
  /** Such as `llmfx/openai/ResponseLanguageModel`; errors name it. */
  readonly module: string
  readonly conversion: StructuredOutput.Conversion
  /** May throw an `AiError`. */
  readonly toParts: (answer: unknown, reading: Reading) => ReadonlyArray<Response.PartEncoded>
  readonly reader: (reading: Reading) => PartReader<unknown>
}

/** How an API asks a model. */
export interface Api<I, Config extends LanguageModelConfig, Input> extends AnswerReader {
  /** The key of metadata and options. */
  readonly key: string
  /** `gen_ai.provider.name` of spans. */
  readonly provider: string
  readonly service: Context.Key<I, ApiClient>
  readonly config: Context.Reference<Config>
  readonly toRequest: (request: ModelRequest<Config>) => Effect.Effect<Input, AiError.AiError, I>
  readonly create: (
    input: Input,
    options: RequestOptions.RequestOptions,
    config: Config
  ) => Effect.Effect<Endpoint.Response<unknown>, ApiError, I>
  readonly stream: (
    input: Input,
    options: RequestOptions.RequestOptions,
    config: Config
  ) => Effect.Effect<Endpoint.Response<Stream.Stream<unknown, ApiError>>, ApiError, I | Scope.Scope>
  readonly supportsSystemMessagesInHistory?: (config: Config) => boolean
}

/** Makes the services of an API's models. */
export const makeLanguageModel =
  <I, Config extends LanguageModelConfig, Input>(
    api: Api<I, Config, Input>
  ): Make<LanguageModel.LanguageModel, I, Config> =>
  ({ config: base, model }) =>
    Effect.flatMap(Effect.service(api.service), (client) => {
      const currentConfig = Effect.map(api.config, (current) => mergeConfig(base, current))

      const prepare = (options: LanguageModel.ProviderOptions, isStream: boolean) =>
        Effect.gen(function* () {
          const config = yield* currentConfig
          const toolStrict = config.strict ?? (client.strictTools === false ? false : undefined)
          const place = { module: api.module, method: isStream ? "streamText" : "generateText" }
          const tools = new ToolTable(
            options.tools,
            { conversion: api.conversion, strict: toolStrict },
            options.toolCallValidation === "deferred" ? "keep" : "fail"
          )
          const object = yield* objectOf(options.responseFormat, api.conversion, config.strict, place)
          const input = yield* Effect.provideService(
            api.toRequest({ model, config: { ...config, strict: toolStrict }, options, tools, object, isStream }),
            api.service,
            client
          )
          annotateRequest(options.span, api.provider, "chat", input)
          const idPrefix = yield* Effect.flatMap(IdGenerator, (generator) => generator.generateId())
          const reading: Reading = { tools, idPrefix, place }
          const request = RequestOptions.merge({ decoding: "raw" }, config.request ?? {})
          return { config, input, place, reading, request }
        })

      const generateText = (options: LanguageModel.ProviderOptions) =>
        Effect.gen(function* () {
          const { config, input, place, reading, request } = yield* prepare(options, false)
          const secrets = makeCallScrubs()
          const response = yield* secrets.watch(api.create(input, request, config)).pipe(
            Effect.provideService(api.service, client),
            Effect.provideService(CallSpan, options.span),
            Effect.mapError((error) => AiErrors.fromApiError(error, place))
          )
          const isObject = options.responseFormat.type === "json"
          const read = readAnswer(place, () => api.toParts(response.value, reading))
          const parts = yield* Effect.mapError(
            isObject
              ? Effect.tap(Effect.map(read, withoutFences), (parts) => checkObject(parts, api.key, place))
              : read,
            withoutSecrets(secrets)
          )
          return parts.map((part) => {
            annotatePart(options.span, part, secrets.scrub)
            return withHttp(part, api.key, response)
          })
        })

      const streamText = (options: LanguageModel.ProviderOptions) =>
        Stream.unwrap(
          Effect.gen(function* () {
            const { config, input, place, reading, request } = yield* prepare(options, true)
            const toAiError = (error: ApiError) => AiErrors.fromApiError(error, place)
            const secrets = makeCallScrubs()
            const response = yield* secrets
              .watch(api.stream(input, request, config))
              .pipe(
                Effect.provideService(api.service, client),
                Effect.provideService(CallSpan, options.span),
                Effect.mapError(toAiError)
              )
            const make = () => {
              const reader = api.reader(reading)
              return mapParts(reader, (part) => {
                if (part.type !== "response-metadata" && part.type !== "finish") return part
                annotatePart(options.span, part, secrets.scrub)
                return withHttp(part, api.key, response)
              })
            }
            return Stream.mapError(
              readParts(place, make)(Stream.mapError(response.value, toAiError)),
              withoutSecrets(secrets)
            )
          })
        )

      return LanguageModel.make({
        generateText,
        streamText,
        codecTransformer: (schema) => objectForm(schema, api.conversion, base?.strict),
        ...(api.supportsSystemMessagesInHistory === undefined
          ? {}
          : {
              supportsSystemMessagesInHistory: Effect.map(
                currentConfig,
                (config) => api.supportsSystemMessagesInHistory?.(config) === true
              )
            })
      })
    })

/** The error without the secrets of the call: a server may have written one into the answer that it quotes. */
const withoutSecrets =
  ({ scrub }: CallScrubs) =>
  ({ method, module, reason }: AiError.AiError): AiError.AiError => {
    scrubError(reason, scrub)
    return AiError.make({ module, method, reason })
  }

const mapParts = (
  reader: PartReader<unknown>,
  map: (part: Response.StreamPartEncoded) => Response.StreamPartEncoded
): PartReader<unknown> => ({
  push: (event, emit) => reader.push(event, (part) => emit(map(part))),
  end: (emit) => reader.end((part) => emit(map(part)))
})

const objectOf = (
  format: LanguageModel.ProviderOptions["responseFormat"],
  conversion: StructuredOutput.Conversion,
  strict: boolean | undefined,
  place: AiErrors.Place
) =>
  format.type === "text"
    ? Effect.succeed(undefined)
    : Effect.try({
        try: () => ({ name: format.objectName, ...objectForm(format.schema, conversion, strict) }),
        catch: (thrown) =>
          AiError.make({
            ...place,
            reason: new AiError.UnsupportedSchemaError({
              description: thrown instanceof Error ? thrown.message : String(thrown)
            })
          })
      })

/** An answer that was refused or cut has no object: says why instead of "not JSON". */
const checkObject = (
  parts: ReadonlyArray<Response.PartEncoded>,
  key: string,
  place: AiErrors.Place
): Effect.Effect<void, AiError.AiError> => {
  const reason = parts.find((part) => part.type === "finish")?.reason
  if (reason !== "content-filter" && reason !== "length") return Effect.void
  const said: Array<string> = []
  const refusals: Array<string> = []
  for (const part of parts) {
    if (part.type !== "text") continue
    said.push(part.text)
    const { refusal } = fieldsOf(part.metadata, key)
    if (typeof refusal === "string") refusals.push(refusal)
  }
  const responseText = said.join("")
  if (reason === "length" && isJson(responseText)) return Effect.void
  const answer = metadata(key, { answer: parts }).metadata
  const common = answer === undefined ? {} : { metadata: answer }
  const description = refusals.join("") || responseText || "The content filter cut the answer"
  return Effect.fail(
    AiError.make({
      ...place,
      reason:
        reason === "content-filter"
          ? new AiError.ContentPolicyError({ description, ...common })
          : new AiError.StructuredOutputError({
              description: "The answer is truncated: it reached its token limit",
              responseText,
              ...common
            })
    })
  )
}

/** Adds what came with the response to the part that describes it. */
const withHttp = <Part extends Response.PartEncoded | Response.StreamPartEncoded>(
  part: Part,
  key: string,
  { rateLimit, requestId }: Endpoint.Response<unknown>
): Part => {
  if (part.type !== "response-metadata") return part
  const { metadata: added = {} } = metadata(key, {
    ...fieldsOf(part.metadata, key),
    requestId,
    rateLimit: rateLimit === undefined ? undefined : limitsOf(rateLimit)
  })
  return { ...part, metadata: { ...part.metadata, ...added } }
}

/** The windows of a rate limit, with the time until they reset in milliseconds. */
const limitsOf = (info: RateLimitInfo): { readonly [window: string]: unknown } =>
  Object.fromEntries(
    Object.entries(info).map(([window, limit]) => [
      window,
      { ...limit, reset: limit?.reset === undefined ? undefined : Duration.toMillis(limit.reset) }
    ])
  )

/** How answers are read that do not come from a call of the model. */
export interface PartsOptions {
  /** The tools that the calls are of: their parameters come in the tool's encoded form. */
  readonly tools?: ReadonlyArray<Tool.Any> | undefined
  /** Whether calls of other tools are kept or fail with `ToolNotFoundError`. Default: `keep`. */
  readonly undeclared?: Undeclared | undefined
}

const readingOf = (
  { conversion, module }: AnswerReader,
  { tools = [], undeclared = "keep" }: PartsOptions,
  method: string
): Reading => ({
  tools: new ToolTable(tools, { conversion }, undeclared),
  idPrefix: "0",
  place: { module, method }
})

/** Reads a whole answer. */
export type ToParts<Answer> = (
  answer: Answer,
  options?: PartsOptions
) => Effect.Effect<ReadonlyArray<Response.PartEncoded>, AiError.AiError>

export const toPartsOf =
  (api: AnswerReader): ToParts<unknown> =>
  (answer, options = {}) => {
    const reading = readingOf(api, options, "toParts")
    return readAnswer(reading.place, () => api.toParts(answer, reading))
  }

/** Reads the events of an answer. */
export type StreamParts<Event> = (
  options?: PartsOptions
) => <E, R>(events: Stream.Stream<Event, E, R>) => Stream.Stream<Response.StreamPartEncoded, E | AiError.AiError, R>

export const streamPartsOf =
  (api: AnswerReader): StreamParts<unknown> =>
  (options = {}) =>
    readParts({ module: api.module, method: "streamParts" }, () => api.reader(readingOf(api, options, "streamParts")))
