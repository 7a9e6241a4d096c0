/** Refuses messages as Anthropic does: types and limits of fields first, then rules between blocks. */
import { arrayOf, isObject, type JsonObject, objectsOf } from "../../../../internal/json/json.ts"
import { anthropicPath, refuseAnthropic, refuseAnthropicFault } from "../checks/complaints.ts"
import * as S from "../checks/shape.ts"
import { anthropicSchemaFault } from "../checks/strictSchema.ts"

const { optional, required } = S

const text = S.string()
const cacheControl = optional(S.object({ type: required(S.oneOf("ephemeral")), ttl: optional(S.oneOf("5m", "1h")) }))
const toolUseId = S.string({ pattern: /^[a-zA-Z0-9_-]+$/ })

const source = S.tagged("type", {
  base64: S.object({ data: required(text), media_type: required(text) }),
  url: S.object({ url: required(text) }),
  text: S.object({ data: required(text), media_type: required(text) }),
  file: S.object({ file_id: required(text) })
})

const textBlock = S.object({ text: required(text), cache_control: cacheControl })
const toolUse = S.object({
  id: required(toolUseId),
  name: required(S.string({ min: 1 })),
  input: required(S.object()),
  cache_control: cacheControl
})

const blocks = S.tagged(
  "type",
  {
    text: textBlock,
    image: S.object({ source: required(source), cache_control: cacheControl }),
    document: S.object({ source: required(source), cache_control: cacheControl }),
    thinking: S.object({ thinking: required(text), signature: required(text) }),
    redacted_thinking: S.object({ data: required(text) }),
    tool_use: toolUse,
    server_tool_use: toolUse,
    tool_result: S.object({
      tool_use_id: required(toolUseId),
      content: optional(S.anyOf(text, S.array(S.object({ type: required(text) })))),
      is_error: optional(S.boolean),
      cache_control: cacheControl
    }),
    search_result: S.object({ content: required(S.array(S.object())), source: required(text), title: required(text) })
  },
  {
    others: [
      "advisor_tool_result",
      "bash_code_execution_tool_result",
      "code_execution_tool_result",
      "compaction",
      "container_upload",
      "fallback",
      "mcp_tool_listing",
      "mcp_tool_result",
      "mcp_tool_use",
      "text_editor_code_execution_tool_result",
      "tool_addition",
      "tool_removal",
      "tool_search_tool_result",
      "web_fetch_tool_result",
      "web_search_tool_result"
    ]
  }
)

const message = S.object({
  role: required(S.oneOf("user", "assistant", "system")),
  content: required(S.anyOf(text, S.array(blocks)))
})

const systemPrompt = S.anyOf(text, S.array(S.tagged("type", { text: textBlock }, { others: [] })))

const customTool = S.object({
  name: required(S.string({ pattern: /^[a-zA-Z0-9_-]{1,128}$/ })),
  description: optional(text),
  input_schema: required(S.object({ type: required(S.oneOf("object")) })),
  cache_control: cacheControl,
  strict: optional(S.boolean)
})

/** A tool without a type is one of the caller's. */
const tool = S.tagged("type", { custom: customTool }, { absent: customTool })

const thinking = S.tagged(
  "type",
  {
    enabled: S.object({ budget_tokens: required(S.integer({ min: 1024 })) }),
    disabled: S.object(),
    adaptive: S.object()
  },
  { others: [] }
)

const outputFormat = S.tagged("type", { json_schema: S.object({ schema: required(S.object()) }) }, { others: [] })

const common: S.Fields = {
  model: required(S.string({ min: 1 })),
  messages: required(S.array(message)),
  system: optional(systemPrompt),
  thinking: optional(thinking),
  tool_choice: optional(
    S.tagged(
      "type",
      { auto: S.object(), any: S.object(), none: S.object(), tool: S.object({ name: required(text) }) },
      { others: [] }
    )
  ),
  tools: optional(S.array(tool)),
  output_config: optional(
    S.object({
      effort: optional(S.oneOf("low", "medium", "high", "xhigh", "max")),
      format: optional(outputFormat)
    })
  ),
  output_format: optional(outputFormat),
  cache_control: cacheControl
}

const createFields: S.Fields = {
  ...common,
  max_tokens: required(S.integer({ min: 0 })),
  temperature: optional(S.number({ min: 0, max: 1 })),
  top_p: optional(S.number({ min: 0, max: 1 })),
  top_k: optional(S.integer({ min: 0 })),
  stop_sequences: optional(S.array(text)),
  stream: optional(S.boolean),
  metadata: optional(S.object({ user_id: optional(S.string({ max: 512 })) })),
  service_tier: optional(S.oneOf("auto", "standard_only"))
}

/** Documented fields without a check of their own, those of betas included. */
const others = [
  "betas",
  "billing_policy",
  "compaction",
  "container",
  "context_management",
  "diagnostics",
  "fallback_credit_token",
  "fallbacks",
  "inference_geo",
  "mcp_servers",
  "speed",
  "thread",
  "user_profile_id",
  "workspace_id"
]
const createNames = new Set([...Object.keys(createFields), ...others])
const countNames = new Set([...Object.keys(common), ...others])

const isClaude = (body: JsonObject): boolean => /claude/i.test(String(body["model"]))

/** Compatible servers take fields of their own, so names are checked for the vendor's models. */
const checkNames = (body: JsonObject, names: ReadonlySet<string>): void => {
  const fault = isClaude(body) ? S.unknownFault(body, names, []) : undefined
  if (fault !== undefined) refuseAnthropicFault(fault)
}

const checkFields = (body: JsonObject, fields: S.Fields): void => {
  const fault = S.fieldsFault(body, fields, [], typeof body["model"] === "string" && !isClaude(body))
  if (fault !== undefined) refuseAnthropicFault(fault)
}

/** Refuses a body of JSON that is not an object. */
export const checkObject = ({ isOther }: { readonly isOther: boolean }): void => {
  if (isOther) refuseAnthropic("Input should be a valid dictionary or object to extract fields from")
}

/** Refuses what `POST /v1/messages` refuses. */
export const checkMessages = (body: JsonObject): void => {
  checkFields(body, createFields)
  checkNames(body, createNames)
  checkConversation(body)
  checkThinking(body)
  for (const [index, sequence] of arrayOf(body["stop_sequences"]).entries()) {
    if (String(sequence).trim() === "") {
      refuseAnthropic(`stop_sequences.${index}: each stop sequence must contain non-whitespace`)
    }
  }
}

/** Refuses what `POST /v1/messages/count_tokens` refuses. */
export const checkCountTokens = (body: JsonObject): void => {
  checkFields(body, common)
  checkNames(body, countNames)
  checkConversation(body)
}

const batchFields: S.Fields = {
  requests: required(
    S.array(
      S.object({ custom_id: required(S.string({ pattern: /^[a-zA-Z0-9_-]{1,64}$/ })), params: required(S.object()) }),
      { min: 1, max: 100_000 }
    )
  )
}

/** Refuses a batch whose requests are none; what is wrong with their parameters is in its results. */
export const checkBatch = (body: JsonObject): void => checkFields(body, batchFields)

const checkConversation = (body: JsonObject): void => {
  const messages = objectsOf(body["messages"])
  if (messages.length === 0) refuseAnthropic("messages: at least one message is required")
  if (messages[0]?.["role"] === "system") {
    refuseAnthropic(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.'
    )
  }
  checkEmpty(messages)
  checkPairs(messages)
  checkSignatures(messages)
  checkCacheControls(body)
  checkTools(body)
  checkSchemas(body)
}

const checkEmpty = (messages: ReadonlyArray<JsonObject>): void => {
  for (const [index, { content, role }] of messages.entries()) {
    const isLast = index === messages.length - 1
    if ((content === "" || (Array.isArray(content) && content.length === 0)) && !(isLast && role === "assistant")) {
      refuseAnthropic(
        `messages.${index}: ${role} messages must have non-empty content${isLast ? "" : " except for the optional final assistant message"}`
      )
    }
    if (objectsOf(content).some((block) => block["type"] === "text" && block["text"] === "")) {
      refuseAnthropic("messages: text content blocks must be non-empty")
    }
    const last = typeof content === "string" ? content : objectsOf(content).at(-1)?.["text"]
    if (isLast && role === "assistant" && typeof last === "string" && /\s$/.test(last)) {
      refuseAnthropic("messages: final assistant content cannot end with trailing whitespace")
    }
  }
}

const idsOf = (message: JsonObject | undefined, type: string, name: string): ReadonlyArray<string> =>
  objectsOf(message?.["content"]).flatMap((block) => (block["type"] === type ? [String(block[name])] : []))

/** Neighbours of one role are one message to the API. Results are in the one that follows the calls, and nowhere else. */
const turnsOf = (
  messages: ReadonlyArray<JsonObject>
): ReadonlyArray<{ readonly at: number; readonly message: JsonObject }> => {
  const turns: Array<{ at: number; message: JsonObject }> = []
  for (const [at, message] of messages.entries()) {
    const before = turns.at(-1)
    const content = objectsOf(message["content"])
    // Instructions in between do not part a call from its result.
    if (message["role"] === "system") continue
    if (before !== undefined && before.message["role"] === message["role"]) {
      before.message = { ...before.message, content: [...objectsOf(before.message["content"]), ...content] }
      continue
    }
    turns.push({ at, message: { ...message, content } })
  }
  return turns
}

const checkPairs = (messages: ReadonlyArray<JsonObject>): void => {
  const turns = turnsOf(messages)
  const seen = new Set<string>()
  for (const [index, { at, message }] of turns.entries()) {
    const before = turns[index - 1]?.message
    const after = turns[index + 1]?.message
    const calls = message["role"] === "assistant" ? idsOf(message, "tool_use", "id") : []
    const again = calls.find((id) => seen.has(id))
    if (again !== undefined) refuseAnthropic(`messages.${at}: \`tool_use\` ids must be unique`)
    for (const id of calls) seen.add(id)
    const results = idsOf(after, "tool_result", "tool_use_id")
    const open = calls.filter((id) => !results.includes(id))
    // The last turn of the assistant may be one that the API itself goes on with.
    if (open.length > 0) {
      refuseAnthropic(
        `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. ` +
          "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
      )
    }
    const called = before?.["role"] === "assistant" ? idsOf(before, "tool_use", "id") : []
    const orphan = idsOf(message, "tool_result", "tool_use_id").find((id) => !called.includes(id))
    if (orphan !== undefined) {
      const block = objectsOf(message["content"]).findIndex((block) => block["tool_use_id"] === orphan)
      refuseAnthropic(
        `messages.${at}.content.${block}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${orphan}. ` +
          "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
      )
    }
  }
}

/** Thinking goes back as it came; without its signature it is not the model's. */
const checkSignatures = (messages: ReadonlyArray<JsonObject>): void => {
  for (const [index, { content }] of messages.entries()) {
    for (const [at, block] of objectsOf(content).entries()) {
      if (block["type"] === "thinking" && !isSignature(block["signature"])) {
        refuseAnthropic(`messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block`)
      }
    }
  }
}

const isSignature = (signature: unknown): boolean =>
  typeof signature === "string" && signature.length >= 4 && /^[A-Za-z0-9+/_-]+=*$/.test(signature)

const maxBreakpoints = 4

const checkCacheControls = (body: JsonObject): void => {
  const found = [
    ...controlsIn(objectsOf(body["tools"]), ["tools"]),
    ...controlsIn(objectsOf(body["system"]), ["system"]),
    ...objectsOf(body["messages"]).flatMap(({ content }, index) =>
      controlsIn(objectsOf(content), ["messages", index, "content"])
    ),
    ...(isObject(body["cache_control"]) ? [{ path: ["cache_control"] as S.Path, control: body["cache_control"] }] : [])
  ]
  if (found.length > maxBreakpoints) {
    refuseAnthropic(`A maximum of ${maxBreakpoints} blocks with cache_control may be provided. Found ${found.length}.`)
  }
  let isShort = false
  for (const { control, path } of found) {
    if (control["ttl"] !== "1h") isShort = true
    else if (isShort) {
      refuseAnthropic(
        `${anthropicPath(path)}: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. ` +
          "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
      )
    }
  }
}

interface Control {
  readonly path: S.Path
  readonly control: JsonObject
}

const controlsIn = (blocks: ReadonlyArray<JsonObject>, path: S.Path): ReadonlyArray<Control> =>
  blocks.flatMap((block, index) => {
    const { cache_control: control, content } = block
    const own = isObject(control) ? [{ path: [...path, index, "cache_control"], control }] : []
    return [...controlsIn(objectsOf(content), [...path, index, "content"]), ...own]
  })

const checkTools = (body: JsonObject): void => {
  const names = objectsOf(body["tools"]).map(({ name }) => name)
  const named = names.filter((name) => typeof name === "string")
  if (new Set(named).size < named.length) refuseAnthropic("tools: Tool names must be unique.")
  const choice = isObject(body["tool_choice"]) ? body["tool_choice"] : {}
  // The tools of MCP servers are not in the request.
  if (objectsOf(body["mcp_servers"]).length > 0) return
  if ((choice["type"] === "any" || choice["type"] === "tool") && names.length === 0) {
    refuseAnthropic("tool_choice: Tools must be provided when specifying tool_choice")
  }
  if (choice["type"] === "tool" && !names.includes(choice["name"])) {
    refuseAnthropic(`tool_choice: Tool '${choice["name"]}' not found in provided tools`)
  }
}

const checkSchemas = (body: JsonObject): void => {
  const output = isObject(body["output_config"]) ? body["output_config"]["format"] : undefined
  for (const [path, format] of [
    ["output_config.format.schema", output],
    ["output_format.schema", body["output_format"]]
  ] as const) {
    const fault = isObject(format) ? anthropicSchemaFault(format["schema"]) : undefined
    if (fault !== undefined) refuseAnthropic(`${path}: ${fault.message}`)
  }
  for (const [index, { input_schema: schema, strict }] of objectsOf(body["tools"]).entries()) {
    const fault = strict === true ? anthropicSchemaFault(schema) : undefined
    if (fault !== undefined) refuseAnthropic(`tools.${index}.custom.input_schema: ${fault.message}`)
  }
}

const checkThinking = (body: JsonObject): void => {
  const { max_tokens: most, thinking, tool_choice: choice } = body
  if (!isObject(thinking) || thinking["type"] !== "enabled") return
  const isInterleaved = objectsOf(body["tools"]).length > 0
  if (Number(most) <= Number(thinking["budget_tokens"]) && !isInterleaved) {
    refuseAnthropic("`max_tokens` must be greater than `thinking.budget_tokens`.")
  }
  if (body["temperature"] != null && body["temperature"] !== 1) {
    refuseAnthropic("`temperature` may only be set to 1 when thinking is enabled.")
  }
  if (body["top_k"] != null) refuseAnthropic("`top_k` must be unset when thinking is enabled.")
  if (isObject(choice) && (choice["type"] === "any" || choice["type"] === "tool")) {
    refuseAnthropic("Thinking may not be enabled when tool_choice forces tool use.")
  }
}
