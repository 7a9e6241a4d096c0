/** The parts of the Anthropic API that the examples call. */
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

const models = [
  { id: "claude-opus-5", display_name: "Claude Opus 5" },
  { id: "claude-sonnet-5", display_name: "Claude Sonnet 5" },
  { id: "claude-haiku-4-5", display_name: "Claude Haiku 4.5" }
].map((model) => ({ type: "model", ...model, created_at: "2026-08-01T00:00:00Z" }))

const error = (
  status: number,
  type: string,
  message: string,
  headers?: { readonly [name: string]: string }
): Answer => ({
  status,
  ...(headers === undefined ? {} : { headers }),
  json: { type: "error", error: { type, message } }
})

const noModel = (model: unknown): Answer => error(404, "not_found_error", `model: ${model}`)

const message = ({ body }: DemoRequest): Answer => {
  const { max_tokens, messages, model, stream } = body
  if (!models.some(({ id }) => id === model)) return noModel(model)
  if (typeof max_tokens !== "number") return error(400, "invalid_request_error", "max_tokens: Field required")
  const question = lastMessage(messages)
  const text = reply(question)
  const input_tokens = countTokens(question)
  const output_tokens = countTokens(text)
  const common = { id: "msg_demo", type: "message", role: "assistant", model }
  if (stream !== true) {
    return {
      status: 200,
      json: {
        ...common,
        content: [{ type: "text", text }],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: { input_tokens, output_tokens }
      }
    }
  }
  const event = (data: { readonly type: string; readonly [field: string]: unknown }) => ({ event: data.type, data })
  return {
    events: [
      event({
        type: "message_start",
        message: {
          ...common,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens, output_tokens: 1 }
        }
      }),
      event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
      event({ type: "ping" }),
      ...pieceEvents(text, (piece) =>
        event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } })
      ),
      event({ type: "content_block_stop", index: 0 }),
      event({
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens }
      }),
      event({ type: "message_stop" })
    ]
  }
}

const listModels = ({ query }: DemoRequest): Answer => {
  const start = models.findIndex(({ id }) => id === query.get("after_id")) + 1
  const { more, page } = window(models, start, numberIn(query, "limit", 20))
  return {
    status: 200,
    json: { data: page, first_id: page.at(0)?.id ?? null, last_id: page.at(-1)?.id ?? null, has_more: more }
  }
}

export const anthropic: Api = {
  requestIdHeader: "request-id",
  answer: (request) => {
    const { method, path } = request
    if (method === "POST" && path === "/v1/messages") return message(request)
    if (method === "GET" && path === "/v1/models") return listModels(request)
    const id = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1]
    if (method === "GET" && id !== undefined) {
      const model = models.find((model) => model.id === id)
      return model === undefined ? noModel(id) : { status: 200, json: model }
    }
    return error(404, "not_found_error", "Not found")
  },
  unauthorized: error(401, "authentication_error", "invalid x-api-key"),
  rateLimited: error(429, "rate_limit_error", "This request would exceed your rate limit.", {
    ...retryAfter,
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "0"
  })
}
