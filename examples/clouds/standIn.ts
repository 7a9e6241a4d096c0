/** A server on 127.0.0.1 that replaces a cloud. It answers only requests with the right credential. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A request as it arrived. */
export interface Arrived {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  /** In Latin-1: one character for each byte. */
  readonly body: string
}

/** JSON, or bytes of the given type. */
export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly type: string; readonly bytes: string | Uint8Array }

/** The server's address. The server stops with its scope. */
export const standIn = (answer: (request: Arrived) => Answer): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(
        () =>
          new Promise<Http.Server>((resolve) => {
            const server = Http.createServer((incoming, response) => {
              const chunks: Array<Buffer> = []
              incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
              incoming.on("end", () => {
                const { headers, method = "", url = "" } = incoming
                const given = answer({ method, url, headers, body: Buffer.concat(chunks).toString("latin1") })
                if ("json" in given) {
                  response.writeHead(given.status ?? 200, { "content-type": "application/json" })
                  response.end(JSON.stringify(given.json))
                } else {
                  response.writeHead(200, { "content-type": given.type })
                  response.end(given.bytes)
                }
              })
            })
            server.listen(0, "127.0.0.1", () => resolve(server))
          })
      ),
      (server) =>
        Effect.sync(() => server.closeAllConnections()).pipe(Effect.andThen(Effect.sync(() => server.close())))
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  )

/** Server-sent events. */
export const events = (...values: ReadonlyArray<{ readonly type?: string }>): Answer => ({
  type: "text/event-stream",
  bytes: values
    .map((value) => `${value.type === undefined ? "" : `event: ${value.type}\n`}data: ${JSON.stringify(value)}\n\n`)
    .join("")
})

/** The events that an Anthropic model streams. */
export const messageEvents = (text: string) => [
  {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-5",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 1 }
    }
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  ...text.split(/(?<= )/).map((part) => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: part }
  })),
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: "message_stop" }
]

/** A chat completion. */
export const completion = (content: string) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-5.4-mini",
  choices: [{ index: 0, message: { role: "assistant", content, refusal: null }, finish_reason: "stop", logprobs: null }]
})
