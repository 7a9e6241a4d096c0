/** A server in its own process that receives and sends any number of bytes without keeping them. */
import { createServer, type ServerResponse } from "node:http"
import { chatEvents } from "./payloads.ts"

const piece = Buffer.alloc(64 * 1024, "a line of a file that is sent again and again\n")
const events = chatEvents(400).split("\n\n")
const event = Buffer.from(`${events.slice(0, -3).join("\n\n")}\n\n`)
const lastEvents = `${events.slice(-3).join("\n\n")}\n\n`
const line = Buffer.from(`${JSON.stringify({ custom_id: "r-1", result: { type: "canceled" } })}\n`.repeat(1000))

/** Sends `data` over and over, as fast as it is read. */
const repeat = (response: ServerResponse, data: Buffer, bytes: number, last: string): void => {
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      left -= data.length
      if (!response.write(data)) {
        response.once("drain", write)
        return
      }
    }
    response.end(last)
  }
  write()
}

const server = createServer((request, response) => {
  const path = (request.url ?? "").split("?")[0] ?? ""
  const wanted = Number(request.headers["x-bytes"])
  let received = 0
  request.on("data", (chunk: Buffer) => {
    received += chunk.length
  })
  request.on("end", () => {
    if (path.endsWith("/chat/completions")) {
      response.writeHead(200, { "content-type": "text/event-stream" })
      repeat(response, event, wanted, lastEvents)
    } else if (path.endsWith("/results")) {
      response.writeHead(200, { "content-type": "application/x-jsonl" })
      repeat(response, line, wanted, "")
    } else if (path.endsWith("/content")) {
      response.writeHead(200, { "content-type": "application/octet-stream" })
      repeat(response, piece, wanted, "")
    } else {
      response.writeHead(200, { "content-type": "application/json" })
      response.end(JSON.stringify(answerTo(path, received)))
    }
  })
})

const answerTo = (path: string, bytes: number): object => {
  const id = { id: "file-1", created_at: 1, expires_at: 2, filename: "f", purpose: "batch", bytes }
  if (path.endsWith("/parts")) return { id: "part-1", object: "upload.part", created_at: 1, upload_id: "file-1" }
  return path.includes("/uploads")
    ? { ...id, object: "upload", status: "completed" }
    : { ...id, object: "file", status: "processed" }
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) process.send?.({ port: address.port })
})
process.on("disconnect", () => process.exit(0))
