/** The endpoints of `bots` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * Selects versions of an agent.
 *
 * @category models
 */
export type PublishStatus = "all" | "published_online" | "published_draft" | "unpublished_draft"

/**
 * A plugin tool for an agent. Without `api_id`, all tools of the plugin.
 *
 * @category models
 */
export interface PluginIdInfo {
  readonly plugin_id: string
  readonly api_id?: string | undefined
}

/**
 * The model of an agent and its sampling settings.
 *
 * @category models
 */
export interface ModelInfoConfig {
  readonly model_id: string
  readonly top_k?: number | undefined
  readonly top_p?: number | undefined
  readonly max_tokens?: number | undefined
  readonly temperature?: number | undefined
  /** How many rounds of the conversation the model sees. */
  readonly context_round?: number | undefined
  readonly response_format?: "text" | "markdown" | "json" | undefined
  readonly presence_penalty?: number | undefined
  readonly frequency_penalty?: number | undefined
  /** Settings of some models only, such as `thinking_type`. */
  readonly parameters?: { readonly [name: string]: string } | undefined
}

/**
 * The datasets of an agent.
 *
 * @category models
 */
export interface KnowledgeConfig {
  readonly dataset_ids?: ReadonlyArray<string> | undefined
  /** Whether every message is searched for in the datasets. */
  readonly auto_call?: boolean | undefined
  /** 0 semantic, 1 hybrid, 20 full text. */
  readonly search_strategy?: number | undefined
}

/**
 * Whether an agent suggests what the user could ask next.
 *
 * @category models
 */
export interface SuggestReplyInfo {
  readonly reply_mode?: "disable" | "enable" | "customized" | (string & {}) | null | undefined
  readonly customized_prompt?: string | null | undefined
}
export const SuggestReplyInfo: Open.Codec<SuggestReplyInfo> = /*#__PURE__*/ Open.struct(() => ({
  reply_mode: Open.optional(Open.literals("disable", "enable", "customized")),
  customized_prompt: Open.optional(Schema.String)
}))

/**
 * The agent's system prompt.
 *
 * @category models
 */
export interface PromptInfo {
  readonly prompt?: string | null | undefined
}
export const PromptInfo: Open.Codec<PromptInfo> = /*#__PURE__*/ Open.struct(() => ({
  prompt: Open.optional(Schema.String)
}))

/**
 * How an agent greets.
 *
 * @category models
 */
export interface OnboardingInfo {
  readonly prologue?: string | null | undefined
  readonly suggested_questions?: ReadonlyArray<string> | null | undefined
}
export const OnboardingInfo: Open.Codec<OnboardingInfo> = /*#__PURE__*/ Open.struct(() => ({
  prologue: Open.optional(Schema.String),
  suggested_questions: Open.optional(Open.array(Schema.String))
}))

/**
 * A tool of a plugin.
 *
 * @category models
 */
export interface PluginTool {
  readonly api_id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
}
export const PluginTool: Open.Codec<PluginTool> = /*#__PURE__*/ Open.struct(() => ({
  api_id: Schema.String,
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String)
}))

/**
 * A plugin that the agent may use, and its tools.
 *
 * @category models
 */
export interface BotPlugin {
  readonly plugin_id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly icon_url?: string | null | undefined
  readonly api_info_list?: ReadonlyArray<PluginTool> | null | undefined
}
export const BotPlugin: Open.Codec<BotPlugin> = /*#__PURE__*/ Open.struct(() => ({
  plugin_id: Schema.String,
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  api_info_list: Open.optional(Open.array(PluginTool))
}))

/**
 * The model of an agent and its sampling parameters.
 *
 * @category models
 */
export interface ModelInfo {
  readonly model_id?: string | null | undefined
  readonly model_name?: string | null | undefined
  readonly temperature?: number | null | undefined
  readonly context_round?: number | null | undefined
  readonly max_tokens?: number | null | undefined
  readonly response_format?: "text" | "markdown" | "json" | (string & {}) | null | undefined
  readonly top_k?: number | null | undefined
  readonly top_p?: number | null | undefined
  readonly presence_penalty?: number | null | undefined
  readonly frequency_penalty?: number | null | undefined
  readonly parameters?: { readonly [name: string]: unknown } | null | undefined
}
export const ModelInfo: Open.Codec<ModelInfo> = /*#__PURE__*/ Open.struct(() => ({
  model_id: Open.optional(Schema.String),
  model_name: Open.optional(Schema.String),
  temperature: Open.optional(Schema.Number),
  context_round: Open.optional(Schema.Number),
  max_tokens: Open.optional(Schema.Number),
  response_format: Open.optional(Open.literals("text", "markdown", "json")),
  top_k: Open.optional(Schema.Number),
  top_p: Open.optional(Schema.Number),
  presence_penalty: Open.optional(Schema.Number),
  frequency_penalty: Open.optional(Schema.Number),
  parameters: Open.optional(Open.record(Schema.Unknown))
}))

/**
 * The id and name of a knowledge base.
 *
 * @category models
 */
export interface KnowledgeRef {
  readonly id?: string | null | undefined
  readonly name?: string | null | undefined
}
export const KnowledgeRef: Open.Codec<KnowledgeRef> = /*#__PURE__*/ Open.struct(() => ({
  id: Open.optional(Schema.String),
  name: Open.optional(Schema.String)
}))

/**
 * The knowledge bases of an agent, and how they are searched.
 *
 * @category models
 */
export interface BotKnowledge {
  readonly knowledge_infos?: ReadonlyArray<KnowledgeRef> | null | undefined
  readonly dataset_ids?: ReadonlyArray<string> | null | undefined
  readonly auto_call?: boolean | null | undefined
  readonly search_strategy?: number | null | undefined
}
export const BotKnowledge: Open.Codec<BotKnowledge> = /*#__PURE__*/ Open.struct(() => ({
  knowledge_infos: Open.optional(Open.array(KnowledgeRef)),
  dataset_ids: Open.optional(Open.array(Schema.String)),
  auto_call: Open.optional(Schema.Boolean),
  search_strategy: Open.optional(Schema.Number)
}))

/**
 * The plugin or workflow that a shortcut runs.
 *
 * @category models
 */
export interface ShortcutCommandTool {
  readonly name?: string | null | undefined
  readonly type?: "plugin" | "workflow" | (string & {}) | null | undefined
}
export const ShortcutCommandTool: Open.Codec<ShortcutCommandTool> = /*#__PURE__*/ Open.struct(() => ({
  name: Open.optional(Schema.String),
  type: Open.optional(Open.literals("plugin", "workflow"))
}))

/**
 * An input of a shortcut's form.
 *
 * @category models
 */
export interface ShortcutCommandComponent {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly type?: "text" | "select" | "file" | (string & {}) | null | undefined
  readonly tool_parameter?: string | null | undefined
  readonly default_value?: string | null | undefined
  readonly is_hide?: boolean | null | undefined
  readonly options?: ReadonlyArray<string> | null | undefined
}
export const ShortcutCommandComponent: Open.Codec<ShortcutCommandComponent> = /*#__PURE__*/ Open.struct(() => ({
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  type: Open.optional(Open.literals("text", "select", "file")),
  tool_parameter: Open.optional(Schema.String),
  default_value: Open.optional(Schema.String),
  is_hide: Open.optional(Schema.Boolean),
  options: Open.optional(Open.array(Schema.String))
}))

/**
 * A button of an agent; its `id` goes into `shortcut_command` of a chat.
 *
 * @category models
 */
export interface ShortcutCommandInfo {
  readonly id: string
  readonly name?: string | null | undefined
  readonly tool?: ShortcutCommandTool | null | undefined
  readonly command?: string | null | undefined
  readonly agent_id?: string | null | undefined
  readonly icon_url?: string | null | undefined
  readonly components?: ReadonlyArray<ShortcutCommandComponent> | null | undefined
  readonly description?: string | null | undefined
  readonly query_template?: string | null | undefined
}
export const ShortcutCommandInfo: Open.Codec<ShortcutCommandInfo> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  tool: Open.optional(ShortcutCommandTool),
  command: Open.optional(Schema.String),
  agent_id: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  components: Open.optional(Open.array(ShortcutCommandComponent)),
  description: Open.optional(Schema.String),
  query_template: Open.optional(Schema.String)
}))

/**
 * A workflow that the agent may run.
 *
 * @category models
 */
export interface BotWorkflow {
  readonly id: string
  readonly name?: string | null | undefined
  readonly icon_url?: string | null | undefined
  readonly description?: string | null | undefined
}
export const BotWorkflow: Open.Codec<BotWorkflow> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  description: Open.optional(Schema.String)
}))

/**
 * Where the gradients at the sides of a background image begin.
 *
 * @category models
 */
export interface GradientPosition {
  readonly left?: number | null | undefined
  readonly right?: number | null | undefined
}
export const GradientPosition: Open.Codec<GradientPosition> = /*#__PURE__*/ Open.struct(() => ({
  left: Open.optional(Schema.Number),
  right: Open.optional(Schema.Number)
}))

/**
 * The size and position of a background image.
 *
 * @category models
 */
export interface CanvasPosition {
  readonly width?: number | null | undefined
  readonly height?: number | null | undefined
  readonly left?: number | null | undefined
  readonly top?: number | null | undefined
}
export const CanvasPosition: Open.Codec<CanvasPosition> = /*#__PURE__*/ Open.struct(() => ({
  width: Open.optional(Schema.Number),
  height: Open.optional(Schema.Number),
  left: Open.optional(Schema.Number),
  top: Open.optional(Schema.Number)
}))

/**
 * A background image of the chat window.
 *
 * @category models
 */
export interface BackgroundImage {
  readonly image_url?: string | null | undefined
  readonly theme_color?: string | null | undefined
  readonly gradient_position?: GradientPosition | null | undefined
  readonly canvas_position?: CanvasPosition | null | undefined
}
export const BackgroundImage: Open.Codec<BackgroundImage> = /*#__PURE__*/ Open.struct(() => ({
  image_url: Open.optional(Schema.String),
  theme_color: Open.optional(Schema.String),
  gradient_position: Open.optional(GradientPosition),
  canvas_position: Open.optional(CanvasPosition)
}))

/**
 * The background images of the chat window, on the web and on phones.
 *
 * @category models
 */
export interface BotBackgroundImage {
  readonly web_background_image?: BackgroundImage | null | undefined
  readonly mobile_background_image?: BackgroundImage | null | undefined
}
export const BotBackgroundImage: Open.Codec<BotBackgroundImage> = /*#__PURE__*/ Open.struct(() => ({
  web_background_image: Open.optional(BackgroundImage),
  mobile_background_image: Open.optional(BackgroundImage)
}))

/**
 * A variable that the agent keeps for each user.
 *
 * @category models
 */
export interface BotVariable {
  readonly keyword: string
  readonly default_value?: string | null | undefined
  readonly variable_type?: "KVVariable" | "ListVariable" | (string & {}) | null | undefined
  readonly channel?: "custom" | "system" | "location" | "feishu" | "app" | (string & {}) | null | undefined
  readonly description?: string | null | undefined
  readonly enable?: boolean | null | undefined
  readonly prompt_enable?: boolean | null | undefined
}
export const BotVariable: Open.Codec<BotVariable> = /*#__PURE__*/ Open.struct(() => ({
  keyword: Schema.String,
  default_value: Open.optional(Schema.String),
  variable_type: Open.optional(Open.literals("KVVariable", "ListVariable")),
  channel: Open.optional(Open.literals("custom", "system", "location", "feishu", "app")),
  description: Open.optional(Schema.String),
  enable: Open.optional(Schema.Boolean),
  prompt_enable: Open.optional(Schema.Boolean)
}))

/**
 * The voice in which the agent speaks a language.
 *
 * @category models
 */
export interface BotVoice {
  readonly voice_id: string
  readonly language_code?: string | null | undefined
}
export const BotVoice: Open.Codec<BotVoice> = /*#__PURE__*/ Open.struct(() => ({
  voice_id: Schema.String,
  language_code: Open.optional(Schema.String)
}))

/**
 * An agent and its settings.
 *
 * @category models
 */
export interface Bot {
  readonly bot_id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly icon_url?: string | null | undefined
  /** Unix time in seconds. */
  readonly create_time?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
  readonly version?: string | null | undefined
  readonly prompt_info?: PromptInfo | null | undefined
  readonly onboarding_info?: OnboardingInfo | null | undefined
  /** 0 single agent, 1 several agents, 2 a single agent that runs a workflow. */
  readonly bot_mode?: number | null | undefined
  readonly plugin_info_list?: ReadonlyArray<BotPlugin> | null | undefined
  readonly model_info?: ModelInfo | null | undefined
  readonly knowledge?: BotKnowledge | null | undefined
  readonly shortcut_commands?: ReadonlyArray<ShortcutCommandInfo> | null | undefined
  readonly workflow_info_list?: ReadonlyArray<BotWorkflow> | null | undefined
  readonly suggest_reply_info?: SuggestReplyInfo | null | undefined
  readonly background_image_info?: BotBackgroundImage | null | undefined
  readonly variables?: ReadonlyArray<BotVariable> | null | undefined
  readonly owner_user_id?: string | null | undefined
  readonly voice_info_list?: ReadonlyArray<BotVoice> | null | undefined
  readonly default_user_input_type?: "text" | "call" | "voice" | (string & {}) | null | undefined
  readonly folder_id?: string | null | undefined
}
export const Bot: Open.Codec<Bot> = /*#__PURE__*/ Open.struct(() => ({
  bot_id: Schema.String,
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  create_time: Open.optional(textOrNumber),
  update_time: Open.optional(textOrNumber),
  version: Open.optional(Schema.String),
  prompt_info: Open.optional(PromptInfo),
  onboarding_info: Open.optional(OnboardingInfo),
  bot_mode: Open.optional(Schema.Number),
  plugin_info_list: Open.optional(Open.array(BotPlugin)),
  model_info: Open.optional(ModelInfo),
  knowledge: Open.optional(BotKnowledge),
  shortcut_commands: Open.optional(Open.array(ShortcutCommandInfo)),
  workflow_info_list: Open.optional(Open.array(BotWorkflow)),
  suggest_reply_info: Open.optional(SuggestReplyInfo),
  background_image_info: Open.optional(BotBackgroundImage),
  variables: Open.optional(Open.array(BotVariable)),
  owner_user_id: Open.optional(Schema.String),
  voice_info_list: Open.optional(Open.array(BotVoice)),
  default_user_input_type: Open.optional(Open.literals("text", "call", "voice")),
  folder_id: Open.optional(Schema.String)
}))

/**
 * The id of a new agent.
 *
 * @category models
 */
export interface BotCreated {
  readonly bot_id: string
}
export const BotCreated: Open.Codec<BotCreated> = /*#__PURE__*/ Open.struct(() => ({ bot_id: Schema.String }))

/**
 * An agent in the list of published ones.
 *
 * @category models
 */
export interface PublishedBot {
  readonly bot_id: string
  readonly bot_name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly icon_url?: string | null | undefined
  /** Unix time in seconds. */
  readonly publish_time?: string | number | null | undefined
}
export const PublishedBot: Open.Codec<PublishedBot> = /*#__PURE__*/ Open.struct(() => ({
  bot_id: Schema.String,
  bot_name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  publish_time: Open.optional(textOrNumber)
}))

/**
 * An agent in the list of a workspace.
 *
 * @category models
 */
export interface BotSummary {
  readonly id: string
  readonly name?: string | null | undefined
  readonly icon_url?: string | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  readonly description?: string | null | undefined
  readonly is_published?: boolean | null | undefined
  /** Unix time in seconds. */
  readonly published_at?: string | number | null | undefined
  readonly owner_user_id?: string | null | undefined
  readonly folder_id?: string | null | undefined
}
export const BotSummary: Open.Codec<BotSummary> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  updated_at: Open.optional(textOrNumber),
  description: Open.optional(Schema.String),
  is_published: Open.optional(Schema.Boolean),
  published_at: Open.optional(textOrNumber),
  owner_user_id: Open.optional(Schema.String),
  folder_id: Open.optional(Schema.String)
}))

export interface BotsCreateParams {
  readonly space_id: string
  /** 1 to 20 characters. */
  readonly name: string
  /** Up to 500 characters. */
  readonly description?: string | undefined
  readonly icon_file_id?: string | undefined
  readonly prompt_info?: PromptInfo | undefined
  readonly onboarding_info?: OnboardingInfo | undefined
  readonly plugin_id_list?: { readonly id_list: ReadonlyArray<PluginIdInfo> } | undefined
  readonly workflow_id_list?: { readonly ids: ReadonlyArray<{ readonly id: string }> } | undefined
  readonly model_info_config?: ModelInfoConfig | undefined
  readonly suggest_reply_info?: SuggestReplyInfo | undefined
}

export interface BotsUpdateParams {
  readonly bot_id: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly icon_file_id?: string | undefined
  readonly prompt_info?: PromptInfo | undefined
  readonly onboarding_info?: OnboardingInfo | undefined
  readonly knowledge?: KnowledgeConfig | undefined
  readonly plugin_id_list?: { readonly id_list: ReadonlyArray<PluginIdInfo> } | undefined
  readonly workflow_id_list?: { readonly ids: ReadonlyArray<{ readonly id: string }> } | undefined
  readonly model_info_config?: ModelInfoConfig | undefined
  readonly suggest_reply_info?: SuggestReplyInfo | undefined
}

export interface BotsListParams {
  readonly space_id: string
  readonly page_size?: number | undefined
  /** Starts at 1. */
  readonly page_index?: number | undefined
}

export interface BotsListNewParams {
  readonly workspace_id?: string | undefined
  readonly publish_status?: PublishStatus | (string & {}) | undefined
  /** The channel of published agents. `"1024"` is the API channel. */
  readonly connector_id?: string | undefined
  readonly page_size?: number | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
}

export interface BotsPublishParams {
  readonly bot_id: string
  /** `"1024"` is the API channel. */
  readonly connector_ids: ReadonlyArray<string>
}

export interface BotsUnpublishParams {
  readonly bot_id: string
  readonly connector_id: string
  /** Up to 1,024 characters. */
  readonly unpublish_reason?: string | undefined
}

export interface BotsRetrieveParams {
  readonly bot_id: string
}

export interface BotsRetrieveNewParams {
  readonly bot_id: string
  /** The published version (default) or the draft. */
  readonly is_published?: boolean | undefined
}

/**
 * Creates an agent in a workspace. `POST /v1/bot/create`
 *
 * @see https://www.coze.com/docs/developer_guides/create_bot
 * @category endpoints
 */
export const create: Endpoint.Json<BotsCreateParams, BotCreated, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "bots.create",
  method: "POST",
  path: "/v1/bot/create",
  body: "json",
  success: BotCreated
})

/**
 * Changes the draft of an agent. `POST /v1/bot/update`
 *
 * @see https://www.coze.com/docs/developer_guides/update_bot
 * @category endpoints
 */
export const update: Endpoint.None<BotsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.update",
  method: "POST",
  path: "/v1/bot/update",
  body: "json"
})

/**
 * Lists the agents of a workspace that are published to the API channel. `GET /v1/space/published_bots_list`
 *
 * @deprecated Use {@link listNew}.
 * @see https://www.coze.com/docs/developer_guides/published_bots_list
 * @category endpoints
 */
export const list: Endpoint.List<BotsListParams, PublishedBot, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "bots.list",
  method: "GET",
  path: "/v1/space/published_bots_list",
  query: ["space_id", "page_size", "page_index"],
  success: PublishedBot,
  pagination: /*#__PURE__*/ Page.numbered({
    items: "space_bots",
    request: "page_index",
    size: "page_size",
    total: "total"
  })
})

/**
 * Lists the agents of a workspace, drafts included. `GET /v1/bots`
 *
 * @see https://docs.coze.cn/developer_guides/bots_list_draft_published
 * @category endpoints
 */
export const listNew: Endpoint.List<BotsListNewParams, BotSummary, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "bots.listNew",
  method: "GET",
  path: "/v1/bots",
  query: ["workspace_id", "publish_status", "connector_id", "page_size", "page_num"],
  success: BotSummary,
  pagination: /*#__PURE__*/ Page.numbered({ items: "items", request: "page_num", size: "page_size", total: "total" })
})

/**
 * Publishes the draft of an agent to channels. `POST /v1/bot/publish`
 *
 * @see https://www.coze.com/docs/developer_guides/publish_bot
 * @category endpoints
 */
export const publish: Endpoint.None<BotsPublishParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.publish",
  method: "POST",
  path: "/v1/bot/publish",
  body: "json"
})

/**
 * Removes an agent from a channel. `POST /v1/bots/{bot_id}/unpublish`
 *
 * @see https://www.coze.com/docs/developer_guides/unpublish_agent
 * @category endpoints
 */
export const unpublish: Endpoint.None<BotsUnpublishParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.unpublish",
  method: "POST",
  path: "/v1/bots/{bot_id}/unpublish",
  body: "json"
})

/**
 * Returns the published version of an agent. `GET /v1/bot/get_online_info`
 *
 * @deprecated Use {@link retrieveNew}.
 * @see https://www.coze.com/docs/developer_guides/get_metadata
 * @category endpoints
 */
export const retrieve: Endpoint.Json<BotsRetrieveParams, Bot, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "bots.retrieve",
  method: "GET",
  path: "/v1/bot/get_online_info",
  query: ["bot_id"],
  success: Bot
})

/**
 * Returns the published version of an agent, or its draft. `GET /v1/bots/{bot_id}`
 *
 * @see https://docs.coze.cn/developer_guides/get_metadata_draft_published
 * @category endpoints
 */
export const retrieveNew: Endpoint.Json<BotsRetrieveNewParams, Bot, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "bots.retrieveNew",
  method: "GET",
  path: "/v1/bots/{bot_id}",
  query: ["is_published"],
  success: Bot
})
