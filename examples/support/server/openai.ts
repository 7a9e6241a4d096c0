/** The parts of the OpenAI API that the examples call. */
import {
  type Answer,
  type Api,
  countTokens,
  type DemoRequest,
  lastMessage,
  numberIn,
  pieceEvents,
  reply,
  retryAfter,
  window
} from "./wire.ts"

const models = ["gpt-5.4", "gpt-5.4-mini", "text-embedding-3-small"]

const fileNames = ["prices.csv", "manual.pdf", "letters.jsonl", "notes.txt", "map.png"]

const created = 1_790_000_000

const files = fileNames.map((filename, index) => ({
  id: `file-${index + 1}`,
  object: "file",
  bytes: 1000 * (index + 1),
  created_at: created - index,
  filename,
  purpose: "user_data",
  status: "processed"
}))

const error = (
  status: number,
  message: string,
  type: string,
  code: string,
  headers?: { readonly [name: string]: string }
): Answer => ({
  status,
  ...(headers === undefined ? {} : { headers }),
  json: { error: { message, type, param: null, code } }
})

const noModel = (model: unknown): Answer =>
  error(
    404,
    `The model \`${model}\` does not exist or you do not have access to it.`,
    "invalid_request_error",
    "model_not_found"
  )

const usageOf = (question: string, text: string) => {
  const prompt_tokens = countTokens(question)
  const completion_tokens = countTokens(text)
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

const completion = ({ body }: DemoRequest): Answer => {
  const { messages, model, stream } = body
  if (typeof model !== "string" || !models.includes(model)) return noModel(model)
  const question = lastMessage(messages)
  const text = reply(question)
  const common = { id: "chatcmpl-demo", created, model }
  const usage = usageOf(question, text)
  if (stream !== true) {
    const message = { role: "assistant", content: text, refusal: null }
    return {
      status: 200,
      json: {
        ...common,
        object: "chat.completion",
        choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
        usage
      }
    }
  }
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    data: {
      ...common,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason }]
    }
  })
  return {
    events: [
      chunk({ role: "assistant", content: "" }),
      ...pieceEvents(text, (content) => chunk({ content })),
      chunk({}, "stop"),
      { data: { ...common, object: "chat.completion.chunk", choices: [], usage } },
      { data: "[DONE]" }
    ]
  }
}

const listFiles = ({ query }: DemoRequest): Answer => {
  const start = files.findIndex(({ id }) => id === query.get("after")) + 1
  const { more, page } = window(files, start, numberIn(query, "limit", 20))
  return {
    status: 200,
    json: { object: "list", data: page, first_id: page.at(0)?.id, last_id: page.at(-1)?.id, has_more: more }
  }
}

const modelObject = (id: string) => ({ id, object: "model", created, owned_by: "openai" })

export const openai: Api = {
  requestIdHeader: "x-request-id",
  answer: (request) => {
    const { method, path } = request
    if (method === "POST" && path === "/chat/completions") return completion(request)
    if (method === "GET" && path === "/files") return listFiles(request)
    if (method === "GET" && path === "/models") {
      return { status: 200, json: { object: "list", data: models.map(modelObject) } }
    }
    const model = /^\/models\/([^/]+)$/.exec(path)?.[1]
    if (method === "GET" && model !== undefined) {
      return models.includes(model) ? { status: 200, json: modelObject(model) } : noModel(model)
    }
    const id = /^\/files\/([^/]+)$/.exec(path)?.[1]
    if (method === "GET" && id !== undefined) {
      const file = files.find((file) => file.id === id)
      return file === undefined
        ? error(404, `No such File object: ${id}`, "invalid_request_error", "file_not_found")
        : { status: 200, json: file }
    }
    return error(404, `Unknown request URL: ${path}`, "invalid_request_error", "unknown_url")
  },
  unauthorized: error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
  rateLimited: error(429, "Rate limit reached: please try again in 1s.", "requests", "rate_limit_exceeded", {
    ...retryAfter,
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1s"
  })
}
