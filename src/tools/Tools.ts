/**
 * Functions that a model may call, and what carries out its calls. Whatever goes wrong in a call is told to the model:
 * an unknown tool, arguments that are no JSON or do not fit, a failure of the function, a refusal of the user.
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
import * as AiTool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { writeJson } from "../internal/json/json.ts"
import { plainConversion } from "../internal/schema/plainConversion.ts"
import * as PartialJson from "./PartialJson.ts"
import * as StructuredOutput from "./StructuredOutput.ts"
import * as ToolOutput from "./ToolOutput.ts"

/** A call that the model wants made. */
export interface Call {
  readonly id: string
  readonly name: string
  /** The text of the arguments. */
  readonly arguments: string
}

/** What is told to the model. */
export interface CallResult {
  readonly id: string
  readonly name: string
  readonly output: ToolOutput.Output
  readonly isError: boolean
}

/** A function that a model may call. */
export interface Tool<out R = never> {
  readonly name: string
  readonly description: string | undefined
  /** Whether the provider makes sure that the arguments fit. */
  readonly strict: boolean
  readonly format: (
    conversion: StructuredOutput.Conversion
  ) => Result.Result<StructuredOutput.Format<unknown>, StructuredOutput.UnsupportedSchemaError>
  /** Runs the function on decoded arguments; fails with what the model is told. */
  readonly run: (input: unknown, call: Call) => Effect.Effect<unknown, string | ToolOutput.Parts, R>
  /** Whether the call may be made. */
  readonly approve: ((input: unknown, call: Call) => Effect.Effect<boolean, never, R>) | undefined
}

/** What a tool is made of. */
export interface Definition<A, E, Failure, R, R2> {
  readonly name: string
  readonly description?: string | undefined
  readonly parameters: StructuredOutput.Source<A, E>
  /** The output is told to the model: a string or `ToolOutput.parts` as they are, anything else as JSON. */
  readonly run: (input: A, call: Call) => Effect.Effect<unknown, Failure, R>
  /** Asks whether the call may be made, of a person for instance; the call waits for as long as that takes. */
  readonly approve?: ((input: A, call: Call) => Effect.Effect<boolean, never, R2>) | undefined
  /** Whether the provider makes sure that the arguments fit; it does unless this is `false`. */
  readonly strict?: boolean | undefined
  /** What the model is told of a failure; its message unless set. */
  readonly describeFailure?: ((failure: Failure) => string | ToolOutput.Parts) | undefined
}

/** A tool of a schema and a function. */
export const make = <A, E, Failure = never, R = never, R2 = never>(
  definition: Definition<A, E, Failure, R, R2>
): Tool<R | R2> => {
  const { approve, description, describeFailure = describe, name, parameters, run, strict = true } = definition
  return {
    name,
    description,
    strict,
    format: (conversion) =>
      StructuredOutput.format(
        parameters,
        strict ? conversion : { ...plainConversion, objectOnly: conversion.objectOnly },
        { name }
      ),
    // The input was decoded with the parameters' own schema.
    run: (input, call) => Effect.mapError(run(input as A, call), describeFailure),
    approve: approve === undefined ? undefined : (input, call) => approve(input as A, call)
  }
}

/** A tool whose parameters are known only as JSON Schema, such as one of an MCP server. Nothing is checked. */
export const dynamic = <Failure = never, R = never>(definition: {
  readonly name: string
  readonly description?: string | undefined
  readonly jsonSchema: { readonly [key: string]: unknown }
  readonly run: (input: unknown, call: Call) => Effect.Effect<unknown, Failure, R>
  readonly approve?: ((input: unknown, call: Call) => Effect.Effect<boolean, never, R>) | undefined
}): Tool<R> => ({
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

/** How a toolkit's tools are used. */
export interface ToolkitOptions<R> {
  /** Asked for the tools of which the toolkit says that they need approval; they are refused without it. */
  readonly approve?: ((call: Call) => Effect.Effect<boolean, never, R>) | undefined
}

/**
 * The tools of an `effect/ai` toolkit, with its handlers. What a handler reports on its way is not passed on; a
 * failure is told to the model.
 */
export const fromToolkit = <Tools extends Record<string, AiTool.Any>, R = never>(
  toolkit: Toolkit.Toolkit<Tools>,
  options: ToolkitOptions<R> = {}
): Effect.Effect<
  ReadonlyArray<Tool<AiTool.HandlerServices<Tools[keyof Tools]> | R>>,
  never,
  AiTool.HandlersFor<Tools>
> =>
  Effect.map(toolkit, (handlers) => Object.values(handlers.tools).map((tool) => toolkitTool(tool, handlers, options)))

const toolkitTool = <Tools extends Record<string, AiTool.Any>, R>(
  tool: AiTool.Any,
  handlers: Toolkit.WithHandler<Tools>,
  options: ToolkitOptions<R>
): Tool<AiTool.HandlerServices<Tools[keyof Tools]> | R> => {
  const schema = tool.parametersSchema as Schema.Codec<unknown, unknown>
  const needsApproval = tool.needsApproval !== undefined && tool.needsApproval !== false
  return make({
    name: tool.name,
    description: AiTool.getDescription(tool),
    parameters: schema,
    strict: AiTool.getStrictMode(tool),
    run: (input, call) =>
      Effect.gen(function* () {
        // The toolkit decodes the arguments itself.
        const encoded = yield* Schema.encodeEffect(schema)(input)
        const results = yield* handlers.handle(tool.name, encoded as AiTool.ParametersEncoded<Tools[string]>, call.id)
        const last = yield* Stream.runLast(results)
        if (Option.isNone(last)) return yield* Effect.fail("The tool gave no result")
        const { encodedResult, isFailure } = last.value
        return isFailure ? yield* Effect.fail(describe(encodedResult)) : encodedResult
      }),
    approve: needsApproval
      ? (_, call): Effect.Effect<boolean, never, R> => options.approve?.(call) ?? Effect.succeed(false)
      : undefined
  })
}

/** A tool as a provider is told of it. */
export interface ToolDescription {
  readonly name: string
  readonly description: string | undefined
  readonly strict: boolean
  readonly jsonSchema: { readonly [key: string]: unknown }
}

/** Tools that are ready for a provider. */
export interface Toolbox<out R> {
  readonly descriptions: ReadonlyArray<ToolDescription>
  /** Makes one call. It never fails: what goes wrong is the result. */
  readonly execute: (call: Call) => Effect.Effect<CallResult, never, R>
}

/** Makes tools ready for a provider. */
export const toolbox = <R>(
  tools: ReadonlyArray<Tool<R>>,
  conversion: StructuredOutput.Conversion
): Effect.Effect<Toolbox<R>, StructuredOutput.UnsupportedSchemaError> =>
  Effect.gen(function* () {
    const entries: Array<readonly [Tool<R>, StructuredOutput.Format<unknown>]> = []
    for (const tool of tools) entries.push([tool, yield* Effect.fromResult(tool.format(conversion))])
    const byName = new Map(entries.map(([tool, format]) => [tool.name, { tool, format }]))
    return {
      descriptions: entries.map(([{ description, name, strict }, { jsonSchema }]) => ({
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

/** The value of a call's arguments so far, while they are still streaming. */
export const partialInput = (call: { readonly arguments: string }): unknown => PartialJson.parse(call.arguments)
