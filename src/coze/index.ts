/** The Coze API: the service {@link Coze}, one module for each resource, and helpers. */
export * from "./api/index.ts"
export * as ChatMessage from "./ChatMessage.ts"
export * as ChatStream from "./ChatStream.ts"
export * from "./Coze.ts"
export * as CozeAuth from "./CozeAuth.ts"
export * from "./CozeRealtime.ts"
