import { headers } from "./clients.ts"
import type { Provider } from "./gateway.ts"

interface ChatChunk {
  readonly choices?: ReadonlyArray<{ readonly delta?: { readonly content?: string | null } }>
}
interface MessageEvent {
  readonly delta?: { readonly text?: string }
}
interface CozeEvent {
  readonly data?: { readonly content?: string } | string
  readonly content?: string
}

/** Returns the text that an event of a provider adds, whichever client decoded it. */
export const textOfEvent = (provider: Provider, event: unknown): string | undefined => {
  switch (provider) {
    case "openai":
      return (event as ChatChunk).choices?.[0]?.delta?.content ?? undefined
    case "anthropic":
      return (event as MessageEvent).delta?.text
    case "coze": {
      const { content, data } = event as CozeEvent
      return typeof data === "object" ? data.content : content
    }
  }
}

/** The least work any client does: fetch, cut into events, parse. */
export const bareStreamOf = async (url: string, body: object, onEvent: (event: unknown) => void): Promise<void> => {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ ...body, stream: true }) })
  const decoder = new TextDecoder()
  let pending = ""
  for await (const bytes of response.body ?? []) {
    const lines = (pending + decoder.decode(bytes, { stream: true })).split("\n")
    pending = lines.pop() ?? ""
    for (const line of lines) {
      if (line.startsWith("data: {")) onEvent(JSON.parse(line.slice("data: ".length)))
    }
  }
}
