/**
 * Defines functions that a model may call, and runs its calls.
 *
 * Everything that goes wrong in a call is told to the model: an unknown tool, arguments that are not JSON or do not
 * fit, a failure of the function, a refused approval. Pass tools to a loop such as `ResponseToolLoop.run`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Tools } from "llmfx"
 *
 * const weather = Tools.make({
 *   name: "weather",
 *   description: "The weather in a city",
 *   parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Int) }),
 *   run: ({ city }) => Effect.succeed({ city, degrees: 21 })
 * })
 * ```
 */

import type * as Prompt from "effect/ai/Prompt"
import type * as AiTool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { writeJson } from "../internal/json/json.ts"
import { plainConversion } from "../internal/schema/plainConversion.ts"
import { strictBudget } from "../internal/schema/strictBudget.ts"
import * as PartialJson from "./PartialJson.ts"
import * as StructuredOutput from "./StructuredOutput.ts"
import * as ToolOutput from "./ToolOutput.ts"

/**
 * A call that the model wants made.
 *
 * @category models
 */
export interface Call {
  readonly id: string
  readonly name: string
  /** The arguments as JSON text. */
  readonly arguments: string
}

/**
 * The result of a call, as the model sees it.
 *
 * @category models
 */
export interface CallResult {
  readonly id: string
  readonly name: string
  readonly output: ToolOutput.Output
  readonly isError: boolean
}

/**
 * A function that a model may call.
 *
 * @category models
 */
export interface Tool<out R = never> {
  readonly name: string
  readonly description: string | undefined
  /** Whether the provider guarantees that arguments fit the schema. `undefined`: if the provider can. */
  readonly strict: boolean | undefined
  readonly format: (
    conversion: StructuredOutput.Conversion,
    strict: boolean
  ) => Result.Result<StructuredOutput.Format<unknown>, StructuredOutput.UnsupportedSchemaError>
  /** Runs the function on decoded arguments. Fails with the text or parts to tell the model. */
  readonly run: (input: unknown, call: Call) => Effect.Effect<unknown, string | ToolOutput.Parts, R>
  /** Returns whether the call may be made. */
  readonly approve: ((input: unknown, call: Call) => Effect.Effect<boolean, never, R>) | undefined
}

/**
 * The definition of a tool.
 *
 * @category models
 */
export interface Definition<A, E, Failure, R, R2> {
  readonly name: string
  readonly description?: string | undefined
  readonly parameters: StructuredOutput.Source<A, E>
  /** The output for the model. A string or `ToolOutput.parts` is sent as it is, anything else as JSON. */
  readonly run: (input: A, call: Call) => Effect.Effect<unknown, Failure, R>
  /** Returns whether the call may be made, for instance by asking a person. The call waits for the answer. */
  readonly approve?: ((input: A, call: Call) => Effect.Effect<boolean, never, R2>) | undefined
  /**
   * Whether the provider guarantees that arguments fit the schema. Default: for the first tools, as many as its limits
   * allow, if the server takes strict tools and its strict subset of JSON Schema has the schema. `true` asks for it
   * regardless, and fails if the schema cannot be strict.
   */
  readonly strict?: boolean | undefined
  /** Returns what to tell the model about a failure. Default: its message. */
  readonly describeFailure?: ((failure: Failure) => string | ToolOutput.Parts) | undefined
}

/**
 * Makes a tool from a schema and a function.
 *
 * @category constructors
 */
export const make = <A, E, Failure = never, R = never, R2 = never>(
  definition: Definition<A, E, Failure, R, R2>
): Tool<R | R2> => {
  const { approve, description, describeFailure = describe, name, parameters, run, strict } = definition
  return {
    name,
    description,
    strict,
    format: (conversion, strict) =>
      StructuredOutput.format(
        parameters,
        strict
          ? conversion
          : {
              ...plainConversion,
              objectOnly: conversion.objectOnly,
              loneReferences: conversion.loneReferences
            },
        { name }
      ),
    // The input was decoded with the parameters' own schema.
    run: (input, call) => Effect.mapError(run(input as A, call), describeFailure),
    approve: approve === undefined ? undefined : (input, call) => approve(input as A, call)
  }
}

/**
 * Makes a tool whose parameters are known only as JSON Schema, such as a tool of an MCP server. Its input is not
 * checked.
 *
 * @category constructors
 */
export const dynamic = <Failure = never, R = never, R2 = never>(definition: {
  readonly name: string
  readonly description?: string | undefined
  readonly jsonSchema: { readonly [key: string]: unknown }
  readonly run: (input: unknown, call: Call) => Effect.Effect<unknown, Failure, R>
  readonly approve?: ((input: unknown, call: Call) => Effect.Effect<boolean, never, R2>) | undefined
}): Tool<R | R2> => ({
  name: definition.name,
  description: definition.description,
  strict: false,
  format: () =>
    Result.succeed({
      name: definition.name,
      description: definition.description,
      jsonSchema: definition.jsonSchema,
      decode: Effect.succeed,
      partial: () => undefined
    }),
  run: (input, call) => Effect.mapError(definition.run(input, call), describe),
  approve: definition.approve
})

/**
 * How to use a toolkit's tools.
 *
 * @category models
 */
export interface ToolkitOptions<R> {
  /** Approves calls of tools that the toolkit marks as needing approval. Without it, they are refused. */
  readonly approve?: ((call: Call) => Effect.Effect<boolean, never, R>) | undefined
}

/**
 * A tool that only its provider can run, such as web search. Add it to the input's own `tools`.
 *
 * @category errors
 */
export class ProviderToolError extends Data.TaggedError("ProviderToolError")<{
  readonly message: string
  readonly tool: string
}> {}

/**
 * Makes tools from an `effect/ai` toolkit and its handlers.
 *
 * **Details**
 *
 * Preliminary results of a handler are dropped; a failure is told to the model. Fails if the toolkit has a tool that
 * only a provider can run.
 *
 * @category constructors
 */
export const fromToolkit = <Tools extends Record<string, AiTool.Any>, R = never>(
  toolkit: Toolkit.Toolkit<Tools>,
  options: ToolkitOptions<R> = {}
): Effect.Effect<
  ReadonlyArray<Tool<AiTool.HandlerServices<Tools[keyof Tools]> | R>>,
  ProviderToolError,
  AiTool.HandlersFor<Tools>
> =>
  Effect.flatMap(Effect.all([toolkit, toolModule]), ([handlers, ai]) =>
    Effect.forEach(Object.values<AiTool.Any>(handlers.tools), (tool) =>
      ai.isProviderDefined(tool)
        ? Effect.fail(
            new ProviderToolError({
              message: `${tool.name} is run by its provider, not by this program: name it in the input's own tools`,
              tool: tool.name
            })
          )
        : Effect.succeed(toolkitTool(ai, tool, handlers, options))
    )
  )

/** A program that has a toolkit has loaded this already. Others, and the index of the library, do without it. */
const toolModule = /*#__PURE__*/ Effect.promise(() => import("effect/ai/Tool"))

const toolkitTool = <Tools extends Record<string, AiTool.Any>, R>(
  ai: typeof AiTool,
  tool: AiTool.Any,
  handlers: Toolkit.WithHandler<Tools>,
  options: ToolkitOptions<R>
): Tool<AiTool.HandlerServices<Tools[keyof Tools]> | R> => {
  type Services = AiTool.HandlerServices<Tools[keyof Tools]>
  const schema = tool.parametersSchema as Schema.Codec<unknown, unknown>
  const { needsApproval } = tool
  const jsonSchema = ai.isDynamic(tool) ? tool.jsonSchema : undefined
  const run = (encoded: unknown, call: Call): Effect.Effect<unknown, unknown, Services> =>
    Effect.gen(function* () {
      const results = yield* handlers.handle(tool.name, encoded as AiTool.ParametersEncoded<Tools[string]>, call.id)
      const last = yield* Stream.runLast(results)
      if (Option.isNone(last)) return yield* Effect.fail("The tool gave no result")
      const { encodedResult, isFailure, modelOutput } = last.value
      if (isFailure) return yield* Effect.fail(describe(encodedResult))
      return modelOutput === undefined ? encodedResult : ToolOutput.parts(...modelOutput.map(outputPart))
    })
  const isAllowed = (call: Call): Effect.Effect<boolean, never, R> => options.approve?.(call) ?? Effect.succeed(false)
  const approve =
    needsApproval === undefined || needsApproval === false
      ? undefined
      : (input: unknown, call: Call): Effect.Effect<boolean, never, R> => {
          if (needsApproval === true) return isAllowed(call)
          const needed = needsApproval(input, { toolCallId: call.id, messages: [] })
          return Effect.flatMap(Effect.isEffect(needed) ? needed : Effect.succeed(needed), (needed) =>
            needed ? isAllowed(call) : Effect.succeed(true)
          )
        }
  const description = ai.getDescription(tool)
  if (jsonSchema !== undefined) return dynamic({ name: tool.name, description, jsonSchema, run, approve })
  return make<unknown, unknown, unknown, Services, R>({
    name: tool.name,
    description,
    parameters: schema,
    strict: ai.getStrictMode(tool),
    // The toolkit decodes the arguments itself.
    run: (input, call) => Effect.flatMap(Schema.encodeEffect(schema)(input), (encoded) => run(encoded, call)),
    approve
  })
}

/** The part that a tool shows to the model instead of its result. */
const outputPart = (part: Prompt.ToolModelOutputPart): ToolOutput.Part => {
  if (part.type === "text") return ToolOutput.text(part.text)
  const { data, fileName: name, mediaType } = part
  const file = (content: Parameters<typeof ToolOutput.file>[0]) => ToolOutput.file(content, { mediaType, name })
  if (data instanceof URL) return file({ url: data.href })
  if (typeof data !== "string") return file(data)
  return /^https?:/.test(data)
    ? file({ url: data })
    : { _tag: "File", mediaType, name, source: { _tag: "Base64", data: data.replace(/^data:[^,]*,/, "") } }
}

/**
 * A tool as it is described to a provider.
 *
 * @category models
 */
export interface ToolDescription {
  readonly name: string
  readonly description: string | undefined
  readonly strict: boolean
  readonly jsonSchema: { readonly [key: string]: unknown }
}

/**
 * Tools in the form of a provider.
 *
 * @category models
 */
export interface Toolbox<out R> {
  readonly descriptions: ReadonlyArray<ToolDescription>
  /** Makes one call. Never fails: a failure is a result. */
  readonly execute: (call: Call) => Effect.Effect<CallResult, never, R>
}

/** A tool in the form sent to the provider. */
interface Entry<R> {
  readonly tool: Tool<R>
  readonly strict: boolean
  readonly format: StructuredOutput.Format<unknown>
}

/**
 * Converts tools for a provider. `given` has the schemas of strict tools that the request already has.
 *
 * @category converting
 */
export const toolbox = <R>(
  tools: ReadonlyArray<Tool<R>>,
  conversion: StructuredOutput.Conversion,
  given: ReadonlyArray<unknown> = []
): Effect.Effect<Toolbox<R>, StructuredOutput.UnsupportedSchemaError> =>
  Effect.gen(function* () {
    const budget = strictBudget(conversion.strictLimits)
    for (const schema of given) budget.take(schema)
    const entries = new Map<Tool<R>, Entry<R>>()
    const add = Effect.fnUntraced(function* (tool: Tool<R>, strict: boolean) {
      const format = yield* Effect.fromResult(tool.format(conversion, strict))
      const isStrict = strict && (tool.strict === true || budget.fits(format.jsonSchema))
      if (isStrict) budget.take(format.jsonSchema)
      entries.set(tool, {
        tool,
        strict: isStrict,
        format: isStrict === strict ? format : yield* Effect.fromResult(tool.format(conversion, false))
      })
    })
    // Tools that the program asked to be strict count first.
    for (const tool of tools) if (tool.strict !== undefined) yield* add(tool, tool.strict)
    const isStrictByDefault = conversion.strictByDefault !== false
    for (const tool of tools) {
      if (tool.strict === undefined) {
        yield* add(tool, isStrictByDefault && Result.isSuccess(tool.format(conversion, true)))
      }
    }
    const ordered = tools.flatMap((tool) => entries.get(tool) ?? [])
    const byName = new Map(ordered.map((entry) => [entry.tool.name, entry]))
    return {
      descriptions: ordered.map(({ format: { jsonSchema }, strict, tool: { description, name } }) => ({
        name,
        description,
        strict,
        jsonSchema
      })),
      execute: (call) => {
        const entry = byName.get(call.name)
        return entry === undefined
          ? Effect.succeed(errorResult(call, `There is no tool named ${JSON.stringify(call.name)}`))
          : execute(entry.tool, entry.format, call)
      }
    }
  })

const execute = <R>(
  tool: Tool<R>,
  format: StructuredOutput.Format<unknown>,
  call: Call
): Effect.Effect<CallResult, never, R> =>
  Effect.gen(function* () {
    const json = call.arguments.trim() === "" ? "{}" : call.arguments
    const input = yield* Effect.mapError(
      StructuredOutput.decodeText(format, json),
      ({ message }) => `The arguments cannot be used: ${message}`
    )
    if (tool.approve !== undefined && !(yield* tool.approve(input, call))) {
      return yield* Effect.fail("The user has not allowed this call")
    }
    return yield* Effect.flatMap(tool.run(input, call), outputOf)
  }).pipe(
    Effect.match({
      onFailure: (failure) => errorResult(call, failure),
      onSuccess: (output) => ({ id: call.id, name: call.name, output, isError: false })
    })
  )

const errorResult = ({ id, name }: Call, failure: string | ToolOutput.Parts): CallResult => ({
  id,
  name,
  output: failure instanceof ToolOutput.Parts ? failure.parts : failure,
  isError: true
})

const outputOf = (output: unknown): Effect.Effect<ToolOutput.Output, string> =>
  output instanceof ToolOutput.Parts && output.parts.length > 0
    ? Effect.succeed(output.parts)
    : Effect.try({
        try: () => outputText(output),
        catch: (thrown) => `The output cannot be told: ${textOfFailure(thrown)}`
      })

const outputText = (output: unknown): string => {
  if (typeof output === "string") return output
  return output instanceof ToolOutput.Parts ? "done" : (writeJson(output) ?? "done")
}

const describe = (failure: unknown): string | ToolOutput.Parts =>
  failure instanceof ToolOutput.Parts ? failure : textOfFailure(failure)

const textOfFailure = (failure: unknown): string => {
  if (failure instanceof Error) return failure.message || failure.name
  try {
    return outputText(failure)
  } catch {
    return String(failure)
  }
}

/**
 * Returns the arguments of a call so far, while they are still streaming.
 *
 * @category getters
 */
export const partialInput = (call: { readonly arguments: string }): unknown => PartialJson.parse(call.arguments)
