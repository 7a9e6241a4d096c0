/**
 * A server in its own process that answers as slowly as a model does: the events of a stream come one by one, and each
 * carries the time at which it was sent.
 *
 *     node scripts/run.mjs scripts/bench/gateway/server.ts <events> <gap> <latency>
 */
import { createServer } from "node:http"
import { anthropicEvents, chatCompletion, chatEvents, cozeAnswer, cozeEvents, message } from "../payloads.ts"

const [events = 200, gap = 10, latency = 50] = process.argv.slice(2).map(Number)

const framesOf = (text: string): ReadonlyArray<string> => text.split("\n\n").filter((frame) => frame !== "")

const streams: { readonly [path: string]: ReadonlyArray<string> } = {
  "/v1/chat/completions": framesOf(chatEvents(events)),
  "/v1/messages": framesOf(anthropicEvents(events)),
  "/v3/chat": framesOf(cozeEvents(events))
}
const answers: { readonly [path: string]: string } = {
  "/v1/chat/completions": JSON.stringify(chatCompletion),
  "/v1/messages": JSON.stringify(message),
  "/v3/chat": JSON.stringify(cozeAnswer)
}

/** Puts the time of sending, in microseconds, into the text of an event. */
const stamped = (frame: string): string =>
  frame.replace(/ token\d+/, () => ` @${Math.round((performance.timeOrigin + performance.now()) * 1000)}`)

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const path = (request.url ?? "").split("?")[0] ?? ""
    const frames = streams[path]
    if (frames === undefined) {
      response.writeHead(404).end()
      return
    }
    if (!Buffer.concat(chunks).toString().includes(`"stream":true`)) {
      setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(answers[path]), latency)
      return
    }
    response.writeHead(200, { "content-type": "text/event-stream" })
    let next = 0
    const send = (): void => {
      const frame = frames[next++]
      if (frame !== undefined) response.write(`${stamped(frame)}\n\n`)
      if (next < frames.length) return
      clearInterval(timer)
      response.end()
    }
    const timer = setInterval(send, gap)
    send()
    response.once("close", () => clearInterval(timer))
  })
})

server.listen(0, "127.0.0.1", 2048, () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) process.send?.({ port: address.port })
})
process.on("disconnect", () => process.exit(0))
