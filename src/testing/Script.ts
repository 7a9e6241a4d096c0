/**
 * The body of a streaming answer, step by step: events cut as one likes, pauses on the clock (also a virtual one),
 * and all that goes wrong on a wire.
 *
 * @example
 * ```ts
 * import { Events, Script } from "llmfx/testing"
 * import { ChatCompletions } from "llmfx/openai"
 *
 * const slow = Script.forEndpoint(ChatCompletions.stream, Events.chatCompletion("Hello, world")).pipe(
 *   Script.pace("100 millis"),
 *   Script.rechunk(7)
 * )
 * const broken = slow.pipe(Script.takeEvents(2), Script.append(Script.drop()))
 * ```
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { type Pipeable, Prototype } from "effect/Pipeable"
import * as Stream from "effect/Stream"
import type * as Endpoint from "../Endpoint.ts"
import { joinBytes } from "../internal/bytes/joinBytes.ts"
import { ConnectionLost } from "./internal/ConnectionLost.ts"
import { makeRandom } from "./internal/random.ts"
import { errorEvent, type ServerReason } from "./internal/wireFailure.ts"
import type * as Reply from "./Reply.ts"

/**
 * One step of a body.
 *
 * @category models
 */
export type Step =
  | {
      readonly _tag: "Bytes"
      readonly bytes: Uint8Array
      /** Whether it is a whole event, and not a comment, a ping or a piece. */
      readonly isEvent: boolean
    }
  | { readonly _tag: "Delay"; readonly duration: Duration.Input }
  | { readonly _tag: "Drop"; readonly code: string }
  | { readonly _tag: "Stall" }

/**
 * A body with the head that goes before it.
 *
 * @category models
 */
export interface Script extends Pipeable {
  readonly steps: ReadonlyArray<Step>
  readonly status: number
  readonly headers: { readonly [name: string]: string }
}

const build = (steps: ReadonlyArray<Step>, head: Pick<Script, "status" | "headers">): Script =>
  Object.assign(Object.create(Prototype) as Pipeable, { steps, status: head.status, headers: head.headers })

const eventStream = { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" } }

/**
 * A body of server-sent events from single steps.
 *
 * @category constructors
 */
export const make = (...steps: ReadonlyArray<Step>): Script => build(steps, eventStream)

const encoder = new TextEncoder()

const bytesOf = (content: string | Uint8Array, isEvent: boolean): Step => ({
  _tag: "Bytes",
  bytes: typeof content === "string" ? encoder.encode(content) : content,
  isEvent
})

/**
 * A server-sent event. A string is sent as it is, anything else as JSON.
 *
 * @category constructors
 */
export const event = (
  data: unknown,
  options?: { readonly event?: string | undefined; readonly id?: string | undefined }
): Step => {
  const text = typeof data === "string" ? data : JSON.stringify(data)
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  const name = options?.event === undefined ? "" : `event: ${options.event}\n`
  const id = options?.id === undefined ? "" : `id: ${options.id}\n`
  return bytesOf(`${id}${name}${lines.join("")}\n`, true)
}

/**
 * Text or bytes as they are: a garbage line, half an event, another format.
 *
 * @category constructors
 */
export const raw = (content: string | Uint8Array): Step => bytesOf(content, false)

/**
 * A comment, such as keeps connections open.
 *
 * @category constructors
 */
export const comment = (text = "keep-alive"): Step => raw(`: ${text}\n\n`)

/**
 * The ping of the Messages API.
 *
 * @category constructors
 */
export const ping: Step = /*#__PURE__*/ raw(`event: ping\ndata: {"type": "ping"}\n\n`)

/**
 * The line that ends a stream of chat completions.
 *
 * @category constructors
 */
export const done: Step = /*#__PURE__*/ raw("data: [DONE]\n\n")

/**
 * Waits, by the clock of the program.
 *
 * @category constructors
 */
export const delay = (duration: Duration.Input): Step => ({ _tag: "Delay", duration })

/**
 * Breaks the connection. Default: `ECONNRESET`.
 *
 * @category constructors
 */
export const drop = (code = "ECONNRESET"): Step => ({ _tag: "Drop", code })

/**
 * Sends nothing more and keeps the connection open.
 *
 * @category constructors
 */
export const stall: Step = { _tag: "Stall" }

/**
 * The error event of an endpoint's API.
 *
 * @category constructors
 */
export const error = (endpoint: Endpoint.Metadata, reason: ServerReason): Step => {
  const { data, event: name } = errorEvent(endpoint, reason)
  return event(data, { event: name })
}

/**
 * The values of a streaming endpoint in the form in which its API sends them, up to the end of the stream.
 *
 * @category constructors
 */
export const forEndpoint = <A>(
  endpoint: Endpoint.Metadata & { readonly kind: "stream"; readonly success: { readonly Type: A } },
  values: Iterable<A>
): Script => forMetadata(endpoint, values)

/**
 * {@link forEndpoint} for code that does not know the endpoint.
 *
 * @category constructors
 */
export const forMetadata = (endpoint: Endpoint.Metadata, values: Iterable<unknown>): Script => {
  const steps = Array.from(values, (value) => framed(endpoint, value))
  return endpoint.terminal === "finishReason" ? make(...steps, done) : make(...steps)
}

/**
 * One value in the form of its API.
 *
 * @category constructors
 */
export const framed = (endpoint: Endpoint.Metadata, value: unknown): Step => {
  const json = (value as { toJSON?: () => unknown } | null)?.toJSON?.() ?? value
  const fields = (json ?? {}) as { readonly [name: string]: unknown }
  if (endpoint.provider === "coze" || endpoint.envelope === true) {
    const data =
      endpoint.provider === "openai" && fields["data"] === "[DONE]" ? "[DONE]" : JSON.stringify(fields["data"])
    return event(data ?? "", { event: String(fields["event"]), id: fields["id"] as string | undefined })
  }
  return event(json, { event: typeof fields["type"] === "string" ? fields["type"] : undefined })
}

/**
 * Lines of JSON.
 *
 * @category constructors
 */
export const jsonLines = (values: Iterable<unknown>): Script =>
  build(
    Array.from(values, (value) => bytesOf(`${JSON.stringify(value)}\n`, true)),
    { status: 200, headers: { "content-type": "application/x-jsonl" } }
  )

/**
 * Adds steps at the end.
 *
 * @category combinators
 */
export const append =
  (...steps: ReadonlyArray<Step>) =>
  (self: Script): Script =>
    build([...self.steps, ...steps], self)

/**
 * Adds steps after the first `count` events.
 *
 * @category combinators
 */
export const insertAfter =
  (count: number, ...steps: ReadonlyArray<Step>) =>
  (self: Script): Script => {
    const at = endOf(self.steps, count)
    return build([...self.steps.slice(0, at), ...steps, ...self.steps.slice(at)], self)
  }

/**
 * Keeps what comes before the end of the first `count` events.
 *
 * @category combinators
 */
export const takeEvents: {
  (count: number): (self: Script) => Script
  (self: Script, count: number): Script
} = /*#__PURE__*/ dual(
  2,
  (self: Script, count: number): Script => build(self.steps.slice(0, endOf(self.steps, count)), self)
)

const endOf = (steps: ReadonlyArray<Step>, count: number): number => {
  if (count <= 0) return 0
  let seen = 0
  for (const [index, step] of steps.entries()) {
    if (step._tag === "Bytes" && step.isEvent && ++seen === count) return index + 1
  }
  return steps.length
}

/**
 * Waits before every event.
 *
 * @category combinators
 */
export const pace: {
  (duration: Duration.Input): (self: Script) => Script
  (self: Script, duration: Duration.Input): Script
} = /*#__PURE__*/ dual(
  2,
  (self: Script, duration: Duration.Input): Script =>
    build(
      self.steps.flatMap((step) => (step._tag === "Bytes" && step.isEvent ? [delay(duration), step] : [step])),
      self
    )
)

/**
 * Cuts the bytes differently, regardless of events and characters.
 *
 * **Details**
 *
 * Cuts into chunks of a fixed size, of several sizes in turn, or of 1 to `max` (default: 64) bytes drawn from a seed.
 * Pauses, drops and stalls keep their places.
 *
 * @category combinators
 */
export const rechunk: {
  (cut: Cut): (self: Script) => Script
  (self: Script, cut: Cut): Script
} = /*#__PURE__*/ dual(2, (self: Script, cut: Cut): Script => {
  const nextSize = sizes(cut)
  const steps: Array<Step> = []
  let pending: Array<Uint8Array> = []
  const flush = (): void => {
    for (const bytes of cutUp(joinBytes(pending), nextSize)) steps.push(raw(bytes))
    pending = []
  }
  for (const step of self.steps) {
    if (step._tag === "Bytes") {
      pending.push(step.bytes)
    } else {
      flush()
      steps.push(step)
    }
  }
  flush()
  return build(steps, self)
})

/**
 * How a body is cut.
 *
 * @category models
 */
export type Cut = number | ReadonlyArray<number> | { readonly seed: number; readonly max?: number | undefined }

const sizes = (cut: Cut): (() => number) => {
  if (typeof cut === "number") return () => Math.max(1, cut)
  if ("seed" in cut) {
    const random = makeRandom(cut.seed)
    return () => 1 + random.below(cut.max ?? 64)
  }
  let next = 0
  return () => Math.max(1, cut[next++ % cut.length] ?? 1)
}

const cutUp = (bytes: Uint8Array, nextSize: () => number): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; ) {
    const size = nextSize()
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

/**
 * Another status or other headers.
 *
 * @category combinators
 */
export const withHead =
  (head: Reply.Head) =>
  (self: Script): Script =>
    build(self.steps, { status: head.status ?? self.status, headers: { ...self.headers, ...head.headers } })

/**
 * The body. A {@link drop} fails it.
 *
 * @category converting
 */
export const toStream = (self: Script): Stream.Stream<Uint8Array, ConnectionLost> =>
  Stream.fromPull(
    Effect.sync(() => {
      let next = 0
      const pull: Effect.Effect<readonly [Uint8Array], ConnectionLost | Cause.Done> = Effect.suspend(() => {
        const step = self.steps[next++]
        switch (step?._tag) {
          case undefined:
            return Cause.done()
          case "Bytes":
            return Effect.succeed([step.bytes])
          case "Delay":
            return Effect.andThen(Effect.sleep(step.duration), pull)
          case "Drop":
            return Effect.fail(new ConnectionLost({ code: step.code }))
          case "Stall":
            return Effect.never
        }
      })
      return pull
    })
  )

/**
 * The response.
 *
 * @category converting
 */
export const toReply = (self: Script): Reply.Reply => ({
  status: self.status,
  headers: self.headers,
  body: toStream(self)
})
