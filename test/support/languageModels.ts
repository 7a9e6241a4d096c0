/** Programs over a language model whose API answers by script. */
import * as Chat from "effect/ai/Chat"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import type * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"

/** A tool with an optional parameter, which strict schemas turn into a nullable one. */
export const tool = {
  name: "weather",
  description: "the weather",
  failureMode: "return",
  parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Int) }),
  success: Schema.String
} as const

export type AnyToolkit = Effect.Effect<Toolkit.WithHandler<Record<string, Tool.Any>>>

/** A toolkit whose tools all have one handler. */
export const withHandler = <Tools extends ReadonlyArray<Tool.Any>>(
  tools: Tools,
  handle: (params: unknown, name: string) => Effect.Effect<unknown, unknown>
) => {
  const toolkit = Toolkit.make(...tools)
  const handlers = Object.fromEntries(
    Object.keys(toolkit.tools).map((name) => [name, (params: unknown) => handle(params, name)])
  )
  const handled: unknown = Effect.provide(toolkit, toolkit.toLayer(handlers as never))
  return handled as AnyToolkit
}

/** The parts of a stream, and the sizes of its chunks. */
export const streamed = (options: {
  readonly prompt: string
  readonly toolkit?: AnyToolkit
}): Effect.Effect<
  { readonly chunks: ReadonlyArray<number>; readonly parts: ReadonlyArray<Response.AnyPart> },
  unknown,
  LanguageModel.LanguageModel
> =>
  Effect.gen(function* () {
    const parts: Array<Response.AnyPart> = []
    const chunks: Array<number> = []
    const stream: Stream.Stream<Response.AnyPart, unknown, LanguageModel.LanguageModel> =
      options.toolkit === undefined
        ? LanguageModel.streamText({ prompt: options.prompt })
        : LanguageModel.streamText({ prompt: options.prompt, toolkit: options.toolkit })
    yield* stream.pipe(
      Stream.runForEachArray((chunk) =>
        Effect.sync(() => {
          chunks.push(chunk.length)
          parts.push(...chunk)
        })
      )
    )
    return { chunks, parts }
  })

/** The parts of two turns of one chat, between which its history was JSON. */
export const twoTurns = (
  options: { readonly toolkit?: AnyToolkit } = {}
): Effect.Effect<
  { readonly first: ReadonlyArray<Response.AnyPart>; readonly second: ReadonlyArray<Response.AnyPart> },
  unknown,
  LanguageModel.LanguageModel
> =>
  Effect.gen(function* () {
    const chat = yield* Chat.empty
    const toolkit = options.toolkit ?? Toolkit.empty
    const first = yield* chat.generateText({ prompt: "first", toolkit })
    const again = yield* Chat.fromJson(yield* chat.exportJson)
    const second = yield* again.generateText({ prompt: "second", toolkit })
    return {
      first: first.content as ReadonlyArray<Response.AnyPart>,
      second: second.content as ReadonlyArray<Response.AnyPart>
    }
  })

/** A tracer that keeps its spans. */
export const recordingTracer = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
}

/** Server-sent events of values, each in a piece of its own. */
export const eventsOf = (values: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`)
