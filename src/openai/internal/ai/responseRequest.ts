/** Requests of the Responses API from calls of a language model. */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import { carriedBy } from "../../../internal/ai/carry.ts"
import { fileOf, type PromptFile } from "../../../internal/ai/files.ts"
import { failureOutput, failureText, resultText, toolOutput, withResults } from "../../../internal/ai/history.ts"
import type { ModelRequest } from "../../../internal/ai/languageModel.ts"
import { fieldsOf } from "../../../internal/ai/metadata.ts"
import { HeldResults, holderOf } from "../../../internal/ai/parallel.ts"
import { formOf, type ToolTable, takenTools } from "../../../internal/ai/tools.ts"
import { isObject, type JsonObject as Json } from "../../../internal/json/json.ts"
import * as ToolOutput from "../../../tools/ToolOutput.ts"
import type * as Responses from "../../api/Responses.ts"
import type { Config } from "../../ResponseLanguageModel.ts"
import { conversion } from "../conversion.ts"
import { inputItemsOf } from "../responseParam.ts"
import { itemOf, responseOutput } from "../toolOutput.ts"
import { argsOf, nameOf, toolId } from "./hostedKinds.ts"
import { fileName, formatName, isFileId, isReasoningModel } from "./names.ts"
import { key } from "./responseParts.ts"

type InputItem = Responses.ResponseInputItem

const place = { module: "llmfx/openai/ResponseLanguageModel", method: "toInput" }

const invalidInput = (description: string): AiError.AiError =>
  AiError.make({ ...place, reason: new AiError.InvalidUserInputError({ description }) })

/** The whole request. Throws an `AiError` for what the API cannot take. */
export const toRequest = (request: ModelRequest<Config>): Responses.ResponseCreateParams => {
  const { config, model, object, options, tools } = request
  const { isFileId: _, onUnsupported, replay, request: __, strict, systemRole, text, include, ...settings } = config
  const isKept = settings.conversation !== undefined && settings.conversation !== null
  const previous = isKept || settings.store === false ? undefined : options.previousResponseId
  const incremental = previous === undefined ? undefined : options.incrementalPrompt
  const messages = (incremental ?? options.prompt).content
  const included = new Set(include ?? [])
  if (settings.store === false && isReasoningModel(model)) included.add("reasoning.encrypted_content")
  const taken = takenTools(
    options.tools,
    ({ id }) => id.startsWith(toolId("")),
    onUnsupported,
    "take the one of llmfx/openai/HostedTools"
  )
  return {
    ...settings,
    ...(included.size === 0 ? {} : { include: [...included] }),
    ...(incremental === undefined ? {} : { previous_response_id: previous }),
    model,
    input: toItems(isKept ? afterAnswer(messages) : messages, tools, config, model, options.prompt.content),
    ...(text === undefined && object === undefined
      ? {}
      : {
          text: {
            ...text,
            ...(object === undefined
              ? {}
              : {
                  format: {
                    type: "json_schema" as const,
                    name: formatName(object.name),
                    schema: object.jsonSchema,
                    strict: object.strict
                  }
                })
          }
        }),
    ...(taken.length === 0
      ? {}
      : { tools: taken.map((tool) => describeTool(tool, config)), ...toolChoiceOf(options, tools) })
  }
}

/** A conversation has all messages up to its last answer. */
const afterAnswer = (messages: ReadonlyArray<Prompt.Message>): ReadonlyArray<Prompt.Message> => {
  const last = messages.findLastIndex(
    (message) => message.role === "assistant" && message.content.some((part) => "itemId" in fieldsOf(part.options, key))
  )
  return messages.slice(last + 1)
}

/** A tool as the API is told of it. */
const describeTool = (tool: Tool.Any, config: Config): Responses.Tool => {
  if (Tool.isProviderDefined(tool)) {
    const type = tool.id.slice(toolId("").length)
    const named = type === "custom" ? { name: tool.name } : {}
    // The tool's arguments are those of the API's type.
    return { type, ...named, ...argsOf(tool) } as unknown as Responses.Tool
  }
  const { jsonSchema, strict } = formOf(tool, { conversion, strict: config.strict })
  const description = Tool.getDescription(tool)
  return {
    type: "function",
    name: tool.name,
    ...(description === undefined ? {} : { description }),
    parameters: jsonSchema,
    strict
  }
}

const toolChoiceOf = (
  { toolChoice }: LanguageModel.ProviderOptions,
  tools: ToolTable
): { readonly tool_choice?: Responses.ResponseCreateParams["tool_choice"] } => {
  if (toolChoice === "auto") return {}
  if (typeof toolChoice === "string") return { tool_choice: toolChoice }
  // The core of `effect/ai` has already left out the other tools.
  if ("oneOf" in toolChoice) return toolChoice.mode === "required" ? { tool_choice: "required" } : {}
  const name = String(toolChoice.tool)
  const tool = tools.get(name)
  if (tool === undefined || !Tool.isProviderDefined(tool)) return { tool_choice: { type: "function", name } }
  const type = tool.id.slice("openai.".length)
  const choice =
    type === "custom"
      ? { type, name: nameOf(tool) }
      : type === "mcp"
        ? { type, server_label: argsOf(tool)["server_label"] }
        : { type }
  return { tool_choice: choice as Responses.ResponseCreateParams["tool_choice"] }
}

/** The messages as items. `history` is the whole prompt, which tells what kinds of calls results belong to. */
export const toItems = (
  messages: ReadonlyArray<Prompt.Message>,
  tools: ToolTable,
  config: Config,
  model: string,
  history: ReadonlyArray<Prompt.Message>
): ReadonlyArray<InputItem> => {
  const writer = new Writer(tools, config, model, history)
  for (const message of withResults(messages)) writer.message(message)
  return writer.items
}

/** Parts of an answer that belong to one item. */
interface Group {
  readonly type: "message" | "reasoning"
  readonly itemId: unknown
  item: Json | undefined
  readonly content: Array<Json>
  readonly summary: Array<Json>
}

/** The parts with those of one item together: in a stream, others may have come between them. */
const byItem = (parts: ReadonlyArray<Prompt.AssistantMessagePart>): ReadonlyArray<Prompt.AssistantMessagePart> => {
  const places = new Map<unknown, Array<Prompt.AssistantMessagePart>>()
  const groups: Array<Array<Prompt.AssistantMessagePart>> = []
  for (const part of parts) {
    const isText = part.type === "text" || part.type === "reasoning"
    const itemId = isText ? fieldsOf(part.options, key)["itemId"] : undefined
    const known = places.get(itemId)
    if (known !== undefined) known.push(part)
    else {
      const group = [part]
      groups.push(group)
      if (typeof itemId === "string" && itemId !== "") places.set(itemId, group)
    }
  }
  return groups.flat()
}

class Writer {
  readonly items: Array<InputItem> = []
  readonly #tools: ToolTable
  readonly #config: Config
  readonly #systemRole: "system" | "developer"
  /** The kind of each call by its id. */
  readonly #kinds = new Map<string, string>()
  readonly #held = new HeldResults()
  #group: Group | undefined

  constructor(tools: ToolTable, config: Config, model: string, history: ReadonlyArray<Prompt.Message>) {
    this.#tools = tools
    this.#config = config
    this.#systemRole = config.systemRole ?? (isReasoningModel(model) ? "developer" : "system")
    for (const message of history) {
      if (message.role !== "assistant") continue
      for (const part of message.content) {
        if (part.type !== "tool-call") continue
        this.#kinds.set(part.id, this.#kindOf(part))
        this.#held.see(part.id, fieldsOf(part.options, key))
      }
    }
  }

  #kindOf(call: Prompt.ToolCallPart): string {
    const { item } = fieldsOf(call.options, key)
    if (isObject(item) && typeof item["type"] === "string") return item["type"]
    const tool = this.#tools.get(call.name)
    return tool !== undefined && Tool.isProviderDefined(tool) && tool.id.startsWith("openai.")
      ? `${tool.id === toolId("custom") ? "custom_tool" : tool.id.slice("openai.".length)}_call`
      : "function_call"
  }

  #push(item: Json): void {
    const { id } = item
    const isReferred = typeof id === "string" && id !== "" && this.#isReferring
    const items = isReferred
      ? [{ type: "item_reference", id }]
      : // The items are as the API sent them.
        inputItemsOf([item as unknown as Responses.ResponseOutputItem])
    for (const one of items) this.items.push(one as InputItem)
  }

  get #isReferring(): boolean {
    const { replay = "auto", store } = this.#config
    return replay === "references" || (replay === "auto" && store === true)
  }

  message(message: Prompt.Message): void {
    switch (message.role) {
      case "system":
        return this.#system(message)
      case "user":
        return this.#user(message)
      case "assistant":
        for (const part of byItem(message.content)) this.#assistantPart(part)
        return this.#flush()
      case "tool":
        for (const part of message.content) {
          if (part.type === "tool-result") this.#result(part)
          else this.#approval(part)
        }
    }
  }

  #system({ content, options }: Prompt.SystemMessage): void {
    const fields = fieldsOf(options, key)
    const isPlain = Object.keys(fields).length === 0
    this.items.push({
      role: this.#systemRole,
      content: isPlain ? content : [{ type: "input_text", text: content, ...fields }]
    })
  }

  #user({ content }: Prompt.UserMessage): void {
    const parts = content.flatMap((part): ReadonlyArray<Responses.ResponseInputContent> => {
      const fields = fieldsOf(part.options, key)
      if (part.type === "text") return [{ type: "input_text", text: part.text, ...fields }]
      const file = this.#file(part)
      return file === undefined ? [] : [{ ...itemOf({ _tag: "File", ...file }), ...fields }]
    })
    if (parts.length > 0) this.items.push({ role: "user", content: parts })
  }

  #file(part: Prompt.FilePart): PromptFile | undefined {
    const file = fileOf(part, this.#config.isFileId ?? isFileId)
    if (/^(?:audio|video)\//.test(file.mediaType)) {
      return this.#unsupported(
        `The Responses API takes no ${file.mediaType} files: use llmfx/openai/ChatLanguageModel for audio`
      )
    }
    const mediaType = file.mediaType === "image/*" ? "image/jpeg" : file.mediaType
    return { ...file, mediaType, name: file.name ?? fileName(mediaType) }
  }

  #unsupported(description: string): undefined {
    if (this.#config.onUnsupported !== "omit") throw invalidInput(description)
    return undefined
  }

  #assistantPart(part: Prompt.AssistantMessagePart): void {
    const fields = fieldsOf(part.options, key)
    const carried = carriedBy(fields)
    if (carried.length > 0) {
      this.#flush()
      for (const item of carried) this.#push(item)
    }
    switch (part.type) {
      case "text":
        return this.#text(part, fields)
      case "reasoning":
        if (isOwn(fields)) this.#text(part, fields)
        return
      case "file":
        return this.#assistantFile(part, fields)
      case "tool-call":
        this.#flush()
        return this.#call(part, fields)
      case "tool-result":
        this.#flush()
        // A hosted tool's result is the item itself.
        if (fields["isItem"] === true && isObject(part.result)) this.#push(part.result)
        return
      case "tool-approval-request":
        // The core of `effect/ai` answers those of its own; the API's are tool calls.
        return
    }
  }

  #text(part: Prompt.TextPart | Prompt.ReasoningPart, fields: Json): void {
    const { item, itemId, refusal } = fields
    const isKnown = isOwn(fields)
    if (!isKnown && part.text === "") return
    const type = part.type === "text" ? "message" : "reasoning"
    const given = isObject(fields["part"]) ? fields["part"] : {}
    // Probabilities are output only.
    const { list, logprobs: _, ...rest } = given
    const group = this.#groupOf(type, isKnown ? itemId : undefined)
    if (isObject(item)) group.item = item
    if (part.text === "" && fields["part"] === undefined) return
    const text =
      rest["type"] === "refusal"
        ? { type: "refusal", refusal }
        : part.text === "" && rest["type"] !== undefined
          ? {}
          : { text: part.text }
    if (type === "message") group.content.push({ type: "output_text", ...text, ...rest })
    else if (list === "summary") group.summary.push({ type: "summary_text", ...text, ...rest })
    else group.content.push({ type: "reasoning_text", ...text, ...rest })
  }

  #groupOf(type: Group["type"], itemId: unknown): Group {
    const group = this.#group
    // Items without ids are told apart by their last parts.
    const isOpen = group?.item === undefined || (typeof itemId === "string" && itemId !== "")
    if (group !== undefined && group.type === type && group.itemId === itemId && isOpen) return group
    this.#flush()
    const made: Group = { type, itemId, item: undefined, content: [], summary: [] }
    this.#group = made
    return made
  }

  #flush(): void {
    const group = this.#group
    if (group === undefined) return
    this.#group = undefined
    const { content, item, itemId, summary, type } = group
    if (type === "reasoning") {
      // Of what was cut off the server knows nothing, and without its content it cannot be sent either.
      if (item === undefined) return
      const isSealed = item["encrypted_content"] === undefined || item["encrypted_content"] === null
      if (isSealed && this.#config.store === false && content.length === 0) return
      return this.#push({ ...item, summary, ...(content.length === 0 ? {} : { content }) })
    }
    if (item !== undefined) return this.#push({ ...item, content })
    if (itemId !== undefined && content.length === 0) return
    // Without its id, as the server keeps no item that was not completed.
    const texts = content.filter((part) => part["type"] === "output_text")
    if (texts.length === 0) return
    this.items.push({ role: "assistant", content: texts.map(({ text }) => String(text)).join("") })
  }

  #call(part: Prompt.ToolCallPart, fields: Json): void {
    const { item } = fields
    if (part.providerExecuted) {
      if (isObject(item)) this.#push(item)
      return
    }
    const holder = holderOf(fields)
    if (holder !== undefined) {
      if (holder.at === 0) this.#push(holder.call)
      return
    }
    const known = isObject(item) ? item : {}
    const kind = this.#kinds.get(part.id) ?? "function_call"
    switch (kind) {
      case "function_call": {
        const args = this.#tools.argumentsText(part, fields["arguments"])
        const { call_id: _, ...rest } = known
        return this.#push({ type: kind, ...rest, call_id: part.id, name: part.name, arguments: args })
      }
      case "custom_tool_call": {
        const tool = this.#tools.get(part.name)
        const name = tool !== undefined && Tool.isProviderDefined(tool) ? nameOf(tool) : part.name
        return this.#push({ type: kind, name, ...known, call_id: part.id, input: resultText(part.params) })
      }
      default:
        return this.#push({
          type: kind,
          status: "completed",
          [actionField(kind)]: part.params,
          ...known,
          call_id: part.id
        })
    }
  }

  #assistantFile(part: Prompt.FilePart, fields: Json): void {
    const { item } = fields
    this.#flush()
    if (isObject(item) && item["type"] === "image_generation_call") {
      const file = fileOf(part, () => false)
      return this.#push({ ...item, ...(file.source._tag === "Base64" ? { result: file.source.data } : {}) })
    }
    this.#unsupported("The Responses API takes no files in an assistant's message: put the file into a user's")
  }

  #approval({ approvalId, approved, reason }: Prompt.ToolApprovalResponsePart): void {
    this.items.push({
      type: "mcp_approval_response",
      approval_request_id: approvalId,
      approve: approved,
      ...(reason === undefined ? {} : { reason })
    })
  }

  #result(part: Prompt.ToolResultPart): void {
    const { id, isHeld, text } = this.#held.take(part)
    if (id !== undefined && text !== undefined) {
      this.items.push({ type: "function_call_output", call_id: id, output: text })
    }
    if (isHeld) return
    const kind = this.#kinds.get(part.id) ?? "function_call"
    const read = part.isFailure && isFunction(kind) ? failureOutput : toolOutput
    this.items.push(outputItem(kind, part, read(part, this.#config.isFileId ?? isFileId)))
  }
}

/** Whether a text is of this API; some servers give items no ids. */
const isOwn = ({ item, itemId, part }: Json): boolean => [item, itemId, part].some((field) => field !== undefined)

const actionField = (kind: string): string => (kind === "apply_patch_call" ? "operation" : "action")

/** Whether the output of a call is what the program makes of it, and has no field for failures. */
const isFunction = (kind: string): boolean =>
  !["apply_patch_call", "computer_call", "local_shell_call", "shell_call"].includes(kind)

/** The result of a call, by the kind of the call. */
const outputItem = (kind: string, part: Prompt.ToolResultPart, given: ToolOutput.Output): InputItem => {
  const { id: call_id, isFailure, result } = part
  const text = typeof given === "string" ? given : ToolOutput.toText(given)
  switch (kind) {
    case "custom_tool_call":
      return {
        type: "custom_tool_call_output",
        call_id,
        output: responseOutput(named(given))
      }
    case "local_shell_call":
      return { type: "local_shell_call_output", id: call_id, output: isFailure ? failureText(result) : text }
    case "apply_patch_call":
      return {
        type: "apply_patch_call_output",
        call_id,
        status: isFailure ? "failed" : "completed",
        ...(isObject(result) && !isFailure ? result : { output: text })
      }
    case "shell_call": {
      const output = Array.isArray(result)
        ? (result as ReadonlyArray<Responses.ResponseFunctionShellCallOutputContent>)
        : undefined
      const rest = isObject(result) && Array.isArray(result["output"]) ? result : undefined
      return {
        type: "shell_call_output",
        call_id,
        output: output ?? [
          {
            stdout: isFailure ? "" : text,
            stderr: isFailure ? text : "",
            outcome: { type: "exit", exit_code: isFailure ? 1 : 0 }
          }
        ],
        ...rest
      }
    }
    case "computer_call": {
      const { acknowledged_safety_checks: checks, ...screenshot } = isObject(result) ? result : {}
      return {
        type: "computer_call_output",
        call_id,
        output: screenshotOf(given, isObject(result) ? screenshot : result),
        ...(Array.isArray(checks) && checks.length > 0 ? { acknowledged_safety_checks: checks } : {})
      }
    }
    default:
      return {
        type: "function_call_output",
        call_id,
        output: responseOutput(named(given))
      }
  }
}

/** Files with names, which the API wants. */
const named = (output: ToolOutput.Output): ToolOutput.Output =>
  typeof output === "string"
    ? output
    : output.map((part) =>
        part._tag === "File" && part.name === undefined ? { ...part, name: fileName(part.mediaType) } : part
      )

const screenshotOf = (
  output: ToolOutput.Output,
  result: unknown
): Responses.ResponseComputerToolCallOutputScreenshot => {
  const file = typeof output === "string" ? undefined : output.find((part) => part._tag === "File")
  if (file?._tag === "File") {
    const image = itemOf({ ...file, mediaType: "image/png" })
    if (image.type === "input_image") return { type: "computer_screenshot", ...screenshotSource(image) }
  }
  return { type: "computer_screenshot", ...(isObject(result) ? result : { image_url: resultText(result) }) }
}

const screenshotSource = ({ file_id, image_url }: Responses.ResponseInputImage) =>
  typeof image_url === "string" ? { image_url } : { file_id }
