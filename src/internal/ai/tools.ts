/** The tools of one request, their schemas, and the calls that the model makes. */

import * as AiError from "effect/ai/AiError"
import * as Tool from "effect/ai/Tool"
import * as Result from "effect/Result"
import type * as StructuredOutput from "../../tools/StructuredOutput.ts"
import { isObject } from "../json/json.ts"
import { jsonText } from "../json/jsonText.ts"
import { type HeldCall, heldCalls, mayHoldCalls } from "./parallel.ts"
import { jsonSchemaForm, parametersForm, type SchemaForm } from "./schemaForm.ts"

/** How calls of functions that the toolkit lacks are read: as calls in `deferred` validation, else as an error. */
export type Undeclared = "fail" | "keep"

/** How the forms of tools are made. */
export interface FormOptions {
  readonly conversion: StructuredOutput.Conversion
  /** Whether schemas are strict if a tool does not say; by what its schema is if absent. */
  readonly strict?: boolean | undefined
}

const forms = new WeakMap<Tool.Any, Map<StructuredOutput.Conversion, Map<boolean | undefined, SchemaForm>>>()

/** The form of a tool's parameters. Throws an `AiError` if the tool has to be strict and cannot be. */
export const formOf = (tool: Tool.Any, { conversion, strict }: FormOptions): SchemaForm => {
  const wanted = Tool.getStrictMode(tool) ?? strict
  const byConversion = forms.get(tool) ?? new Map<StructuredOutput.Conversion, Map<boolean | undefined, SchemaForm>>()
  forms.set(tool, byConversion)
  const byWish = byConversion.get(conversion) ?? new Map<boolean | undefined, SchemaForm>()
  byConversion.set(conversion, byWish)
  const known = byWish.get(wanted)
  if (known !== undefined) return known
  const made =
    Tool.isDynamic(tool) && tool.jsonSchema !== undefined
      ? jsonSchemaForm(tool.jsonSchema, wanted)
      : parametersForm(tool.parametersSchema, conversion, wanted)
  if (Result.isFailure(made)) {
    throw AiError.make({
      module: "Tool",
      method: tool.name,
      reason: new AiError.UnsupportedSchemaError({
        description: `The parameters of tool "${tool.name}": ${made.failure.message}`
      })
    })
  }
  byWish.set(wanted, made.success)
  return made.success
}

/** The tools that an API takes. Throws an `AiError` for a hosted tool that is not the API's, unless those are omitted. */
export const takenTools = (
  tools: ReadonlyArray<Tool.Any>,
  isTaken: (tool: Tool.AnyProviderDefined) => boolean,
  onUnsupported: "fail" | "omit" | undefined,
  advice: string
): ReadonlyArray<Tool.Any> =>
  tools.filter((tool) => {
    if (!Tool.isProviderDefined(tool) || isTaken(tool)) return true
    if (onUnsupported === "omit") return false
    throw AiError.make({
      module: "Tool",
      method: tool.name,
      reason: new AiError.ToolConfigurationError({
        toolName: tool.name,
        description: `The API has no tool "${tool.id}": ${advice}, or leave it out with onUnsupported: "omit"`
      })
    })
  })

/** A call that the model has made, as it came. */
export interface WireCall {
  readonly name: string
  /** JSON as text or as a value; `null`, also as text, and an empty text are a call without arguments. */
  readonly arguments: unknown
}

/** The value of arguments. What is not JSON stays a text, which the toolkit then tells the model. */
export const argumentsOf = (given: unknown): unknown => {
  if (given === undefined || given === null) return {}
  if (typeof given !== "string") return given
  if (given.trim() === "") return {}
  try {
    const value: unknown = JSON.parse(given)
    return value ?? {}
  } catch {
    return given
  }
}

/** The tools of a request by name. */
export class ToolTable {
  readonly #byName: ReadonlyMap<string, Tool.Any>
  readonly #options: FormOptions
  readonly undeclared: Undeclared
  readonly tools: ReadonlyArray<Tool.Any>

  constructor(tools: ReadonlyArray<Tool.Any>, options: FormOptions, undeclared: Undeclared = "fail") {
    this.tools = tools
    this.#byName = new Map(tools.map((tool) => [tool.name, tool]))
    this.#options = options
    this.undeclared = undeclared
  }

  /** A tool that runs here. */
  get(name: string): Tool.Any | undefined {
    return this.#byName.get(name)
  }

  /** The provider-defined tools with an id such as `openai.web_search`. */
  hosted(id: string): ReadonlyArray<Tool.AnyProviderDefined> {
    return this.tools.filter((tool): tool is Tool.AnyProviderDefined => Tool.isProviderDefined(tool) && tool.id === id)
  }

  /** The calls that a call holds, if it has no tool of its own and they do. */
  held(call: WireCall): ReadonlyArray<HeldCall> | undefined {
    if (!mayHoldCalls(call.name) || this.#byName.has(call.name)) return undefined
    const calls = heldCalls(argumentsOf(call.arguments))
    return calls?.every(({ name }) => this.#byName.has(name)) === true ? calls : undefined
  }

  /** The parameters of a call in the tool's encoded form. Throws `ToolNotFoundError` if the call cannot be kept. */
  params(call: WireCall): unknown {
    const given = argumentsOf(call.arguments)
    const tool = this.#byName.get(call.name)
    if (tool === undefined) {
      if (this.undeclared === "keep") return given
      throw this.notFound(call.name)
    }
    if (Tool.isProviderDefined(tool)) return given
    return this.#toEncoded(tool, given)
  }

  /** The arguments of a call in a history: as the model wrote them, if they still say what the part says. */
  argumentsText(call: { readonly name: string; readonly params: unknown }, raw: unknown): string {
    if (typeof raw === "string") {
      const tool = this.#byName.get(call.name)
      const given = argumentsOf(raw)
      const known = tool === undefined || Tool.isProviderDefined(tool) ? given : this.#toEncoded(tool, given)
      if (isSame(known, call.params) || isSame(given, call.params)) return raw
    }
    // Arguments that the token limit has cut are not JSON, which servers refuse.
    return typeof call.params === "string"
      ? JSON.stringify({ arguments: call.params })
      : jsonText(call.params === undefined ? {} : call.params)
  }

  #toEncoded(tool: Tool.Any, given: unknown): unknown {
    try {
      return formOf(tool, this.#options).toEncoded(given)
    } catch (thrown) {
      if (AiError.isAiError(thrown)) return given
      throw thrown
    }
  }

  notFound(toolName: string): AiError.AiError {
    return AiError.make({
      module: "LanguageModel",
      method: "toParts",
      reason: new AiError.ToolNotFoundError({ toolName, availableTools: this.tools.map(({ name }) => name) })
    })
  }
}

const isSame = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}

/**
 * The ids of the calls of one answer. Some servers leave ids empty or repeat them; those get an id of the prefix and
 * their number, as two calls with one id cannot be told apart.
 */
export class CallIds {
  readonly #taken = new Set<string>()
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  next(given: unknown): string {
    let id = typeof given === "string" ? given : ""
    for (let n = this.#taken.size; id === "" || this.#taken.has(id); n++) id = `${this.#prefix}_${n}`
    this.#taken.add(id)
    return id
  }
}
