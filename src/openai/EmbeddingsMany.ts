/**
 * Embeds any number of texts: fills each request up to the API's limits, sends several at a time, and keeps the order.
 *
 * Vectors travel in base64, a quarter of the size of numbers as text.
 *
 * @example
 * ```ts
 * import { EmbeddingsMany } from "llmfx/openai"
 *
 * const vectors = EmbeddingsMany.create({ model: "text-embedding-3-small", input: ["one", "two", "three"] })
 * ```
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ApiError from "../ApiError.ts"
import { decodeFloats } from "../internal/bytes/base64.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import * as Embeddings from "./api/Embeddings.ts"
import type { OpenAi } from "./OpenAi.ts"

/**
 * The input of every request, without its texts.
 *
 * @category models
 */
export type Input = Omit<Embeddings.EmbeddingCreateParams, "input" | "encoding_format">

/**
 * How to group texts into requests.
 *
 * @category models
 */
export interface Options {
  /** The most texts in a request. Default: 2,048. */
  readonly maxInputs?: number | undefined
  /** The most tokens in a request. A text with more is sent alone. Default: 300,000. */
  readonly maxTokens?: number | undefined
  /** Counts the tokens of a text. Default: half its bytes in UTF-8, which overestimates any prose. */
  readonly countTokens?: ((text: string) => number) | undefined
  /** How many requests run at a time. Default: 4. */
  readonly concurrency?: number | undefined
  readonly request?: RequestOptions | undefined
}

/**
 * A text and its vector.
 *
 * @category models
 */
export interface Embedded {
  readonly text: string
  readonly vector: Float32Array
}

/**
 * The vectors of texts in their order, and the tokens of all requests.
 *
 * @category models
 */
export interface Created {
  readonly vectors: ReadonlyArray<Float32Array>
  readonly tokens: number
}

/**
 * Embeds a list of texts.
 *
 * @category running
 */
export const create = (
  input: Input & { readonly input: ReadonlyArray<string> },
  options: Options = {}
): Effect.Effect<Created, ApiError.ApiError, OpenAi> => {
  const { input: texts, ...rest } = input
  return Effect.map(
    Effect.forEach(split(texts, options), (batch) => embed(rest, batch, options), {
      concurrency: options.concurrency ?? 4
    }),
    (answers) => ({
      vectors: answers.flatMap(({ vectors }) => vectors),
      tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0)
    })
  )
}

/**
 * Embeds a stream of texts and emits each vector as it arrives.
 *
 * @category running
 */
export const stream =
  (input: Input, options: Options = {}) =>
  <E, R>(texts: Stream.Stream<string, E, R>): Stream.Stream<Embedded, E | ApiError.ApiError, R | OpenAi> =>
    texts.pipe(
      Stream.mapAccumArray(
        (): Splitter => makeSplitter(options),
        (splitter, texts) => [splitter, texts.flatMap((text) => splitter.add(text))],
        { onHalt: (splitter) => splitter.rest() }
      ),
      Stream.mapEffect(
        (batch) =>
          Effect.map(embed(input, batch, options), ({ vectors }) =>
            vectors.map((vector, index) => ({ text: batch[index] ?? "", vector }))
          ),
        { concurrency: options.concurrency ?? 4 }
      ),
      Stream.flattenIterable
    )

interface Splitter {
  /** Adds a text and returns the groups that are now full. */
  readonly add: (text: string) => ReadonlyArray<ReadonlyArray<string>>
  readonly rest: () => ReadonlyArray<ReadonlyArray<string>>
}

const makeSplitter = (options: Options): Splitter => {
  const { countTokens = estimate, maxInputs = 2048, maxTokens = 300_000 } = options
  let batch: Array<string> = []
  let tokens = 0
  const take = (): ReadonlyArray<ReadonlyArray<string>> => {
    const taken = batch
    batch = []
    tokens = 0
    return taken.length === 0 ? [] : [taken]
  }
  return {
    add: (text) => {
      const count = countTokens(text)
      const full = batch.length >= maxInputs || tokens + count > maxTokens ? take() : []
      batch.push(text)
      tokens += count
      return full
    },
    rest: take
  }
}

const split = (texts: ReadonlyArray<string>, options: Options): ReadonlyArray<ReadonlyArray<string>> => {
  const splitter = makeSplitter(options)
  return [...texts.flatMap((text) => splitter.add(text)), ...splitter.rest()]
}

const estimate = (text: string): number => {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3
  }
  return Math.ceil(bytes / 2)
}

const embed = (
  input: Input,
  batch: ReadonlyArray<string>,
  options: Options
): Effect.Effect<Created, ApiError.ApiError, OpenAi> =>
  Effect.flatMap(
    Embeddings.create({ ...input, input: batch, encoding_format: "base64" }, options.request),
    (response) => {
      const vectors = new Map(response.data.map(({ embedding, index }, at) => [index ?? at, vectorOf(embedding)]))
      const ordered = batch.flatMap((_, index) => vectors.get(index) ?? [])
      return ordered.length === batch.length
        ? Effect.succeed({ vectors: ordered, tokens: response.usage.total_tokens })
        : Effect.fail(incomplete(response, batch.length))
    }
  )

const incomplete = (response: Embeddings.CreateEmbeddingResponse, expected: number): ApiError.ApiError =>
  ApiError.local(
    Embeddings.create,
    new ApiError.DecodeError({
      message: `Expected vectors for ${expected} texts`,
      path: ["data"],
      expected: `an embedding for each index from 0 to ${expected - 1}`,
      raw: response
    })
  )

/**
 * Returns the vector of an embedding, given in base64 or as a list of numbers, or `undefined` if it is neither.
 *
 * @category getters
 */
export const vectorOf = (embedding: Embeddings.Embedding["embedding"]): Float32Array | undefined =>
  typeof embedding === "string" ? decodeFloats(embedding) : Float32Array.from(embedding)

/**
 * Returns the cosine similarity of two vectors of the same length, from -1 to 1.
 *
 * @category getters
 */
export const cosineSimilarity = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let dot = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = a[i] ?? 0
    const y = b[i] ?? 0
    dot += x * y
    squareA += x * x
    squareB += y * y
  }
  return squareA === 0 || squareB === 0 ? 0 : dot / Math.sqrt(squareA * squareB)
}
