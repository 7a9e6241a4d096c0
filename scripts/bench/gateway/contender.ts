import type { Provider } from "./gateway.ts"

/** A client in the race. */
export interface Contender {
  /** Reads a stream to its end, and calls `onEvent` with each event, or with its text. */
  readonly stream: (onEvent: (event: unknown) => void) => Promise<unknown>
  readonly call: () => Promise<unknown>
}

export type MakeContender = (provider: Provider, url: string) => Contender | Promise<Contender>
