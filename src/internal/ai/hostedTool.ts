/** Tools of `effect/ai` for the tools that an API defines. */
import * as AiTool from "effect/ai/Tool"
import * as Schema from "effect/Schema"

/** What the API and the model exchange is theirs to check: it is passed on as it comes. */
type Config<Args, Mode extends AiTool.FailureMode> = {
  readonly args: Schema.Codec<Args>
  readonly parameters: typeof Schema.Unknown
  readonly success: typeof Schema.Unknown
  readonly failure: typeof Schema.Unknown
  readonly failureMode: Mode
}

/** Makes a tool that an API defines. */
export type HostedTool<
  Id extends `${string}.${string}`,
  DefaultName extends string,
  Args,
  RequiresHandler extends boolean
> = <const Name extends string = DefaultName, Mode extends AiTool.FailureMode = "error">(
  /** Fields of the tool's definition, under their names on the wire. */
  args: Args,
  options?: {
    /** The toolkit's name of the tool. */
    readonly name?: Name | undefined
    /** What becomes of failures of the handler. */
    readonly failureMode?: Mode | undefined
  }
) => AiTool.ProviderDefined<Id, Name, Config<Args, Mode>, RequiresHandler>

/** Defines the tool of a type of the API's tools. */
export const hostedTool =
  <Args>() =>
  <
    const Id extends `${string}.${string}`,
    const DefaultName extends string,
    RequiresHandler extends boolean
  >(definition: {
    readonly id: Id
    /** The toolkit's name of the tool, unless the program gives another. */
    readonly defaultName: DefaultName
    /** The name by which the model calls it. */
    readonly providerName: string
    /** Whether the program runs the calls. */
    readonly requiresHandler: RequiresHandler
  }): HostedTool<Id, DefaultName, Args, RequiresHandler> =>
  (args, options) => {
    const { defaultName, ...own } = definition
    const { failureMode, name = defaultName } = options ?? {}
    const make = AiTool.providerDefined({
      ...own,
      customName: name,
      args: Schema.Unknown,
      parameters: Schema.Unknown,
      success: Schema.Unknown,
      failure: Schema.Unknown
    })
    // `providerDefined` leaves the failure mode among the arguments, where it would go to the API.
    const tool = Object.assign(make((failureMode === undefined ? {} : { failureMode }) as never), { args })
    // Its types follow its schemas; those of this function say what it is called with.
    return tool as never
  }
