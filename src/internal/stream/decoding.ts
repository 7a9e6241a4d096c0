/** Decodes a stream as its bytes arrive, and keeps what is decoded until it is pulled. */
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type { Decoder } from "../../EventStream.ts"

/** How a stream came to its end. */
export type End<E> =
  /** All bytes were read. */
  | { readonly _tag: "Ended" }
  /** The decoder needs no more bytes. */
  | { readonly _tag: "Finished" }
  /** The decoder threw. `atEnd` tells whether all bytes were read before. */
  | { readonly _tag: "Thrown"; readonly thrown: unknown; readonly atEnd: boolean }
  /** The bytes could not be read. */
  | { readonly _tag: "Broken"; readonly cause: Cause.Cause<E> }

export interface Decoding<A, E, E2> {
  readonly push: (bytes: Uint8Array) => void
  /** All bytes were pushed. */
  readonly end: () => void
  readonly fail: (cause: Cause.Cause<E>) => void
  /** Returns the values decoded since the last call, then the end. Returns `undefined` if more bytes are needed. */
  readonly take: () => Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E2> | undefined
}

export interface DecodingOptions<A, E, E2> {
  readonly decoder: (emit: (value: A) => void) => Decoder
  /** What the stream ends with, after all values. */
  readonly end: (end: End<E>) => Pull.Pull<never, E2>
  readonly isFinished?: (() => boolean) | undefined
}

export const makeDecoding = <A, E, E2>({
  decoder: make,
  end: endWith,
  isFinished = () => false
}: DecodingOptions<A, E, E2>): Decoding<A, E, E2> => {
  let out: Array<A> = []
  let last: Pull.Pull<never, E2> | undefined
  const decoder = make((value) => {
    out.push(value)
  })
  return {
    push: (bytes) => {
      if (last !== undefined) return
      try {
        decoder.push(bytes)
        if (isFinished()) last = endWith({ _tag: "Finished" })
      } catch (thrown) {
        last = endWith({ _tag: "Thrown", thrown, atEnd: false })
      }
    },
    end: () => {
      if (last !== undefined) return
      try {
        decoder.end()
        last = endWith({ _tag: isFinished() ? "Finished" : "Ended" })
      } catch (thrown) {
        last = endWith({ _tag: "Thrown", thrown, atEnd: true })
      }
    },
    fail: (cause) => {
      last ??= endWith({ _tag: "Broken", cause })
    },
    take: () => {
      if (!Arr.isArrayNonEmpty(out)) return last
      const values = out
      out = []
      return Effect.succeed(values)
    }
  }
}

/** Pulls bytes until they complete at least one value. */
export const pullDecoded = <A, E, E2>(
  bytes: Pull.Pull<ReadonlyArray<Uint8Array>, E>,
  decoding: Decoding<A, E, E2>
): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E2> => {
  const more: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E2> = Effect.matchCauseEffect(bytes, {
    onSuccess: (chunks) => {
      for (const chunk of chunks) decoding.push(chunk)
      return next
    },
    onFailure: (cause) => {
      if (Pull.isDoneCause(cause)) decoding.end()
      else decoding.fail(cause as Cause.Cause<E>)
      return next
    }
  })
  const next = Effect.suspend(() => decoding.take() ?? more)
  return next
}
