/** Schemas of the calls of the API's tools, and of their results. */
import type * as Responses from "../../api/Responses.ts"

/**
 * An action of the model at a computer.
 *
 * @category models
 */
export interface ComputerActions {
  readonly action?: Responses.ResponseComputerToolCallAction | undefined
  readonly actions?: Responses.ComputerActionList | undefined
  readonly pending_safety_checks?: Responses.ResponseComputerToolCall["pending_safety_checks"] | undefined
}

/**
 * A screenshot: a data URL, or the id of a file. `acknowledged_safety_checks` are those of the call that the program, or
 * its user, has looked at.
 *
 * @category models
 */
export interface Screenshot extends Omit<Responses.ResponseComputerToolCallOutputScreenshot, "type"> {
  readonly acknowledged_safety_checks?: Responses.ResponseComputerToolCall["pending_safety_checks"] | undefined
}

interface WebSearch {
  readonly parameters: Responses.ResponseFunctionWebSearch["action"]
  readonly result: Responses.ResponseFunctionWebSearch
}

interface Computer {
  readonly parameters: ComputerActions
  readonly result: Screenshot
}

/** By the name of the tool in `llmfx/openai/HostedTools`. */
interface Types {
  readonly ApplyPatch: {
    readonly parameters: Responses.ResponseInputItemApplyPatchCallOperation
    readonly result: string
  }
  readonly CodeInterpreter: {
    readonly parameters: { readonly code: string | null; readonly container_id: string }
    readonly result: Responses.ResponseCodeInterpreterToolCall
  }
  readonly Computer: Computer
  readonly ComputerUsePreview: Computer
  readonly Custom: { readonly parameters: string; readonly result: string }
  readonly FileSearch: {
    readonly parameters: { readonly queries: ReadonlyArray<string> }
    readonly result: Responses.ResponseFileSearchToolCall
  }
  readonly HostedShell: {
    readonly parameters: Responses.ResponseFunctionShellToolCallAction
    readonly result: Responses.ResponseFunctionShellToolCall
  }
  readonly ImageGeneration: {
    readonly parameters: { readonly [field: string]: unknown }
    readonly result: Responses.ImageGenerationCall
  }
  readonly LocalShell: { readonly parameters: Responses.LocalShellCallAction; readonly result: string }
  readonly Mcp: {
    readonly parameters: { readonly name: string; readonly arguments: unknown }
    readonly result: Responses.McpCall
  }
  readonly ProgrammaticToolCalling: {
    readonly parameters: unknown
    readonly result: Responses.ResponseInputItemProgram
  }
  readonly Shell: {
    readonly parameters: Responses.ResponseFunctionShellToolCallAction
    readonly result: ReadonlyArray<Responses.ResponseFunctionShellCallOutputContent>
  }
  readonly ToolSearch: { readonly parameters: unknown; readonly result: Responses.ResponseToolSearchCall }
  readonly WebSearch: WebSearch
  readonly WebSearch20250826: WebSearch
  readonly WebSearchPreview: WebSearch
  readonly WebSearchPreview20250311: WebSearch
}

/** The parameters of a tool's calls; `unknown` for a tool that the API got lately. */
export type ParametersOf<Name extends string> = Name extends keyof Types ? Types[Name]["parameters"] : unknown

/** The result of a tool's calls. */
export type ResultOf<Name extends string> = Name extends keyof Types ? Types[Name]["result"] : unknown
