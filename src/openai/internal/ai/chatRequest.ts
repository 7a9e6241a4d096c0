/** Requests of the Chat Completions API from calls of a language model. */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import { dataUrl, fileOf, textOfBase64 } from "../../../internal/ai/files.ts"
import { failureOutput, resultText, toolOutput, withResults } from "../../../internal/ai/history.ts"
import type { ModelRequest } from "../../../internal/ai/languageModel.ts"
import { fieldsOf } from "../../../internal/ai/metadata.ts"
import { HeldResults, type Holder } from "../../../internal/ai/parallel.ts"
import { formOf, type ToolTable, takenTools } from "../../../internal/ai/tools.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../../internal/json/json.ts"
import * as ToolOutput from "../../../tools/ToolOutput.ts"
import type * as ChatCompletions from "../../api/ChatCompletions.ts"
import type { Config } from "../../ChatLanguageModel.ts"
import { conversion } from "../conversion.ts"
import { key } from "./chatParts.ts"
import { argsOf, nameOf, toolId } from "./hostedKinds.ts"
import { fileName, formatName, isFileId, isReasoningModel } from "./names.ts"
import type { Quirks } from "./quirks.ts"

type Message = ChatCompletions.ChatCompletionMessageParam
type ContentPart = ChatCompletions.ChatCompletionContentPart

const place = { module: "llmfx/openai/ChatLanguageModel", method: "toInput" }

/** The whole request. Throws an `AiError` for what the API cannot take. */
export const toRequest = (request: ModelRequest<Config>): ChatCompletions.ChatCompletionCreateParams => {
  const { config, isStream, model, object, options, tools } = request
  const { isFileId: _, onUnsupported, quirks = {}, request: __, strict, stream_options, ...settings } = config
  const isSchema = quirks.objects !== "json_object"
  const taken = takenTools(
    options.tools,
    ({ id }) => id === toolId("custom"),
    onUnsupported,
    "use llmfx/openai/ResponseLanguageModel"
  )
  return {
    ...settings,
    ...(isStream ? streamOptionsOf(stream_options, quirks) : {}),
    model,
    messages: [
      ...(object === undefined || isSchema ? [] : [schemaMessage(object.jsonSchema)]),
      ...toMessages(options.prompt.content, tools, config, model)
    ],
    ...(object === undefined
      ? {}
      : {
          response_format: isSchema
            ? {
                type: "json_schema",
                json_schema: {
                  name: formatName(object.name),
                  schema: object.jsonSchema,
                  ...(quirks.strict === false ? {} : { strict: object.strict })
                }
              }
            : { type: "json_object" }
        }),
    ...(taken.length === 0
      ? {}
      : { tools: taken.map((tool) => describeTool(tool, config)), ...toolChoiceOf(options, tools) })
  }
}

/** A stream does not tell its usage unless it is asked to. */
const streamOptionsOf = (given: Config["stream_options"], { streamUsage = true }: Quirks) => {
  if (given === null) return {}
  const options = { ...(streamUsage ? { include_usage: true } : {}), ...given }
  return Object.keys(options).length === 0 ? {} : { stream_options: options }
}

const schemaMessage = (jsonSchema: JsonObject): Message => ({
  role: "system",
  content: `Answer with JSON that fits this JSON Schema, and nothing else: ${JSON.stringify(jsonSchema)}`
})

const describeTool = (tool: Tool.Any, { quirks = {}, strict }: Config): ChatCompletions.ChatCompletionTool => {
  if (Tool.isProviderDefined(tool)) {
    const { description, format } = argsOf(tool)
    return {
      type: "custom",
      custom: {
        name: textOf(nameOf(tool)),
        ...(typeof description === "string" ? { description } : {}),
        ...(isObject(format) ? { format: customFormat(format) } : {})
      }
    }
  }
  const form = formOf(tool, { conversion, strict: quirks.strict === false ? false : strict })
  const description = Tool.getDescription(tool)
  return {
    type: "function",
    function: {
      name: tool.name,
      ...(description === undefined ? {} : { description }),
      parameters: form.jsonSchema,
      ...(quirks.strict === false ? {} : { strict: form.strict })
    }
  }
}

/** The two APIs nest grammars differently. */
const customFormat = ({
  definition,
  syntax,
  type
}: JsonObject): NonNullable<ChatCompletions.ChatCompletionCustomToolCustom["format"]> =>
  type === "grammar"
    ? { type, grammar: { definition: textOf(definition), syntax: syntax === "regex" ? "regex" : "lark" } }
    : { type: "text" }

const toolChoiceOf = (
  { toolChoice }: LanguageModel.ProviderOptions,
  tools: ToolTable
): { readonly tool_choice?: ChatCompletions.ChatCompletionToolChoiceOption } => {
  if (toolChoice === "auto") return {}
  if (typeof toolChoice === "string") return { tool_choice: toolChoice }
  // The core of `effect/ai` has already left out the other tools.
  if ("oneOf" in toolChoice) return toolChoice.mode === "required" ? { tool_choice: "required" } : {}
  const name = String(toolChoice.tool)
  const tool = tools.get(name)
  return tool !== undefined && Tool.isProviderDefined(tool)
    ? { tool_choice: { type: "custom", custom: { name: textOf(nameOf(tool)) } } }
    : { tool_choice: { type: "function", function: { name } } }
}

/** The messages of a prompt. */
export const toMessages = (
  prompt: ReadonlyArray<Prompt.Message>,
  tools: ToolTable,
  config: Config,
  model: string
): ReadonlyArray<Message> => {
  const writer = new Writer(tools, config, model)
  for (const message of withResults(prompt)) writer.message(message)
  return writer.done()
}

class Writer {
  readonly #messages: Array<Message> = []
  readonly #tools: ToolTable
  readonly #config: Config
  readonly #quirks: Quirks
  readonly #systemRole: "system" | "developer"
  readonly #held = new HeldResults()
  /** Files of results, which only a user's message can show. They follow the last result. */
  #files: Array<ContentPart> = []

  constructor(tools: ToolTable, config: Config, model: string) {
    this.#tools = tools
    this.#config = config
    this.#quirks = config.quirks ?? {}
    this.#systemRole = this.#quirks.systemRole ?? (isReasoningModel(model) ? "developer" : "system")
  }

  done(): ReadonlyArray<Message> {
    this.#showFiles()
    return this.#messages
  }

  #showFiles(): void {
    if (this.#files.length === 0) return
    this.#messages.push({ role: "user", content: this.#files })
    this.#files = []
  }

  message(message: Prompt.Message): void {
    if (message.role !== "tool") this.#showFiles()
    switch (message.role) {
      case "system":
        return this.#system(message)
      case "user":
        return this.#user(message)
      case "assistant":
        return this.#assistant(message)
      case "tool":
        for (const part of message.content) if (part.type === "tool-result") this.#result(part)
    }
  }

  #system({ content, options }: Prompt.SystemMessage): void {
    const fields = fieldsOf(options, key)
    this.#messages.push({
      role: this.#systemRole,
      content: Object.keys(fields).length === 0 ? content : [{ type: "text", text: content, ...fields }]
    })
  }

  #user({ content }: Prompt.UserMessage): void {
    const [first] = content
    const isPlain =
      content.length === 1 && first?.type === "text" && Object.keys(fieldsOf(first.options, key)).length === 0
    if (isPlain) {
      this.#messages.push({ role: "user", content: first.text })
      return
    }
    const parts = content.flatMap((part): ReadonlyArray<ContentPart> => {
      const fields = fieldsOf(part.options, key)
      if (part.type === "text") return [{ type: "text", text: part.text, ...fields }]
      const file = this.#file(fileOf(part, this.#config.isFileId ?? isFileId), fields)
      return file === undefined ? [] : [file]
    })
    if (parts.length > 0) this.#messages.push({ role: "user", content: parts })
  }

  #file(
    file: { readonly mediaType: string; readonly name: string | undefined; readonly source: ToolOutput.Source },
    fields: JsonObject
  ): ContentPart | undefined {
    const { mediaType, source } = file
    const { detail, ...rest } = fields
    const name = file.name ?? fileName(mediaType)
    if (source._tag === "Id") return { type: "file", file: { file_id: source.id }, ...rest }
    if (mediaType.startsWith("image/")) {
      const url =
        source._tag === "Url" ? source.url : dataUrl(mediaType === "image/*" ? "image/jpeg" : mediaType, source.data)
      const level = detail === "low" || detail === "high" || detail === "auto" ? { detail } : {}
      return { type: "image_url", image_url: { url, ...level }, ...rest }
    }
    if (source._tag === "Base64") {
      const format = audioFormat(mediaType)
      if (format !== undefined) return { type: "input_audio", input_audio: { data: source.data, format }, ...rest }
      const isText = mediaType.startsWith("text/") || mediaType === "application/json"
      const text = isText ? textOfBase64(source.data) : undefined
      if (text !== undefined)
        return { type: "text", text: file.name === undefined ? text : `${file.name}:\n${text}`, ...rest }
      if (mediaType === "application/pdf" || this.#quirks.anyFile === true) {
        return { type: "file", file: { filename: name, file_data: dataUrl(mediaType, source.data) }, ...rest }
      }
    } else if (this.#quirks.anyFile === true) {
      return { type: "file", file: { filename: name, file_data: source.url }, ...rest }
    }
    const how =
      source._tag === "Url" ? "by URL: send its bytes" : ": send it as text, or use llmfx/openai/ResponseLanguageModel"
    return this.#unsupported(
      `The Chat Completions API takes no ${mediaType} file${source._tag === "Url" ? " " : ""}${how}`
    )
  }

  #unsupported(description: string): undefined {
    if (this.#config.onUnsupported !== "omit") {
      throw AiError.make({ ...place, reason: new AiError.InvalidUserInputError({ description }) })
    }
    return undefined
  }

  #assistant({ content }: Prompt.AssistantMessage): void {
    const texts: Array<string> = []
    const reasoning = new Map<string, string>()
    const calls: Array<ChatCompletions.ChatCompletionMessageToolCall> = []
    let fields: JsonObject = {}
    let refusal = ""
    for (const part of content) {
      const own = fieldsOf(part.options, key)
      if (isObject(own["message"])) fields = own["message"]
      if (typeof own["refusal"] === "string") refusal += own["refusal"]
      if (isObject(own["audio"])) fields = { ...fields, audio: own["audio"] }
      if (part.type === "text") texts.push(part.text)
      else if (part.type === "reasoning") {
        // Reasoning of another provider is not this one's to send.
        const { field } = own
        if (typeof field === "string") reasoning.set(field, (reasoning.get(field) ?? "") + part.text)
      } else if (part.type === "tool-call" && !part.providerExecuted) {
        const holder = this.#held.see(part.id, own)
        if (holder === undefined) calls.push(this.#call(part, own))
        else if (holder.at === 0) calls.push(heldCall(holder))
      } else if (part.type === "file" && own["audio"] === undefined) {
        this.#unsupported(
          "The Chat Completions API takes no files in an assistant's message: put the file into a user's"
        )
      }
    }
    const text = texts.join("")
    const { audio } = fields
    const hasAudio = isObject(audio) && textOf(audio["id"]) !== ""
    if (text === "" && refusal === "" && calls.length === 0 && !hasAudio) return
    const { reasoning: when = "always" } = this.#quirks
    const isTold = when === "always" || (when === "withToolCalls" && calls.length > 0)
    const thinking = isTold ? reasoning.get("content") : undefined
    this.#messages.push({
      role: "assistant",
      content:
        thinking === undefined
          ? text
          : // Mistral's form, which the type of OpenAI's API lacks.
            ([
              { type: "thinking", thinking: [{ type: "text", text: thinking }] },
              { type: "text", text }
            ] as never),
      ...(isTold ? reasoningOf(reasoning, fields) : {}),
      ...(refusal === "" ? {} : { refusal }),
      ...(hasAudio ? { audio: { id: textOf(audio["id"]) } } : {}),
      ...(calls.length === 0 ? {} : { tool_calls: calls })
    })
  }

  #call(part: Prompt.ToolCallPart, fields: JsonObject): ChatCompletions.ChatCompletionMessageToolCall {
    const { arguments: raw, item } = fields
    const { custom, details, ...rest } = isObject(item) ? item : {}
    const id = this.#callId(part.id)
    const tool = this.#tools.get(part.name)
    if (isObject(custom) || (tool !== undefined && Tool.isProviderDefined(tool))) {
      const name = isObject(custom) ? textOf(custom["name"]) : part.name
      return { ...rest, id, type: "custom", custom: { name, input: resultText(part.params) } }
    }
    const args = this.#tools.argumentsText(part, raw)
    const more = isObject(details) ? details : {}
    return { ...rest, id, type: "function", function: { ...more, name: part.name, arguments: args } }
  }

  /** Servers that want another form of ids get the same id for the same call. */
  #callId(id: string): string {
    const { callId } = this.#quirks
    if (callId === undefined || callId.pattern.test(id)) return id
    let hash = 0xcbf29ce484222325n
    for (const char of id) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n)
    return hash.toString(36).padStart(callId.length, "0").slice(-callId.length)
  }

  #result(part: Prompt.ToolResultPart): void {
    const held = this.#held.take(part)
    if (held.id !== undefined && held.text !== undefined) {
      this.#messages.push({ role: "tool", tool_call_id: held.id, content: held.text })
    }
    if (held.isHeld) return
    const tool_call_id = this.#callId(part.id)
    const read = part.isFailure ? failureOutput : toolOutput
    const output = read(part, this.#config.isFileId ?? isFileId)
    this.#messages.push({ role: "tool", tool_call_id, content: ToolOutput.toText(output) })
    if (typeof output === "string") return
    for (const piece of output) {
      if (piece._tag !== "File") continue
      const file = this.#file(piece, {})
      if (file !== undefined) this.#files.push(file)
    }
  }
}

/** The call as the API sent it, without the fields that only streams have. */
const heldCall = ({ call }: Holder): ChatCompletions.ChatCompletionMessageToolCall => {
  const { index: _, ...rest } = call
  // The call is as the API sent it.
  return rest as unknown as ChatCompletions.ChatCompletionMessageToolCall
}

const audioFormat = (mediaType: string): "wav" | "mp3" | undefined => {
  if (/^audio\/(?:x-)?wave?$|^audio\/vnd\.wave$/.test(mediaType)) return "wav"
  return /^audio\/(?:mp3|mpeg)$/.test(mediaType) ? "mp3" : undefined
}

/** Reasoning in the fields that it came in, and its details, which some servers check. */
const reasoningOf = (texts: ReadonlyMap<string, string>, { reasoning_details }: JsonObject): JsonObject => ({
  ...Object.fromEntries([...texts].filter(([field]) => field === "reasoning" || field === "reasoning_content")),
  ...(arrayOf(reasoning_details).length === 0 ? {} : { reasoning_details })
})
