/** A server in its own process that answers as fast as it can, so the clients are what is measured. */
import { createServer } from "node:http"
import {
  anthropicEvents,
  chatCompletion,
  chatEvents,
  cozeAnswer,
  cozeEvents,
  message,
  responseEvents
} from "./payloads.ts"

const streams: Record<string, Buffer> = {
  "/v1/chat/completions": Buffer.from(chatEvents(20_000)),
  "/v1/responses": Buffer.from(responseEvents(20_000)),
  "/v1/messages": Buffer.from(anthropicEvents(20_000)),
  "/v3/chat": Buffer.from(cozeEvents(20_000))
}
const answers: Record<string, string> = {
  "/v1/chat/completions": JSON.stringify(chatCompletion),
  "/v1/messages": JSON.stringify(message),
  "/v3/chat": JSON.stringify(cozeAnswer)
}

const chunkBytes = 16 * 1024

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const path = (request.url ?? "").split("?")[0] ?? ""
    const stream = streams[path]
    const body = Buffer.concat(chunks).toString()
    if (stream === undefined) {
      response.writeHead(404).end()
    } else if (body.includes(`"stream":true`)) {
      response.writeHead(200, { "content-type": "text/event-stream" })
      let at = 0
      const write = (): void => {
        while (at < stream.length) {
          const chunk = stream.subarray(at, at + chunkBytes)
          at += chunkBytes
          if (!response.write(chunk)) {
            response.once("drain", write)
            return
          }
        }
        response.end()
      }
      write()
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end(answers[path])
    }
  })
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) process.send?.({ port: address.port })
})
process.on("disconnect", () => process.exit(0))
