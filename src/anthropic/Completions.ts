/**
 * The legacy Text Completions API: a prompt of turns that begin with `\n\nHuman:` and `\n\nAssistant:`.
 *
 * Only models before Claude 3 answer it. For all others use `Messages`. The layers of Bedrock and Vertex do not route it.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Completions } from "llmfx/anthropic"
 *
 * const answer = Completions.create({
 *   model: "claude-2.1",
 *   max_tokens_to_sample: 256,
 *   prompt: "\n\nHuman: Why is the sky blue?\n\nAssistant:"
 * }).pipe(Effect.map(({ completion }) => completion))
 * ```
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../Endpoint.ts"
import * as Open from "../OpenSchema.ts"
import { Anthropic } from "./Anthropic.ts"

/**
 * The input of a completion.
 *
 * @category models
 */
export interface CompletionCreateParams {
  readonly model: string
  /** The most tokens to write. */
  readonly max_tokens_to_sample: number
  /** The conversation. Must begin with `\n\nHuman:` and end with `\n\nAssistant:`. */
  readonly prompt: string
  readonly metadata?: { readonly user_id?: string | null | undefined } | undefined
  /** Texts that end the completion, besides `\n\nHuman:`. */
  readonly stop_sequences?: ReadonlyArray<string> | undefined
  /** From 0 to 1. Default: 1. */
  readonly temperature?: number | undefined
  readonly top_k?: number | undefined
  readonly top_p?: number | undefined
}

/**
 * A completion, or a piece of one.
 *
 * @category models
 */
export interface Completion {
  readonly type: "completion" | (string & {})
  readonly id: string
  readonly model: string
  /** The text without the stop sequence. In a stream, the text that this event adds. */
  readonly completion: string
  /** Why the text ended. `null` in a stream before its last event. */
  readonly stop_reason?: "stop_sequence" | "max_tokens" | (string & {}) | null | undefined
  /** The stop sequence that ended the text. */
  readonly stop?: string | null | undefined
}

/**
 * Decodes a completion.
 *
 * @category schemas
 */
export const Completion: Open.Codec<Completion> = /*#__PURE__*/ Open.struct(() => ({
  type: Open.literals("completion"),
  id: Schema.String,
  model: Schema.String,
  completion: Schema.String,
  stop_reason: Open.nullish(Open.literals("stop_sequence", "max_tokens")),
  stop: Open.nullish(Schema.String)
}))

/**
 * Completes a prompt. `POST /v1/complete`
 *
 * @see https://platform.claude.com/docs/en/api/completions/create
 *
 * @category endpoints
 */
export const create: Endpoint.Json<CompletionCreateParams, Completion, Anthropic> = /*#__PURE__*/ Endpoint.json(
  Anthropic,
  {
    id: "completions.create",
    method: "POST",
    path: "/v1/complete",
    body: "json",
    success: Completion
  }
)

/**
 * Completes a prompt and streams the pieces of the text. `POST /v1/complete`
 *
 * @see https://platform.claude.com/docs/en/api/completions/create
 *
 * @category endpoints
 */
export const stream: Endpoint.EventStream<CompletionCreateParams, Completion, Anthropic> =
  /*#__PURE__*/ Endpoint.eventStream(Anthropic, {
    id: "completions.create:stream",
    method: "POST",
    path: "/v1/complete",
    body: "json",
    fixed: { stream: true },
    success: Completion,
    terminal: "finishReason"
  })
