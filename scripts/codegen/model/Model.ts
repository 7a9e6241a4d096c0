import type { Declaration, Type } from "../Type.ts"

/** Everything known about an API, printable as JSON. */
export interface Model {
  readonly resources: ReadonlyArray<Resource>
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly declarations: ReadonlyArray<Declaration>
  readonly events: ReadonlyArray<EventModule>
  readonly errorCodes: ReadonlyArray<string>
}

export interface Resource {
  readonly path: ReadonlyArray<string>
  readonly file: string
}

export interface EventModule {
  readonly module: string
  readonly server: ReadonlyArray<string>
  readonly client: ReadonlyArray<string>
}

export interface Endpoint {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly kind: "json" | "none" | "text" | "binary" | "stream" | "jsonl" | "list"
  /** The id of the input's declaration. `undefined` if there is no input. */
  readonly input: string | undefined
  readonly query: ReadonlyArray<string>
  /** How to write `null` in the query, if not as an empty value. */
  readonly nullQuery: "drop" | undefined
  readonly headerParams: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: "json" | "multipart" | "jsonOrMultipart" | "sdpOrMultipart" | undefined
  readonly bodyField: string | undefined
  /** Media types of form fields that have one. */
  readonly partTypes: Readonly<Record<string, string>>
  readonly keepFolders: boolean
  readonly accept: string | undefined
  readonly admin: boolean
  readonly safety: "safe" | "idempotent" | "unsafe" | undefined
  readonly success: Type | undefined
  /** Whether the JSON response may be plain text instead. */
  readonly mayBeText: boolean
  readonly pagination: string | undefined
  readonly terminal: ReadonlyArray<string> | "finishReason" | undefined
  /** A streaming twin, which sends `stream: true`. */
  readonly twin: boolean
  /** Whether events arrive as `{ event, data }`. */
  readonly envelope: boolean
  /** The name of a constant that says what no declaration can. */
  readonly behaviour: string | undefined
  readonly errors: ReadonlyArray<string>
  /** The name of the type of its error codes, shared with a streaming twin. */
  readonly errorType: string | undefined
  readonly deprecated: boolean
}
