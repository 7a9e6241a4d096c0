/** The faults of the soak: those of `llmfx/testing`, and what servers and gateways write into their streams. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Faults, Reply } from "llmfx/testing"
import { byEvent, interjected } from "../../src/testing/internal/faultyBody.ts"
import type { Random } from "../../src/testing/internal/random.ts"

type Bytes = Stream.Stream<Uint8Array, unknown>

const encoder = new TextEncoder()

const inEvents = (name: string, change: (body: Bytes) => Bytes): Faults.Fault => ({
  name,
  apply: (request, send, hit) =>
    Effect.map(send, (response) => {
      const { headers, status, stream } = response
      if (headers["content-type"]?.startsWith("text/event-stream") !== true) return response
      hit()
      return Reply.toClientResponse(request, { status, headers, body: change(stream) })
    })
})

/** Frames that say nothing. */
const alive = [
  ": still here\n\n",
  "data:\n\n",
  "data: {}\n\n",
  "data: null\n\n",
  "event: ping\ndata: {}\n\n",
  'event: keepalive\ndata: {"type":"message"}\n\n',
  'data: {"type":"heartbeat"}\n\n',
  "event: heartbeat\ndata: not JSON\n\n",
  "retry: 3000\n\n"
]

/** Bytes after the end of a stream. */
const tails = [
  "data: [DONE] \n\n",
  "event: done\ndata: ok\n\n",
  ": bye\n\n",
  'data: {"error":{"message":"too late"}}\n\n',
  "data: {\n\n",
  "<html>"
]

const pick = (texts: ReadonlyArray<string>, random: Random): Uint8Array =>
  encoder.encode(texts[random.below(texts.length)])

/** Frames that say nothing before and after each event. */
const keepAlives = (random: Random): Faults.Fault =>
  inEvents("keep-alives", (body) =>
    Stream.concat(
      Stream.flatMap(byEvent(body), (event) => Stream.make(pick(alive, random), event)),
      Stream.make(pick(alive, random))
    )
  )

/** More events, and other things, after the last one. */
const tail = (random: Random): Faults.Fault =>
  inEvents("tail", (body) => Stream.concat(body, Stream.make(pick(tails, random), pick(tails, random))))

/** The connection ends after some events as if that were all. */
const endAfterEvents = (events: number): Faults.Fault =>
  inEvents("end in stream", (body) => interjected(body, events, Stream.empty))

/** Draws a fault: of ten, six are those of `llmfx/testing`. */
export const draw = (random: Random): Faults.Fault => {
  switch (random.below(10)) {
    case 0:
      return keepAlives(random)
    case 1:
      return tail(random)
    case 2:
      return Faults.midStreamOverload(1 + random.below(16))
    case 3:
      return random.below(2) === 0 ? endAfterEvents(random.below(16)) : Faults.dropAfterEvents(random.below(16))
    default:
      return Faults.draw(random)
  }
}
