/** Tools of `effect/ai` for the tools that an API defines. */
import * as AiTool from "effect/ai/Tool"
import * as Schema from "effect/Schema"

/** What the API and the model exchange is theirs to check: it is passed on as it comes. */
type Config<Args, Parameters, Result, Mode extends AiTool.FailureMode> = {
  readonly args: Schema.Codec<Args>
  readonly parameters: Schema.Codec<Parameters>
  readonly success: Schema.Codec<Result>
  readonly failure: typeof Schema.Unknown
  readonly failureMode: Mode
}

type Id = `${string}.${string}`

/** Makes a tool that an API defines. */
export type HostedTool<
  ToolId extends Id,
  DefaultName extends string,
  Args,
  RequiresHandler extends boolean,
  Parameters = unknown,
  Result = unknown
> = <const Name extends string = DefaultName, Mode extends AiTool.FailureMode = "error">(
  /** Fields of the tool's definition, under their names on the wire. */
  args: Args,
  options?: {
    /** The toolkit's name of the tool. A toolkit that has two of a type needs two names. */
    readonly name?: Name | undefined
    /** Whether a failure of the handler fails the call or goes to the model. */
    readonly failureMode?: Mode | undefined
  }
) => AiTool.ProviderDefined<ToolId, Name, Config<Args, Parameters, Result, Mode>, RequiresHandler>

/** Makes a tool that the program names and runs, and the API defines. */
export type NamedTool<ToolId extends Id, Args, Parameters = unknown, Result = unknown> = <
  const Name extends string,
  Mode extends AiTool.FailureMode = "error"
>(
  args: Args & { readonly name: Name },
  options?: {
    /** Whether a failure of the handler fails the call or goes to the model. */
    readonly failureMode?: Mode | undefined
  }
) => AiTool.ProviderDefined<ToolId, Name, Config<Args, Parameters, Result, Mode>, true>

interface Definition<ToolId extends Id, RequiresHandler extends boolean> {
  readonly id: ToolId
  /** The name by which the model calls it. */
  readonly providerName: string
  /** Whether the program runs the calls. */
  readonly requiresHandler: RequiresHandler
}

const makeTool = (
  definition: Definition<Id, boolean>,
  args: unknown,
  name: string,
  failureMode: AiTool.FailureMode | undefined
) => {
  const make = AiTool.providerDefined({
    ...definition,
    customName: name,
    args: Schema.Unknown,
    parameters: Schema.Unknown,
    success: Schema.Unknown,
    failure: Schema.Unknown
  })
  // `providerDefined` leaves the failure mode among the arguments, where it would go to the API.
  const tool = Object.assign(make((failureMode === undefined ? {} : { failureMode }) as never), { args })
  // Its types follow its schemas; those of the functions below say what it is called with.
  return tool as never
}

/** Defines the tool of a type of the API's tools. */
export const hostedTool =
  <Args, Parameters = unknown, Result = unknown>() =>
  <const ToolId extends Id, const DefaultName extends string, RequiresHandler extends boolean>({
    defaultName,
    ...definition
  }: Definition<ToolId, RequiresHandler> & {
    /** The toolkit's name of the tool, unless the program gives another. */
    readonly defaultName: DefaultName
  }): HostedTool<ToolId, DefaultName, Args, RequiresHandler, Parameters, Result> =>
  (args, options) =>
    makeTool(definition, args, options?.name ?? defaultName, options?.failureMode)

/** Defines the tool of a type whose calls carry the name that the program gives. */
export const namedTool =
  <Args, Parameters = unknown, Result = unknown>() =>
  <const ToolId extends Id>(definition: Definition<ToolId, true>): NamedTool<ToolId, Args, Parameters, Result> =>
  (args, options) =>
    makeTool(definition, args, args.name, options?.failureMode)
