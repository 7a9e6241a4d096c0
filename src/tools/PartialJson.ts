/**
 * Parses JSON that is still arriving: the arguments of a tool call, or a structured answer.
 *
 * Each piece of text is read once, and the value so far is available at any time. A string may be shorter than it will
 * be; a number, `true`, `false` and `null` appear only when they are complete.
 *
 * @example
 * ```ts
 * import * as Stream from "effect/Stream"
 * import { PartialJson } from "llmfx"
 *
 * const names = Stream.make(`{"names": ["Ad`, `a", "Grace"`, `]}`).pipe(PartialJson.elements(["names"]))
 * ```
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { JsonParser } from "../internal/json/incrementalParser.ts"

/**
 * A value whose parts may still be missing. Strings may be incomplete, so a string literal is any string.
 *
 * @category models
 */
export type Partial<A> = A extends string
  ? string
  : A extends number | boolean | bigint | null | undefined
    ? A
    : A extends ReadonlyArray<infer Item>
      ? ReadonlyArray<Partial<Item>>
      : A extends object
        ? { readonly [K in keyof A]?: Partial<A[K]> }
        : unknown

/**
 * A text that is not JSON, or ends too early.
 *
 * @category errors
 */
export class PartialJsonError extends Data.TaggedError("PartialJsonError")<{
  readonly message: string
  /** The index of the offending character in `text`, in UTF-16 code units. */
  readonly position: number
  /** The whole text, including what follows the fault. */
  readonly text: string
}> {}

/**
 * A parser of one value.
 *
 * @category models
 */
export interface Parser {
  /** Reads a piece. Never throws; see {@link Parser.end}. */
  readonly push: (piece: string) => void
  /** All text so far. */
  readonly text: () => string
  /** Returns the value so far, or `undefined` if nothing of it is known. Earlier values do not change. */
  readonly value: () => unknown
  /** Ends the text and returns the whole value. */
  readonly end: () => Result.Result<unknown, PartialJsonError>
}

/**
 * Makes a parser.
 *
 * @category constructors
 */
export const make = (): Parser => {
  const parser = new JsonParser()
  return {
    push: (piece) => parser.push(piece),
    text: () => parser.text,
    value: () => parser.value(),
    end: () => {
      parser.end()
      const error = errorOf(parser)
      return error === undefined ? Result.succeed(parser.value()) : Result.fail(error)
    }
  }
}

const errorOf = (parser: JsonParser): PartialJsonError | undefined =>
  parser.failure === undefined
    ? undefined
    : new PartialJsonError({
        message: `${parser.failure.message} (at character ${parser.failure.position})`,
        position: parser.failure.position,
        text: parser.text
      })

/**
 * Parses a text that may be incomplete. Returns `undefined` if nothing of its value is known, or if it is not JSON.
 *
 * @category parsing
 */
export const parse = (text: string): unknown => {
  const parser = new JsonParser()
  parser.push(text)
  return parser.failure === undefined ? parser.value() : undefined
}

/**
 * Emits the value after each piece of text, and finally the whole value. Pieces that arrive together emit one value.
 *
 * @category running
 */
export const values = <E, R>(self: Stream.Stream<string, E, R>): Stream.Stream<unknown, E | PartialJsonError, R> =>
  transform(self, (parser, pieces) => {
    for (const piece of pieces) parser.push(piece)
    const value = parser.value()
    return value === undefined ? [] : [value]
  })

/**
 * Emits each item of the array at a path as soon as it is complete. `[]` is the top level.
 *
 * @category running
 */
export const elements =
  (path: ReadonlyArray<string | number> = []) =>
  <E, R>(self: Stream.Stream<string, E, R>): Stream.Stream<unknown, E | PartialJsonError, R> =>
    Stream.suspend(() => {
      let found: Array<unknown> = []
      let isStarted = false
      return transform(self, (parser, pieces) => {
        if (!isStarted) {
          isStarted = true
          parser.onElement(path.length + 1, (value) => {
            const at = parser.path()
            if (typeof at.at(-1) === "number" && path.every((key, i) => key === at[i])) found.push(value)
          })
        }
        for (const piece of pieces) parser.push(piece)
        const items = found
        found = []
        return items
      })
    })

type Values<E> = Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, E | PartialJsonError>

/** Emits values found before a fault, then fails. */
const transform = <E, R>(
  self: Stream.Stream<string, E, R>,
  read: (parser: JsonParser, pieces: ReadonlyArray<string>) => ReadonlyArray<unknown>
): Stream.Stream<unknown, E | PartialJsonError, R> =>
  Stream.transformPull(self, (upstream) =>
    Effect.sync(() => {
      const parser = new JsonParser()
      let isOver = false
      const emit = (found: ReadonlyArray<unknown>): Values<E> =>
        Arr.isReadonlyArrayNonEmpty(found) ? Effect.succeed(found) : next
      const end = (): Values<E> => {
        isOver = true
        if (parser.isComplete || parser.failure !== undefined) return next
        parser.end()
        return emit(parser.failure === undefined ? [parser.value()] : [])
      }
      const pulled: Values<E> = Pull.catchDone(
        Effect.flatMap(upstream, (pieces) => emit(read(parser, pieces))),
        end
      )
      const next: Values<E> = Effect.suspend(() => {
        const error = errorOf(parser)
        return error === undefined ? (isOver ? Cause.done() : pulled) : Effect.fail(error)
      })
      return next
    })
  )
