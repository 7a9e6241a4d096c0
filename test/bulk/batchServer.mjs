// Batches of OpenAI and of Anthropic that count. It can accept a batch and never answer. Run as a process of its own.
import { createServer } from "node:http"

/** Batches by vendor, the newest first. */
const batches = { openai: [], anthropic: [] }
const files = []
let hangs = 0
let isEnded = true

const bodyOf = async (request) => {
  const parts = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString()
}

const linesOf = (text) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))

const openAiBatch = (index) => {
  const { createdAt, metadata, requests } = batches.openai[index]
  return {
    id: `batch_${index}`,
    object: "batch",
    endpoint: "/v1/responses",
    status: "completed",
    input_file_id: `file-${index}`,
    completion_window: "24h",
    created_at: createdAt / 1000,
    metadata,
    output_file_id: `output-${index}`,
    request_counts: { total: requests.length, completed: requests.length, failed: 0 }
  }
}

const anthropicBatch = (index) => {
  const { createdAt, requests } = batches.anthropic[index]
  const date = new Date(createdAt).toISOString()
  return {
    id: `msgbatch_${index}`,
    type: "message_batch",
    processing_status: isEnded ? "ended" : "in_progress",
    created_at: date,
    expires_at: date,
    request_counts: { canceled: 0, errored: 0, expired: 0, processing: requests.length, succeeded: 0 }
  }
}

const responseOf = (input) => ({
  id: `resp_${input}`,
  object: "response",
  created_at: 0,
  model: "m",
  status: "completed",
  output: [],
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
})

const messageOf = (text) => ({
  id: `msg_${text}`,
  type: "message",
  role: "assistant",
  model: "m",
  content: [],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 }
})

const newestFirst = (vendor, batchOf) => batches[vendor].map((_, index) => batchOf(index)).reverse()

/** The answer as JSON, as text, or `undefined` to never answer. */
const answer = (method, path, body) => {
  if (path === "/counts") {
    const ids = (vendor, idOf) => batches[vendor].flatMap(({ requests }) => requests.map(idOf))
    return {
      batches: batches.openai.length + batches.anthropic.length,
      inputs: [
        ...ids("openai", ({ body }) => body.input),
        ...ids("anthropic", ({ params }) => params.messages[0].content)
      ]
    }
  }
  if (path.startsWith("/hang/")) {
    hangs = Number(path.slice(6))
    return {}
  }
  if (path.startsWith("/ended/")) {
    isEnded = path.endsWith("true")
    return {}
  }
  const accept = (vendor, batchOf, batch) => {
    batches[vendor].push({ createdAt: Date.now(), ...batch })
    return hangs-- > 0 ? undefined : batchOf(batches[vendor].length - 1)
  }
  if (method === "POST" && path === "/v1/files") {
    files.push(linesOf(body))
    return { id: `file-${files.length - 1}`, object: "file", bytes: 1, created_at: 0, filename: "x" }
  }
  if (method === "POST" && path === "/v1/batches") {
    const { input_file_id, metadata } = JSON.parse(body)
    return accept("openai", openAiBatch, { metadata, requests: files[Number(input_file_id.slice(5))] })
  }
  if (method === "POST" && path === "/v1/messages/batches") {
    return accept("anthropic", anthropicBatch, { requests: JSON.parse(body).requests })
  }
  const file = /^\/v1\/files\/output-(\d+)\/content$/.exec(path)
  if (file !== null) {
    return batches.openai[Number(file[1])].requests
      .map(({ body, custom_id }) =>
        JSON.stringify({ custom_id, response: { status_code: 200, body: responseOf(body.input) }, error: null })
      )
      .join("\n")
  }
  const results = /^\/v1\/messages\/batches\/msgbatch_(\d+)\/results$/.exec(path)
  if (results !== null) {
    return batches.anthropic[Number(results[1])].requests
      .map(({ custom_id, params }) =>
        JSON.stringify({ custom_id, result: { type: "succeeded", message: messageOf(params.messages[0].content) } })
      )
      .join("\n")
  }
  const openAi = /^\/v1\/batches\/batch_(\d+)$/.exec(path)
  if (openAi !== null) return openAiBatch(Number(openAi[1]))
  const anthropic = /^\/v1\/messages\/batches\/msgbatch_(\d+)$/.exec(path)
  if (anthropic !== null) return anthropicBatch(Number(anthropic[1]))
  if (path === "/v1/batches") return { object: "list", data: newestFirst("openai", openAiBatch), has_more: false }
  return { data: newestFirst("anthropic", anthropicBatch), has_more: false, first_id: null, last_id: null }
}

const server = createServer(async (request, response) => {
  const body = await bodyOf(request)
  const found = answer(request.method, new URL(request.url, "http://localhost").pathname, body)
  if (found === undefined) return
  const isText = typeof found === "string"
  response.setHeader("content-type", isText ? "application/x-ndjson" : "application/json")
  response.end(isText ? found : JSON.stringify(found))
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
