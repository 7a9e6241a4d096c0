/** The Anthropic API: one module for each resource, the service {@link Anthropic}, and helpers. */

export * from "./Anthropic.ts"
export * from "./api/index.ts"
export * as BatchRun from "./BatchRun.ts"
export * as BetaMessageStream from "./BetaMessageStream.ts"
export * as Completions from "./Completions.ts"
export * as Jobs from "./Jobs.ts"
export * as MessageStream from "./MessageStream.ts"
export * as SessionStream from "./SessionStream.ts"
