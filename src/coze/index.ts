/** The Coze API: one module for each resource, the service {@link Coze}, and helpers. */
export * from "./api/index.ts"
export * as ChatMessage from "./ChatMessage.ts"
export * as ChatStream from "./ChatStream.ts"
export * from "./Coze.ts"
export * as CozeAuth from "./CozeAuth.ts"
export * from "./CozeRealtime.ts"
