/**
 * The tools of the Responses API for a toolkit of `effect/ai`: those that the API runs, and those that it defines and the
 * program runs, which need a handler. Each takes the fields of the API's tool under their own names.
 *
 * A call that the API has run comes as a tool call and its result, both `providerExecuted`; the result is the item of the
 * response. A request of an MCP server for approval comes as a tool call whose `id` the program approves with a
 * `tool-approval-response` part of that `approvalId`.
 *
 * @example
 * ```ts
 * import * as LanguageModel from "effect/ai/LanguageModel"
 * import * as Toolkit from "effect/ai/Toolkit"
 * import * as HostedTools from "llmfx/openai/HostedTools"
 *
 * const toolkit = Toolkit.make(
 *   HostedTools.WebSearch({ search_context_size: "low" }),
 *   HostedTools.Mcp({ server_label: "docs", server_url: "https://mcp.example.com", require_approval: "never" })
 * )
 *
 * const answer = LanguageModel.generateText({ prompt: "What is new?", toolkit })
 * ```
 */
import * as Tool from "effect/ai/Tool"
import * as Schema from "effect/Schema"
import type { UnknownVariant } from "../OpenSchema.ts"
import type * as Responses from "./api/Responses.ts"
import { toolId } from "./internal/ai/hostedKinds.ts"

/**
 * The types of the API's tools, except functions, which are tools of `Tool.make`.
 *
 * @category models
 */
export type Type = Exclude<Responses.Tool, UnknownVariant | Responses.FunctionTool>["type"]

type Variant<T extends Type> = T extends "web_search" | "web_search_2025_08_26"
  ? Responses.WebSearchTool
  : T extends "web_search_preview" | "web_search_preview_2025_03_11"
    ? Responses.WebSearchPreviewTool
    : Extract<Responses.Tool, { readonly type: T }>

/**
 * The fields of a tool.
 *
 * @category models
 */
export type Args<T extends Type> = Omit<Variant<T>, "type">

/**
 * A tool of the API in a toolkit.
 *
 * @category models
 */
export interface Hosted<
  T extends Type,
  Name extends string,
  Parameters,
  Success,
  RequiresHandler extends boolean,
  Mode extends Tool.FailureMode = "error"
> extends Tool.ProviderDefined<
    `openai.${T}`,
    Name,
    {
      readonly args: Schema.Codec<Args<T>>
      readonly parameters: Schema.Codec<Parameters>
      readonly success: Schema.Codec<Success>
      readonly failure: typeof Schema.Unknown
      readonly failureMode: Mode
    },
    RequiresHandler
  > {}

/**
 * What a toolkit knows the tool by. A toolkit that has two of a type needs two names.
 *
 * @category models
 */
export interface Named<Name extends string> {
  readonly name?: Name | undefined
}

/** The values come from the API, whose answers are read without being checked again. */
const as = <A>(): Schema.Codec<A> => Schema.Unknown as unknown as Schema.Codec<A>

const define =
  <const T extends Type, Parameters, Success>(type: T) =>
  <const Name extends string = T>(
    args: Args<T>,
    { name }: Named<Name> = {}
  ): Hosted<T, Name, Parameters, Success, false> =>
    Tool.providerDefined({
      id: toolId(type),
      customName: (name ?? type) as Name,
      providerName: type,
      args: as<Args<T>>(),
      parameters: as<Parameters>(),
      success: as<Success>(),
      failure: Schema.Unknown
    })(args) as unknown as Hosted<T, Name, Parameters, Success, false>

const defineHandled =
  <const T extends Type, Parameters, Success>(type: T) =>
  <const Name extends string = T, const Mode extends Tool.FailureMode = "error">(
    args: Args<T>,
    { failureMode, name }: Named<Name> & { readonly failureMode?: Mode | undefined } = {}
  ): Hosted<T, Name, Parameters, Success, true, Mode> => {
    const tool = Tool.providerDefined({
      id: toolId(type),
      customName: (name ?? type) as Name,
      providerName: type,
      args: as<Args<T>>(),
      requiresHandler: true,
      parameters: as<Parameters>(),
      success: as<Success>(),
      failure: Schema.Unknown
    })
    const made = tool({ ...args, failureMode } as never)
    // The API is told of the arguments only.
    return Object.assign(made, { args }) as unknown as Hosted<T, Name, Parameters, Success, true, Mode>
  }

type WebSearchAction = Responses.ResponseFunctionWebSearch["action"]

/**
 * Searches the web.
 *
 * @category constructors
 */
export const WebSearch = /*#__PURE__*/ define<"web_search", WebSearchAction, Responses.ResponseFunctionWebSearch>(
  "web_search"
)

/**
 * Searches the web, as of 2025-08-26.
 *
 * @category constructors
 */
export const WebSearch20250826 = /*#__PURE__*/ define<
  "web_search_2025_08_26",
  WebSearchAction,
  Responses.ResponseFunctionWebSearch
>("web_search_2025_08_26")

/**
 * Searches the web: the preview.
 *
 * @category constructors
 */
export const WebSearchPreview = /*#__PURE__*/ define<
  "web_search_preview",
  WebSearchAction,
  Responses.ResponseFunctionWebSearch
>("web_search_preview")

/**
 * Searches the web: the preview as of 2025-03-11.
 *
 * @category constructors
 */
export const WebSearchPreview20250311 = /*#__PURE__*/ define<
  "web_search_preview_2025_03_11",
  WebSearchAction,
  Responses.ResponseFunctionWebSearch
>("web_search_preview_2025_03_11")

/**
 * Searches vector stores.
 *
 * @category constructors
 */
export const FileSearch = /*#__PURE__*/ define<
  "file_search",
  { readonly queries: ReadonlyArray<string> },
  Responses.ResponseFileSearchToolCall
>("file_search")

/**
 * Runs Python in a container.
 *
 * @category constructors
 */
export const CodeInterpreter = /*#__PURE__*/ define<
  "code_interpreter",
  { readonly code: string | null; readonly container_id: string },
  Responses.ResponseCodeInterpreterToolCall
>("code_interpreter")

/**
 * Makes images. With `partial_images`, a stream has preliminary results.
 *
 * @category constructors
 */
export const ImageGeneration = /*#__PURE__*/ define<
  "image_generation",
  { readonly [field: string]: unknown },
  Responses.ImageGenerationCall
>("image_generation")

/**
 * Calls the tools of an MCP server or connector. Toolkits with several servers need a `name` for each.
 *
 * @category constructors
 */
export const Mcp = /*#__PURE__*/ define<
  "mcp",
  { readonly name: string; readonly arguments: unknown },
  Responses.McpCall
>("mcp")

/**
 * Loads deferred tools when the model searches for them.
 *
 * @category constructors
 */
export const ToolSearch = /*#__PURE__*/ define<"tool_search", unknown, Responses.ResponseToolSearchCall>("tool_search")

/**
 * Groups functions under a name.
 *
 * @category constructors
 */
export const Namespace = /*#__PURE__*/ define<"namespace", unknown, unknown>("namespace")

/**
 * Lets the model call tools from code.
 *
 * @category constructors
 */
export const ProgrammaticToolCalling = /*#__PURE__*/ define<
  "programmatic_tool_calling",
  unknown,
  Responses.ResponseInputItemProgram
>("programmatic_tool_calling")

/**
 * Runs shell commands in a container of the API: its `environment` has to be one.
 *
 * @category constructors
 */
export const HostedShell = /*#__PURE__*/ define<
  "shell",
  Responses.ResponseFunctionShellToolCallAction,
  Responses.ResponseFunctionShellToolCall
>("shell")

/**
 * Shell commands that the program runs.
 *
 * @category constructors
 */
export const Shell = /*#__PURE__*/ defineHandled<
  "shell",
  Responses.ResponseFunctionShellToolCallAction,
  ReadonlyArray<Responses.ResponseFunctionShellCallOutputContent>
>("shell")

/**
 * Shell commands that the program runs, for `codex-mini-latest`. The result is their output.
 *
 * @category constructors
 */
export const LocalShell = /*#__PURE__*/ defineHandled<"local_shell", Responses.LocalShellCallAction, string>(
  "local_shell"
)

/**
 * Changes of files that the program makes.
 *
 * @category constructors
 */
export const ApplyPatch = /*#__PURE__*/ defineHandled<
  "apply_patch",
  Responses.ResponseInputItemApplyPatchCallOperation,
  string
>("apply_patch")

/**
 * What the model does at a computer.
 *
 * @category models
 */
export interface ComputerActions {
  readonly action?: Responses.ResponseComputerToolCallAction | undefined
  readonly actions?: Responses.ComputerActionList | undefined
  readonly pending_safety_checks?: Responses.ResponseComputerToolCall["pending_safety_checks"] | undefined
}

/**
 * A screenshot: a data URL, or the id of a file.
 *
 * @category models
 */
export type Screenshot = Omit<Responses.ResponseComputerToolCallOutputScreenshot, "type">

/**
 * A computer that the program operates.
 *
 * @category constructors
 */
export const Computer = /*#__PURE__*/ defineHandled<"computer", ComputerActions, Screenshot>("computer")

/**
 * A computer that the program operates: the preview.
 *
 * @category constructors
 */
export const ComputerUsePreview = /*#__PURE__*/ defineHandled<"computer_use_preview", ComputerActions, Screenshot>(
  "computer_use_preview"
)

/**
 * A tool whose input is text, by a grammar if it has one. `name` is also the toolkit's name of the tool.
 *
 * @category constructors
 */
export const Custom = <const Name extends string, const Mode extends Tool.FailureMode = "error">(
  args: Args<"custom"> & { readonly name: Name },
  options: { readonly failureMode?: Mode | undefined } = {}
): Hosted<"custom", Name, string, string, true, Mode> =>
  defineHandled<"custom", string, string>("custom")(args, { name: args.name, ...options })
