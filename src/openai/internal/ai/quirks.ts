/** How a server of the Chat Completions API differs from OpenAI's. */
export interface Quirks {
  /** The role of system messages. Default: `developer` for OpenAI's models that reason, `system` for all others. */
  readonly systemRole?: "system" | "developer" | undefined
  /** Whether tools and formats may say `strict`. Default: `true`. */
  readonly strict?: boolean | undefined
  /** How an object is asked for: with its schema, or only as JSON, with the schema in a system message. */
  readonly objects?: "json_schema" | "json_object" | undefined
  /** Whether streams are asked for their usage with `stream_options`. Default: `true`. */
  readonly streamUsage?: boolean | undefined
  /**
   * When reasoning is sent back, in the field that it came in. Default: `always`, which OpenAI never needs, as it does not
   * tell its reasoning here.
   */
  readonly reasoning?: "always" | "withToolCalls" | "never" | undefined
  /** The ids of tool calls that the server accepts; others are replaced, the same by the same. */
  readonly callId?: { readonly pattern: RegExp; readonly length: number } | undefined
  /** Whether files other than PDFs can be sent. Default: `false`. */
  readonly anyFile?: boolean | undefined
}

/** OpenAI itself. */
export const openai: Quirks = {}

/** `https://api.deepseek.com`: JSON without a schema, and reasoning back only with the tool calls that it led to. */
export const deepseek: Quirks = {
  systemRole: "system",
  strict: false,
  objects: "json_object",
  reasoning: "withToolCalls"
}

/** `https://generativelanguage.googleapis.com/v1beta/openai`. */
export const gemini: Quirks = { systemRole: "system", strict: false }

/** `https://api.groq.com/openai/v1`. */
export const groq: Quirks = { systemRole: "system" }

/** `https://api.mistral.ai/v1`: usage comes unasked, and ids of calls are nine letters and digits. */
export const mistral: Quirks = {
  systemRole: "system",
  streamUsage: false,
  callId: { pattern: /^[A-Za-z\d]{9}$/, length: 9 }
}

/** Ollama, LM Studio, llama.cpp, vLLM and other servers of one's own. */
export const local: Quirks = { systemRole: "system", strict: false }

/** `https://openrouter.ai/api/v1`. */
export const openrouter: Quirks = { systemRole: "system", anyFile: true }
