/** The model of the emulator. What it says depends on the request alone, unless its replies are scripted. */
import { isObject } from "../../../internal/json/json.ts"
import type { ServerReason } from "../wireFailure.ts"
import { Refusal } from "./exchange.ts"
import { sampleOfJsonSchema } from "./jsonSchema.ts"

/** A message, whatever the API calls its parts. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool"
  readonly text: string
}

/** A tool that the request offers. */
export interface ChatTool {
  readonly name: string
  /** The JSON schema of its input; `undefined` for a tool that takes plain text. */
  readonly schema: unknown
}

/** A request for an answer, as all three APIs have it. */
export interface ChatRequest {
  readonly provider: "openai" | "anthropic" | "coze"
  /** The id of the endpoint. */
  readonly endpoint: string
  readonly model: string
  readonly messages: ReadonlyArray<ChatMessage>
  readonly tools: ReadonlyArray<ChatTool>
  /** `"auto"`, `"none"`, or the name of the tool that must be called; `"required"` for any. */
  readonly toolChoice: string
  /** The schema that the answer must have; `true` for any JSON. */
  readonly format: { readonly schema: unknown } | true | undefined
  /** Whether the request asks the model to think first, in a way that the answer shows. */
  readonly thinking?: boolean | undefined
  /** The body as it was sent. */
  readonly body: { readonly [key: string]: unknown }
}

/** Tokens of an answer. */
export interface ReplyTokens {
  readonly input?: number | undefined
  /** The part of the input read from a cache. Default: 0. */
  readonly cached?: number | undefined
  readonly output?: number | undefined
}

/** An answer. */
export interface ChatReply {
  readonly text?: string | undefined
  /** The model's reasoning before the answer, if the API shows it. */
  readonly reasoning?: string | undefined
  readonly toolCalls?: ReadonlyArray<{ readonly name: string; readonly input: unknown }> | undefined
  /** The text in which the model declines. */
  readonly refusal?: string | undefined
  /** Whether the answer was cut off at the limit of tokens. */
  readonly truncated?: boolean | undefined
  /** The tokens that it is said to have taken; counted if they are not given. */
  readonly tokens?: ReplyTokens | undefined
  /** Answers with an error instead. */
  readonly failure?: ServerReason | undefined
}

/** A scripted reply: its text, or all of it. */
export type Scripted = string | ChatReply

/** The source of replies: a list used up in order, or a function. `undefined` leaves a reply to the default. */
export type Replies = ReadonlyArray<Scripted> | ((request: ChatRequest) => Scripted | undefined)

/** The scripted reply, or the default one. */
export const makeModel = (replies: Replies | undefined): ((request: ChatRequest) => ChatReply) => {
  let next = 0
  const scripted = (request: ChatRequest): Scripted | undefined =>
    typeof replies === "function" ? replies(request) : replies?.[next++]
  return (request) => {
    const given = scripted(request)
    const reply = typeof given === "string" ? { text: given } : (given ?? defaultReply(request))
    if (reply.failure !== undefined) throw new Refusal(reply.failure)
    return reply
  }
}

/**
 * Makes the reply that no script gives, by the first rule that applies:
 *
 * 1. If the request demands a tool, or offers one and does not end with a tool's output, calls it.
 * 2. If the request asks for JSON, gives JSON.
 * 3. If the request ends with a tool's output, says what the tool answered.
 * 4. Otherwise repeats what the user said.
 *
 * If the request asks for thinking and the user spoke last, the reply also has reasoning.
 */
const defaultReply = (request: ChatRequest): ChatReply => {
  const { messages, thinking } = request
  const said = saying(request)
  const isFresh = messages.findLast(({ role }) => role !== "system")?.role === "user"
  return thinking === true && isFresh
    ? { reasoning: `The user said: ${textOf(messages.findLast(({ role }) => role === "user"))}`, ...said }
    : said
}

const saying = ({ format, messages, toolChoice, tools }: ChatRequest): ChatReply => {
  const last = messages.at(-1)
  const forced = tools.find(({ name }) => name === toolChoice)
  const isDemanded = forced !== undefined || toolChoice === "required"
  const tool = forced ?? tools[0]
  if (tool !== undefined && toolChoice !== "none" && (isDemanded || last?.role !== "tool")) {
    const input = tool.schema === undefined ? "text" : sampleInput(tool.schema)
    return { toolCalls: [{ name: tool.name, input }] }
  }
  if (format !== undefined) {
    return { text: JSON.stringify(format === true ? { answer: textOf(last) } : sampleOfJsonSchema(format.schema)) }
  }
  if (last?.role === "tool") return { text: `The tool answered: ${last.text}` }
  return { text: textOf(messages.findLast(({ role }) => role === "user") ?? last) }
}

/** The input of a function is an object, whatever its schema leaves open. */
const sampleInput = (schema: unknown): unknown => {
  const input = sampleOfJsonSchema(schema)
  return isObject(input) ? input : {}
}

/** How many characters of a text are repeated, so that many answers to a huge request do not fill the memory. */
const maxRepeated = 100_000

const textOf = (message: ChatMessage | undefined): string =>
  message === undefined || message.text === "" ? "Hello" : message.text.slice(0, maxRepeated)

/** A rough count, the same for the same text. */
export const countTokens = (text: string): number => Math.ceil(text.length / 4)

/** The tokens of a request. */
export const countInput = ({ messages, tools }: Pick<ChatRequest, "messages" | "tools">): number =>
  messages.reduce((total, { text }) => total + countTokens(text) + 3, 0) +
  tools.reduce((total, tool) => total + countTokens(JSON.stringify(tool)), 0)

/** The tokens of an answer to a request. */
export const tokensOf = (
  request: Pick<ChatRequest, "messages" | "tools">,
  { tokens, ...reply }: ChatReply
): { readonly [K in keyof ReplyTokens]-?: number } & { readonly reasoning: number } => ({
  input: tokens?.input ?? countInput(request),
  cached: tokens?.cached ?? 0,
  output: tokens?.output ?? countOutput(reply),
  reasoning: countTokens(reply.reasoning ?? "")
})

const countOutput = (reply: ChatReply): number =>
  countTokens(`${reply.reasoning ?? ""}${reply.text ?? ""}${reply.refusal ?? ""}`) +
  (reply.toolCalls ?? []).reduce((total, call) => total + countTokens(JSON.stringify(call)), 0)
