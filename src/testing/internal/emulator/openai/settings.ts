/** The settings that every answer repeats, with the API's defaults. */
import { entryOf, isObject, type JsonObject, objectsOf } from "../../../../internal/json/json.ts"
import { seconds } from "../exchange.ts"

/** The properties of a body that are given, in place of the defaults of the same name. */
const chosen = (defaults: JsonObject, body: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, body[name] ?? value]))

const responseDefaults: JsonObject = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  previous_response_id: null,
  prompt_cache_key: null,
  prompt_cache_retention: null,
  safety_identifier: null,
  store: true,
  temperature: 1,
  tool_choice: "auto",
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
  user: null
}

const noToolUsage: JsonObject = {
  image_gen: {
    input_tokens: 0,
    input_tokens_details: { image_tokens: 0, text_tokens: 0 },
    output_tokens: 0,
    output_tokens_details: { image_tokens: 0, text_tokens: 0 },
    total_tokens: 0
  },
  web_search: { num_requests: 0 }
}

/** The settings of a response. */
export const responseSettings = (body: JsonObject): JsonObject => ({
  ...chosen(responseDefaults, body),
  billing: { payer: "developer" },
  moderation: null,
  reasoning: { effort: null, summary: null, ...(isObject(body["reasoning"]) ? body["reasoning"] : {}) },
  service_tier: servedTier(body),
  text: textSettings(body["text"]),
  tool_usage: noToolUsage,
  tools: objectsOf(body["tools"]).map(toolSettings)
})

/** `auto` is a wish; the answer says which tier it was. */
export const servedTier = ({ service_tier: tier }: JsonObject): unknown =>
  tier === undefined || tier === null || tier === "auto" ? "default" : tier

const textSettings = (text: unknown): JsonObject => {
  const given = isObject(text) ? text : {}
  const format = isObject(given["format"]) ? given["format"] : { type: "text" }
  return {
    verbosity: "medium",
    ...given,
    format: format["type"] === "json_schema" ? { description: null, strict: true, ...format } : format
  }
}

const functionSettings: JsonObject = { description: null, parameters: null, strict: true }

const toolDefaults: { readonly [type: string]: JsonObject } = {
  function: functionSettings,
  custom: { description: null, format: { type: "text" } },
  tool_search: { description: null, parameters: null },
  file_search: { filters: null, max_num_results: 20, ranking_options: { ranker: "auto", score_threshold: 0 } },
  image_generation: {
    background: "auto",
    moderation: "auto",
    n: 1,
    output_compression: 100,
    output_format: "png",
    quality: "auto",
    size: "auto"
  },
  mcp: { allowed_tools: null, headers: null, require_approval: "always", server_description: null },
  web_search: { return_token_budget: "default", search_context_size: "medium" },
  web_search_preview: { search_context_size: "medium" }
}

const anywhere: JsonObject = { type: "approximate", city: null, country: "US", region: null, timezone: null }

const toolSettings = (tool: JsonObject): JsonObject => {
  const whole = { ...entryOf(toolDefaults, String(tool["type"])), ...tool }
  switch (tool["type"]) {
    case "web_search":
    case "web_search_preview": {
      const { external_web_access: _, ...rest } = whole as JsonObject
      return {
        ...rest,
        user_location: { ...anywhere, ...(isObject(tool["user_location"]) ? tool["user_location"] : {}) }
      }
    }
    case "namespace":
      return {
        ...whole,
        tools: objectsOf(tool["tools"]).map((inner) => ({ output_schema: null, ...toolSettings(inner) }))
      }
    default:
      return whole
  }
}

const assistantDefaults: JsonObject = {
  description: null,
  instructions: null,
  metadata: {},
  name: null,
  reasoning_effort: null,
  response_format: "auto",
  temperature: 1,
  tool_resources: {},
  tools: [],
  top_p: 1
}

/** The settings of an assistant. */
export const assistantSettings = (body: JsonObject): JsonObject => withResources(chosen(assistantDefaults, body))

/** Tools that read files list them, even if the list is empty. */
const withResources = (settings: JsonObject): JsonObject => {
  const types = new Set(objectsOf(settings["tools"]).map(({ type }) => type))
  return {
    ...settings,
    tool_resources: {
      ...(types.has("code_interpreter") ? { code_interpreter: { file_ids: [] } } : {}),
      ...(types.has("file_search") ? { file_search: { vector_store_ids: [] } } : {}),
      ...(isObject(settings["tool_resources"]) ? settings["tool_resources"] : {})
    }
  }
}

const runDefaults: JsonObject = {
  instructions: "",
  max_completion_tokens: null,
  max_prompt_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  reasoning_effort: null,
  response_format: "auto",
  temperature: 1,
  tool_choice: "auto",
  tool_resources: {},
  tools: [],
  top_p: 1,
  truncation_strategy: { type: "auto", last_messages: null }
}

/** The settings of a run: its own, else its assistant's. */
export const runSettings = (body: JsonObject, assistant: JsonObject): JsonObject =>
  withResources(chosen(runDefaults, { ...assistant, ...given(body) }))

const given = (body: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value != null))

/** The fields of a run that has not ended. */
export const unfinishedRun = (now: number): JsonObject => ({
  cancelled_at: null,
  completed_at: null,
  expires_at: seconds(now) + 600,
  failed_at: null,
  incomplete_details: null,
  last_error: null,
  required_action: null,
  started_at: null,
  usage: null
})

/** The tokens of an answer as chat completions count them. */
export const completionUsage = (tokens: {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}): JsonObject => ({
  prompt_tokens: tokens.input,
  completion_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
  prompt_tokens_details: { cached_tokens: tokens.cached, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: tokens.reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0
  }
})
