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
