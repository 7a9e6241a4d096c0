/** Refuses requests as OpenAI does, by endpoint: types and limits of fields first, then rules between fields. */

import { arrayOf, isObject, type JsonObject, objectsOf } from "../../../../internal/json/json.ts"
import { openAiPath, refuseOpenAi, refuseOpenAiFault } from "../checks/complaints.ts"
import { isOpenAiModel } from "../checks/models.ts"
import * as S from "../checks/shape.ts"
import { contextText, openAiSchemaFault } from "../checks/strictSchema.ts"
import type { Exchange } from "../exchange.ts"
import { isLegacy, isReasoningModel, textOf } from "./requests.ts"

const { optional, required } = S

const text = S.string()
const metadata = S.record(S.string({ max: 512 }), 16)
const toolName = S.string({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ })
const functionFields = S.object({
  name: required(toolName),
  description: optional(text),
  parameters: optional(S.object()),
  strict: optional(S.boolean)
})

/** Fields that the endpoints of models share. */
const sampling: S.Fields = {
  temperature: optional(S.number({ min: 0, max: 2 })),
  top_p: optional(S.number({ min: 0, max: 1 })),
  stream: optional(S.boolean),
  user: optional(text),
  metadata: optional(metadata)
}

const penalties: S.Fields = {
  frequency_penalty: optional(S.number({ min: -2, max: 2 })),
  presence_penalty: optional(S.number({ min: -2, max: 2 })),
  n: optional(S.integer({ min: 1, max: 128 })),
  seed: optional(S.integer()),
  logit_bias: optional(S.record(S.number({ min: -100, max: 100 }))),
  stop: optional(S.anyOf(text, S.array(text, { max: 4 }))),
  stream_options: optional(S.object({ include_usage: optional(S.boolean), include_obfuscation: optional(S.boolean) }))
}

// ---- chat completions

const contentParts = S.array(
  S.tagged(
    "type",
    {
      text: S.object({ text: required(text) }),
      refusal: S.object({ refusal: required(text) }),
      image_url: S.object({
        image_url: required(
          S.object({ url: required(text), detail: optional(S.oneOf("auto", "low", "high", "original")) })
        )
      }),
      input_audio: S.object({
        input_audio: required(S.object({ data: required(text), format: required(S.oneOf("wav", "mp3")) }))
      }),
      file: S.object({ file: required(S.object()) })
    },
    { others: [] }
  )
)
const content = S.anyOf(text, contentParts)

const toolCalls = S.array(
  S.tagged(
    "type",
    {
      function: S.object({
        id: required(text),
        function: required(S.object({ name: required(text), arguments: required(text) }))
      }),
      custom: S.object({
        id: required(text),
        custom: required(S.object({ name: required(text), input: required(text) }))
      })
    },
    { others: [] }
  ),
  { min: 1 }
)

const said = S.object({ content: required(content) })
const chatMessage = S.tagged(
  "role",
  {
    system: said,
    developer: said,
    user: said,
    assistant: S.object({
      content: optional(content),
      tool_calls: optional(toolCalls),
      function_call: optional(S.object({ name: required(text), arguments: required(text) }))
    }),
    tool: S.object({ content: required(content), tool_call_id: required(text) }),
    function: S.object({ name: required(text), content: optional(text) })
  },
  { isFirm: true, others: [] }
)

const responseFormat = S.tagged(
  "type",
  {
    text: S.object(),
    json_object: S.object(),
    json_schema: S.object({
      json_schema: required(
        S.object({ name: required(toolName), schema: optional(S.object()), strict: optional(S.boolean) })
      )
    })
  },
  { others: ["grammar", "python"] }
)

const chatFields: S.Fields = {
  messages: required(S.array(chatMessage, { min: 1 })),
  model: required(text),
  ...sampling,
  ...penalties,
  max_tokens: optional(S.integer({ min: 1 })),
  max_completion_tokens: optional(S.integer({ min: 1 })),
  logprobs: optional(S.boolean),
  top_logprobs: optional(S.integer({ min: 0, max: 20 })),
  parallel_tool_calls: optional(S.boolean),
  store: optional(S.boolean),
  reasoning_effort: optional(S.oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max")),
  response_format: optional(responseFormat),
  tools: optional(
    S.array(
      S.tagged("type", {
        function: S.object({ function: required(functionFields) }),
        custom: S.object({ custom: required(S.object({ name: required(toolName) })) })
      })
    )
  ),
  tool_choice: optional(S.anyOf(S.oneOf("none", "auto", "required"), S.object({ type: required(text) }))),
  functions: optional(S.array(functionFields, { min: 1 })),
  function_call: optional(S.anyOf(S.oneOf("none", "auto"), S.object({ name: required(text) })))
}

/** Each call is answered right after the message that makes it, and nothing else is. */
const checkChatPairs = (messages: ReadonlyArray<JsonObject>): void => {
  let open: { readonly at: number; readonly ids: Set<string> } | undefined
  const close = (): void => {
    if (open === undefined || open.ids.size === 0) return
    refuseOpenAi(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. ` +
        `The following tool_call_ids did not have response messages: ${[...open.ids].join(", ")}`,
      `messages.[${open.at}].role`
    )
  }
  for (const [index, { role, tool_call_id: id, tool_calls: calls }] of messages.entries()) {
    if (role !== "tool") {
      close()
      open =
        objectsOf(calls).length === 0
          ? undefined
          : { at: index, ids: new Set(objectsOf(calls).map((call) => String(call["id"]))) }
      continue
    }
    if (open === undefined) {
      refuseOpenAi(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${index}].role`
      )
    } else if (!open.ids.delete(String(id))) {
      refuseOpenAi(
        `Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`,
        `messages.[${index}].tool_call_id`
      )
    }
  }
  close()
}

const checkAssistants = (messages: ReadonlyArray<JsonObject>): void => {
  for (const [index, message] of messages.entries()) {
    const isEmpty = ["content", "tool_calls", "function_call", "refusal", "audio"].every(
      (name) => message[name] == null
    )
    if (message["role"] === "assistant" && isEmpty) {
      refuseOpenAi(
        `Invalid value for 'content': expected a string, got null.`,
        openAiPath(["messages", index, "content"])
      )
    }
  }
}

const checkJsonMode = (texts: ReadonlyArray<string>, isJsonMode: boolean, field: string, format: string): void => {
  if (!isJsonMode || texts.some((one) => /json/i.test(one))) return
  refuseOpenAi(`'${field}' must contain the word 'json' in some form, to use '${format}' of type 'json_object'.`, field)
}

const namesOf = (body: JsonObject): ReadonlyArray<string> =>
  objectsOf(isLegacy(body) ? body["functions"] : body["tools"]).flatMap((tool) => {
    const holder = isObject(tool["function"]) ? tool["function"] : isObject(tool["custom"]) ? tool["custom"] : tool
    const inner = tool["type"] === "namespace" ? objectsOf(tool["tools"]).map(({ name }) => String(name)) : []
    return [...(typeof holder["name"] === "string" ? [holder["name"]] : []), ...inner]
  })

const checkToolChoice = (body: JsonObject): void => {
  const choice = body["tool_choice"]
  // Tools can come with the input, too.
  if (choice == null || objectsOf(body["input"]).some((item) => Array.isArray(item["tools"]))) return
  const names = namesOf(body)
  if (choice !== "none" && arrayOf(body["tools"]).length === 0) {
    // A previous response or a conversation brings no tools along, a stored prompt does.
    if (!isObject(body["prompt"]) && choice !== "auto") {
      refuseOpenAi(
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        "tool_choice"
      )
    }
    return
  }
  if (!isObject(choice)) return
  const holder = isObject(choice["function"])
    ? choice["function"]
    : isObject(choice["custom"])
      ? choice["custom"]
      : choice
  const name = holder["name"]
  const isNamed = choice["type"] === "function" || choice["type"] === "custom"
  if (isNamed && typeof name === "string" && !names.includes(name)) {
    refuseOpenAi(`Tool choice '${choice["type"]}' not found in 'tools' parameter: '${name}'.`, "tool_choice")
  }
}

/** A schema that has to be followed strictly is within the subset that can be. */
const checkStrict = (schema: unknown, of: string, param: string, code: string | undefined): void => {
  const fault = openAiSchemaFault(schema)
  if (fault === undefined) return
  refuseOpenAi(`Invalid schema for ${of}: In context=${contextText(fault.context)}, ${fault.message}`, param, code)
}

const checkFunctions = (tools: ReadonlyArray<JsonObject>, path: S.Path): void => {
  for (const [index, tool] of tools.entries()) {
    const at = [...path, index]
    if (tool["type"] === "namespace") checkFunctions(objectsOf(tool["tools"]), [...at, "tools"])
    const isNested = isObject(tool["function"])
    const fn = isNested ? (tool["function"] as JsonObject) : tool
    if (fn["strict"] !== true || tool["type"] !== "function") continue
    const param = openAiPath([...at, ...(isNested ? ["function"] : []), "parameters"])
    checkStrict(fn["parameters"], `function '${fn["name"]}'`, param, "invalid_function_parameters")
  }
}

/** The names of the vendor's own models say what they do not take. */
const checkModelLimits = (body: JsonObject): void => {
  const model = String(body["model"])
  if (!isReasoningModel(model)) return
  if (body["max_tokens"] != null) {
    refuseOpenAi(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      "max_tokens",
      "unsupported_parameter"
    )
  }
  const temperature = body["temperature"]
  if (typeof temperature === "number" && temperature !== 1) {
    refuseOpenAi(
      `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`,
      "temperature",
      "unsupported_value"
    )
  }
}

const chat = (body: JsonObject): void => {
  const messages = objectsOf(body["messages"])
  checkAssistants(messages)
  checkChatPairs(messages)
  const format = isObject(body["response_format"]) ? body["response_format"] : {}
  checkJsonMode(
    messages.map((message) => textOf(message["content"])),
    format["type"] === "json_object",
    "messages",
    "response_format"
  )
  const schema = isObject(format["json_schema"]) ? format["json_schema"] : {}
  if (schema["strict"] === true)
    checkStrict(schema["schema"], `response_format '${schema["name"]}'`, "response_format", undefined)
  checkFunctions(objectsOf(body["tools"]), ["tools"])
  checkToolChoice(body)
  checkModelLimits(body)
  if (body["top_logprobs"] != null && body["logprobs"] !== true) {
    refuseOpenAi("'top_logprobs' is only allowed when 'logprobs' is enabled.", "top_logprobs")
  }
  if (body["stream_options"] != null && body["stream"] !== true) {
    refuseOpenAi("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
  }
}

// ---- responses

const inputParts = S.array(
  S.tagged(
    "type",
    {
      input_text: S.object({ text: required(text) }),
      output_text: S.object({ text: required(text) }),
      refusal: S.object({ refusal: required(text) }),
      input_image: S.object({ image_url: optional(text), file_id: optional(text) }),
      input_file: S.object({ file_id: optional(text), file_data: optional(text), file_url: optional(text) }),
      input_audio: S.object({ input_audio: required(S.object()) })
    },
    { others: ["text", "summary_text", "reasoning_text", "computer_screenshot", "encrypted_content"] }
  )
)

const inputMessage = S.object({
  role: required(S.oneOf("user", "assistant", "system", "developer", "critic", "discriminator", "tool", "unknown")),
  content: required(S.anyOf(text, inputParts))
})

const output = S.anyOf(text, S.array(S.object()))

const inputItem = S.tagged(
  "type",
  {
    message: inputMessage,
    function_call: S.object({ call_id: required(text), name: required(text), arguments: required(text) }),
    function_call_output: S.object({ call_id: required(text), output: required(output) }),
    custom_tool_call: S.object({ call_id: required(text), name: required(text), input: required(text) }),
    custom_tool_call_output: S.object({ call_id: required(text), output: required(output) }),
    reasoning: S.object({ summary: required(S.array(S.object())), encrypted_content: optional(text) }),
    item_reference: S.object({ id: required(text) }),
    compaction: S.object({ encrypted_content: required(text) })
  },
  { absent: inputMessage }
)

const inputField = S.anyOf(text, S.array(inputItem))
const flatFunction = S.object({
  name: required(S.string({ min: 1, max: 128, pattern: /^[a-zA-Z0-9_-]+$/ })),
  description: optional(text),
  parameters: optional(S.object()),
  strict: optional(S.boolean)
})

const responseFields: S.Fields = {
  input: optional(inputField),
  model: optional(text),
  ...sampling,
  instructions: optional(text),
  max_output_tokens: optional(S.integer({ min: 16 })),
  max_tool_calls: optional(S.integer({ min: 1 })),
  previous_response_id: optional(text),
  parallel_tool_calls: optional(S.boolean),
  background: optional(S.boolean),
  store: optional(S.boolean),
  include: optional(S.array(text)),
  top_logprobs: optional(S.integer({ min: 0, max: 20 })),
  truncation: optional(S.oneOf("auto", "disabled")),
  conversation: optional(S.anyOf(text, S.object({ id: required(text) }))),
  prompt: optional(S.object({ id: required(text) })),
  reasoning: optional(
    S.object({
      effort: optional(S.oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max")),
      summary: optional(S.oneOf("auto", "concise", "detailed"))
    })
  ),
  text: optional(
    S.object({
      format: optional(
        S.tagged(
          "type",
          {
            text: S.object(),
            json_object: S.object(),
            json_schema: S.object({
              name: required(toolName),
              schema: required(S.object()),
              strict: optional(S.boolean)
            })
          },
          { others: ["grammar", "python"] }
        )
      ),
      verbosity: optional(S.oneOf("low", "medium", "high"))
    })
  ),
  tools: optional(
    S.array(
      S.tagged("type", {
        function: flatFunction,
        custom: S.object({ name: required(toolName) }),
        file_search: S.object({ vector_store_ids: required(S.array(text, { min: 1 })) }),
        mcp: S.object({ server_label: required(text) }),
        namespace: S.object({ name: required(text), tools: required(S.array(S.object())) })
      })
    )
  ),
  tool_choice: optional(S.anyOf(S.oneOf("none", "auto", "required"), S.object({ type: required(text) })))
}

const response = (body: JsonObject): void => {
  if (
    body["input"] == null &&
    body["prompt"] == null &&
    body["previous_response_id"] == null &&
    body["conversation"] == null
  ) {
    refuseOpenAi("Missing required parameter: 'input'.", "input", "missing_required_parameter")
  }
  if (body["model"] == null && body["prompt"] == null) {
    refuseOpenAi("Missing required parameter: 'model'.", "model", "missing_required_parameter")
  }
  if (body["previous_response_id"] != null && body["conversation"] != null) {
    refuseOpenAi(
      "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing one of them.",
      "previous_response_id",
      "mutually_exclusive_parameters"
    )
  }
  if (body["background"] === true && body["store"] === false) {
    refuseOpenAi("Background responses require 'store' to be true.", "store")
  }
  const format = isObject(body["text"]) && isObject(body["text"]["format"]) ? body["text"]["format"] : {}
  const texts = objectsOf(body["input"]).map((item) => textOf(item["content"]))
  checkJsonMode(
    [textOf(body["instructions"]), ...(typeof body["input"] === "string" ? [body["input"]] : texts)],
    format["type"] === "json_object" && body["previous_response_id"] == null && body["conversation"] == null,
    "input",
    "text.format"
  )
  if (format["type"] === "json_schema" && format["strict"] === true) {
    checkStrict(format["schema"], `response_format '${format["name"]}'`, "text.format.schema", "invalid_json_schema")
  }
  checkFunctions(objectsOf(body["tools"]), ["tools"])
  checkToolChoice(body)
  if (/^o\d/.test(String(body["model"])) && body["temperature"] != null) {
    refuseOpenAi("Unsupported parameter: 'temperature' is not supported with this model.", "temperature")
  }
}

// ---- other endpoints

const tokens = S.array(S.integer({ min: 0 }))
const embeddingInput = S.anyOf(
  S.string({ min: 1 }),
  S.array(S.anyOf(S.string({ min: 1 }), S.integer({ min: 0 }), tokens), { min: 1, max: 2048 })
)

const threadMessage = S.object({
  role: required(S.oneOf("user", "assistant")),
  content: required(S.anyOf(text, S.array(S.object({ type: required(text) }), { min: 1 }))),
  metadata: optional(metadata)
})
const thread = S.object({ messages: optional(S.array(threadMessage)), metadata: optional(metadata) })
const assistantTools = S.array(
  S.tagged(
    "type",
    {
      code_interpreter: S.object(),
      file_search: S.object(),
      function: S.object({ function: required(functionFields) })
    },
    { others: [] }
  )
)
const runFields: S.Fields = {
  assistant_id: required(text),
  model: optional(text),
  instructions: optional(text),
  additional_messages: optional(S.array(threadMessage)),
  tools: optional(assistantTools),
  max_prompt_tokens: optional(S.integer({ min: 256 })),
  max_completion_tokens: optional(S.integer({ min: 256 })),
  ...sampling
}

interface Check {
  readonly fields: S.Fields
  /** Documented fields without a check of their own. Other fields are refused for the vendor's own models. */
  readonly others?: ReadonlyArray<string>
  readonly more?: (body: JsonObject) => void
}

const chatCheck: Check = {
  fields: chatFields,
  others: [
    "audio",
    "modalities",
    "moderation",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "verbosity",
    "web_search_options"
  ],
  more: chat
}
const responseCheck: Check = {
  fields: responseFields,
  others: [
    "access_programs",
    "background_options",
    "context_management",
    "image",
    "moderation",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "stream_options"
  ],
  more: response
}
const runCheck: Check = { fields: runFields }
const createAndRunCheck: Check = { fields: { ...runFields, thread: optional(thread) } }
const imageFields: S.Fields = { n: optional(count(1, 10)), model: optional(text) }

/** A whole number, which a form has as text. */
function count(min: number, max: number): S.Shape {
  const whole = S.integer({ min, max })
  return {
    types: whole.types,
    accepts: (value) => whole.accepts(typeof value === "string" ? Number(value) : value),
    check: (value, path, isOpen) =>
      whole.check(typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value, path, isOpen)
  }
}

const checks: { readonly [endpoint: string]: Check } = {
  "chat.completions.create": chatCheck,
  "responses.create": responseCheck,
  "beta.responses.create": responseCheck,
  "responses.inputTokens.count": { fields: { input: optional(inputField), tools: optional(S.array(S.object())) } },
  "responses.compact": { fields: { model: required(text), input: optional(inputField) } },
  "completions.create": {
    fields: {
      model: required(text),
      prompt: required(S.anyOf(text, S.array(S.anyOf(text, S.integer(), tokens)))),
      max_tokens: optional(S.integer({ min: 0 })),
      best_of: optional(S.integer({ min: 1, max: 20 })),
      ...sampling,
      ...penalties
    }
  },
  "embeddings.create": {
    fields: {
      input: required(embeddingInput),
      model: required(text),
      dimensions: optional(S.integer({ min: 1, max: 3072 })),
      encoding_format: optional(S.oneOf("float", "base64"))
    }
  },
  "moderations.create": {
    fields: { input: required(S.anyOf(text, S.array(S.anyOf(text, S.object({ type: required(text) }))))) }
  },
  "images.generate": { fields: { ...imageFields, prompt: required(text) } },
  "images.edit": { fields: { ...imageFields, prompt: required(text) } },
  "images.createVariation": { fields: imageFields },
  "audio.speech.create": {
    fields: {
      input: required(S.string({ max: 4096 })),
      model: required(text),
      voice: required(S.anyOf(text, S.object()))
    }
  },
  "audio.transcriptions.create": { fields: { file: required(S.anything), model: required(text) } },
  "audio.translations.create": { fields: { file: required(S.anything), model: required(text) } },
  "files.create": { fields: { file: required(S.anything), purpose: required(text) } },
  "batches.create": {
    fields: {
      input_file_id: required(text),
      endpoint: required(S.string({ pattern: /^\/v1\// })),
      completion_window: required(S.oneOf("24h")),
      metadata: optional(metadata)
    }
  },
  "fineTuning.jobs.create": {
    fields: { model: required(text), training_file: required(text), metadata: optional(metadata) }
  },
  "vectorStores.create": {
    fields: { name: optional(text), file_ids: optional(S.array(text, { max: 500 })), metadata: optional(metadata) }
  },
  "vectorStores.files.create": { fields: { file_id: required(text) } },
  "vectorStores.search": { fields: { query: required(S.anyOf(text, S.array(text))) } },
  "conversations.create": {
    fields: { items: optional(S.array(inputItem, { max: 20 })), metadata: optional(metadata) }
  },
  "conversations.items.create": { fields: { items: required(S.array(inputItem, { max: 20 })) } },
  "beta.assistants.create": {
    fields: {
      model: required(text),
      tools: optional(assistantTools),
      ...sampling,
      name: optional(S.string({ max: 256 }))
    }
  },
  "beta.threads.create": { fields: { messages: optional(S.array(threadMessage)), metadata: optional(metadata) } },
  "beta.threads.messages.create": {
    fields: {
      role: required(S.oneOf("user", "assistant")),
      content: required(S.anyOf(text, S.array(S.object({ type: required(text) }), { min: 1 })))
    }
  },
  "beta.threads.runs.create": runCheck,
  "beta.threads.createAndRun": createAndRunCheck,
  "beta.threads.runs.submitToolOutputs": {
    fields: { tool_outputs: required(S.array(S.object({ tool_call_id: optional(text), output: optional(text) }))) }
  }
}

/** Compatible servers take fields of their own, so names are checked for the vendor's models. */
const unknownField = (body: JsonObject, fields: S.Fields, others: ReadonlyArray<string>): S.Fault | undefined =>
  isOpenAiModel(String(body["model"]))
    ? S.unknownFault(body, new Set([...Object.keys(fields), ...others]), [])
    : undefined

/** Refuses a request that the API refuses. */
export const checkOpenAi = ({ body, endpoint, incoming }: Pick<Exchange, "body" | "endpoint" | "incoming">): void => {
  const check = checks[endpoint.id.replace(/:stream$/, "")]
  if (check === undefined) return
  if (incoming.isOther) refuseOpenAi("Invalid body: expected an object, but got something else instead.", undefined)
  const isOpen = typeof body["model"] === "string" && !isOpenAiModel(body["model"])
  const fault = S.fieldsFault(body, check.fields, [], isOpen)
  if (fault !== undefined) refuseOpenAiFault(fault)
  const unknown = check.others === undefined ? undefined : unknownField(body, check.fields, check.others)
  if (unknown !== undefined) refuseOpenAiFault(unknown)
  check.more?.(body)
}
