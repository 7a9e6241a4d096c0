// A model API that counts: it answers each request by its input, and tells what it has seen. Run as a process of its own.
import { createServer } from "node:http"

const [delay = "10"] = process.argv.slice(2)
/** How often each input was asked for. */
const seen = new Map()
/** Requests by second. */
const seconds = new Map()
let total = 0
let wait = Number(delay)

const read = async (request) => {
  const parts = []
  for await (const part of request) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString() || "null")
}

const answer = (input) => ({
  id: `resp_${input}`,
  object: "response",
  created_at: 0,
  model: "m",
  status: "completed",
  output: [
    {
      type: "message",
      id: `msg_${input}`,
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: `echo ${input}`, annotations: [] }]
    }
  ],
  usage: {
    input_tokens: 3,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 5
  }
})

const server = createServer(async (request, response) => {
  const send = (body) => {
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify(body))
  }
  if (request.url === "/counts") {
    const repeated = [...seen.values()].filter((count) => count > 1).reduce((sum, count) => sum + count - 1, 0)
    return send({ total, distinct: seen.size, repeated, seconds: [...seconds] })
  }
  if (request.url?.startsWith("/delay/")) {
    wait = Number(request.url.slice(7))
    return send({})
  }
  const { input } = await read(request)
  total++
  seen.set(input, (seen.get(input) ?? 0) + 1)
  const second = Math.floor(Date.now() / 1000)
  seconds.set(second, (seconds.get(second) ?? 0) + 1)
  setTimeout(() => send(answer(input)), wait * (0.5 + Math.random()))
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
