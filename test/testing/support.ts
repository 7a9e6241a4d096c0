import { Emulator } from "llmfx/testing"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  readonly json: any
}

/** Sends requests to an emulator as a client without llmfx does. */
export const asker = (options?: Emulator.Options) => {
  const handler = Emulator.webHandler(options)
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: { readonly [name: string]: string } = {}
  ): Promise<Answer> => {
    const isText = typeof body === "string" || body instanceof FormData || body === undefined
    const response = await handler(
      new Request(`http://localhost${path}`, {
        method,
        headers: {
          authorization: "Bearer key",
          "anthropic-version": "2023-06-01",
          ...(body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" }),
          ...headers
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
        redirect: "manual"
      })
    )
    const text = await response.text()
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      json = undefined
    }
    return { status: response.status, headers: response.headers, text, json }
  }
}
