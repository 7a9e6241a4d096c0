/**
 * Corrects what the sources of an SDK do not say, or say differently from what servers do. Each entry has its reason.
 */
import { anthropic as anthropicDocs, type FieldDocs, openai as openaiDocs } from "./fieldDocs.ts"
import { array, boolean, number, object, ref, string, type Type, union, unknown } from "./Type.ts"

export interface EndpointOverride {
  readonly reason: string
  readonly path?: string
  /** The response is text, whatever the SDK says. */
  readonly kind?: "text"
  readonly accept?: string
  readonly safety?: "safe" | "idempotent" | "unsafe"
  readonly bodyField?: string
  /** New names of path parameters whose name a field of the input already has. */
  readonly rename?: { readonly [field: string]: string }
}

export interface FieldOverride {
  /** `<type id>.<field>`. A `*` in the id stands for any text. */
  readonly at: string
  readonly reason: string
  readonly type?: Type
  /** Adds a field that the types lack. */
  readonly add?: Type
  readonly nullable?: true
  readonly optional?: true
  /** Removes a field that is not part of the API. */
  readonly omit?: true
  /** Also decodes values of this type, which few servers send, unless decoding is strict. The declared type says so. */
  readonly accepts?: { readonly type: Type; readonly note: string }
  /** Declares the literals of an answer as they are, although others decode: the dialect writes them in this form. */
  readonly exact?: true
}

export interface UnionOverride {
  /** The id of a union. */
  readonly at: string
  readonly reason: string
  readonly add: ReadonlyArray<Type>
}

export interface Overrides {
  readonly package: string
  readonly clientClass: string
  /** The service module and its exported service. */
  readonly service: string
  readonly folder: string
  /** Methods that send no request of their own, and why. */
  readonly helpers: { readonly [id: string]: string }
  /** The SDK's stream classes, and their events. */
  readonly streams: { readonly [className: string]: string }
  /** Methods whose request is made elsewhere in the SDK. */
  readonly delegated: {
    readonly [id: string]: {
      readonly reason: string
      readonly verb: string
      readonly path: string
      readonly input: string
      readonly result: string
    }
  }
  readonly endpoints: { readonly [id: string]: EndpointOverride }
  /** The events that complete a stream, by id of the streaming endpoint. */
  readonly terminal: { readonly [id: string]: ReadonlyArray<string> | "finishReason" }
  /** What no declaration can say about endpoints: constants of hand-written modules. */
  readonly behaviours: {
    readonly [name: string]: { readonly reason: string; readonly from: string; readonly at: RegExp }
  }
  /** Modules for types that no endpoint mentions: events of sockets and webhooks. */
  readonly events: {
    readonly [module: string]: { readonly server: ReadonlyArray<string>; readonly client: ReadonlyArray<string> }
  }
  /** Fields that servers send differently from what the types say. */
  readonly fields: ReadonlyArray<FieldOverride>
  /** Unions with more members than the types say. */
  readonly unions: ReadonlyArray<UnionOverride>
  /** Additions of hand-written modules to generated ones, for values that a program already has. */
  readonly additions: {
    readonly [module: string]: { readonly reason: string; readonly from: string; readonly names: ReadonlyArray<string> }
  }
  /** The tools that the API defines; absent if they are written by hand. */
  readonly hostedTools?: {
    /** Unions of a request's tools; of two members with one type, the first counts. */
    readonly unions: ReadonlyArray<string>
    /** How the names of the tools begin in a toolkit. Default: the type is the name. */
    readonly prefix?: string
    /** The types of the tools whose calls the program runs. */
    readonly clientTypes: RegExp
    /** Tools of the program that the API can run as well, with the name of the tool that it runs. */
    readonly twins?: { readonly [type: string]: string }
    /** A sentence for each tool, by its type or by the name of its twin. */
    readonly purposes?: { readonly [type: string]: string }
    /** The module with `ParametersOf` and `ResultOf`, if calls and results are typed, and what it exports to programs. */
    readonly types?: { readonly module: string; readonly exports: ReadonlyArray<string> }
    /** The docstring of the module, as lines. */
    readonly intro?: string
  }
  /** The modules of files without a resource class. */
  readonly modules: { readonly [file: string]: string }
  readonly pagination: { readonly [pageClass: string]: string }
  /** Sentences about fields. */
  readonly docs: ReadonlyArray<FieldDocs>
  /** Returns the official reference page of an endpoint, by its dotted id. */
  readonly referenceUrl: (id: string) => string
}

const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()

const localLoop = "A loop of other endpoints that runs on the caller's side."
const localParse = "Calls another endpoint and parses its answer on the caller's side."

const readsOnly: EndpointOverride = { reason: "A question asked with POST: nothing changes.", safety: "safe" }

const found = "Who has an answer looks for its text, and for how to send it back, where the endpoint is."

const sentBack = "The answer goes into the next request as it is, as it does with the official clients."

const betaResponse = (name: string): Type => ref(`resources/beta/responses/responses#${name}`)

const terminalResponse = ["response.completed", "response.failed", "response.incomplete"]

export const openai: Overrides = {
  package: "openai",
  clientClass: "OpenAI",
  service: "OpenAi",
  folder: "openai",
  hostedTools: {
    unions: ["resources/responses/responses#Tool", "resources/beta/responses/responses#BetaTool"],
    clientTypes: /^(apply_patch|computer|computer_use_preview|custom|local_shell|shell)$/,
    twins: { shell: "HostedShell" },
    types: { module: "../internal/ai/hostedTypes.ts", exports: ["ComputerActions", "Screenshot"] },
    purposes: {
      apply_patch: "Changes of files that the program makes.",
      code_interpreter: "Runs Python in a container.",
      computer: "A computer that the program operates.",
      computer_use_preview: "A computer that the program operates: the preview.",
      custom: "A tool whose input is text, by a grammar if it has one. `name` is also the toolkit's name of the tool.",
      file_search: "Searches vector stores.",
      HostedShell: "Runs shell commands in a container of the API: its `environment` has to be one.",
      image_generation: "Makes images. With `partial_images`, a stream has preliminary results.",
      local_shell: "Shell commands that the program runs, for `codex-mini-latest`. The result is their output.",
      mcp: "Calls the tools of an MCP server or connector. Toolkits with several servers need a `name` for each.",
      namespace: "Groups functions under a name.",
      programmatic_tool_calling: "Lets the model call tools from code.",
      shell: "Shell commands that the program runs.",
      tool_search: "Loads deferred tools when the model searches for them.",
      web_search: "Searches the web.",
      web_search_2025_08_26: "Searches the web, as of 2025-08-26.",
      web_search_preview: "Searches the web: the preview.",
      web_search_preview_2025_03_11: "Searches the web: the preview as of 2025-03-11."
    },
    intro: `The tools of the Responses API for a toolkit of \`effect/ai\`: those that the API runs, and those that it defines and the
program runs, which need a handler. Each takes the fields of the API's tool under their own names.

A call that the API has run comes as a tool call and its result, both \`providerExecuted\`; the result is the item of the
response. A request of an MCP server for approval comes as a tool call whose \`id\` the program approves with a
\`tool-approval-response\` part of that \`approvalId\`.

@example
\`\`\`ts
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Toolkit from "effect/ai/Toolkit"
import * as HostedTools from "llmfx/openai/HostedTools"

const toolkit = Toolkit.make(
  HostedTools.WebSearch({ search_context_size: "low" }),
  HostedTools.Mcp({ server_label: "docs", server_url: "https://mcp.example.com", require_approval: "never" })
)

const answer = LanguageModel.generateText({ prompt: "What is new?", toolkit })
\`\`\``
  },
  helpers: {
    "chat.completions.parse": localParse,
    "chat.completions.runTools": localLoop,
    "chat.completions.stream": localParse,
    "files.waitForProcessing": localLoop,
    "vectorStores.files.createAndPoll": localLoop,
    "vectorStores.files.poll": localLoop,
    "vectorStores.files.upload": localLoop,
    "vectorStores.files.uploadAndPoll": localLoop,
    "vectorStores.fileBatches.createAndPoll": localLoop,
    "vectorStores.fileBatches.poll": localLoop,
    "vectorStores.fileBatches.uploadAndPoll": localLoop,
    "webhooks.unwrap": "Checks a signature and parses.",
    "webhooks.verifySignature": "Checks a signature.",
    "beta.agents.environments.files.prepare": localLoop,
    "beta.agents.environments.files.upload": localLoop,
    "beta.agents.sessions.stream": localLoop,
    "beta.agents.sessions.artifacts.forResult": "Narrows other endpoints to one result.",
    "beta.threads.createAndRunPoll": localLoop,
    "beta.threads.createAndRunStream": localParse,
    "beta.threads.runs.createAndPoll": localLoop,
    "beta.threads.runs.createAndStream": localParse,
    "beta.threads.runs.poll": localLoop,
    "beta.threads.runs.stream": localParse,
    "beta.threads.runs.submitToolOutputsAndPoll": localLoop,
    "beta.threads.runs.submitToolOutputsStream": localParse,
    "responses.parse": localParse,
    "responses.stream": localParse
  },
  streams: { AgentSessionCreateStream: "resources/beta/agents/agents#AgentSessionEvent" },
  delegated: {
    "embeddings.create": {
      reason: "The SDK asks for base64 by default and decodes it; the request is built in src/lib/embeddings.ts.",
      verb: "post",
      path: "/embeddings",
      input: "resources/embeddings#EmbeddingCreateParams",
      result: "resources/embeddings#CreateEmbeddingResponse"
    }
  },
  endpoints: {
    "moderations.create": readsOnly,
    "responses.inputTokens.count": readsOnly,
    "beta.responses.inputTokens.count": readsOnly,
    "vectorStores.search": readsOnly,
    "realtime.calls.create": {
      reason: "The answer is an SDP description, which is text; the SDK gives the response unread.",
      kind: "text",
      accept: "application/sdp"
    }
  },
  terminal: {
    "completions.create:stream": "finishReason",
    "chat.completions.create:stream": "finishReason",
    "responses.create:stream": terminalResponse,
    "responses.retrieve:stream": terminalResponse,
    "beta.responses.create:stream": terminalResponse,
    "beta.responses.retrieve:stream": terminalResponse,
    "images.generate:stream": ["image_generation.completed"],
    "images.edit:stream": ["image_edit.completed"],
    "audio.transcriptions.create:stream": ["transcript.text.done"],
    "beta.threads.createAndRun:stream": ["done"],
    "beta.threads.runs.create:stream": ["done"],
    "beta.threads.runs.submitToolOutputs:stream": ["done"]
  },
  behaviours: {
    compactVectors: {
      reason: "Vectors in base64 take a quarter of the bytes. Some servers leave out an index.",
      from: "../internal/compactVectors.ts",
      at: /^embeddings\.create$/
    },
    sentAnswers: {
      reason: "Programs put answers among the messages as they came.",
      from: "../internal/sentAnswers.ts",
      at: /^chat\.completions\.create(:stream)?$/
    },
    textArguments: {
      reason: "Some servers send the arguments of a call as an object.",
      from: "../internal/textArguments.ts",
      at: /^(beta\.)?responses\.(create|retrieve|cancel|compact)(:stream)?$/
    },
    transcriptNumbers: {
      reason: "Whisper servers write numbers as text.",
      from: "../internal/transcriptNumbers.ts",
      at: /^audio\.(transcriptions|translations)\.create(:stream)?$/
    }
  },
  events: {
    WebhookEvents: { server: ["resources/webhooks/webhooks#UnwrapWebhookEvent"], client: [] },
    RealtimeEvents: {
      server: ["resources/realtime/realtime#RealtimeServerEvent"],
      client: ["resources/realtime/realtime#RealtimeClientEvent"]
    },
    RealtimeTranslationEvents: {
      server: ["resources/realtime/realtime#RealtimeTranslationServerEvent"],
      client: ["resources/realtime/realtime#RealtimeTranslationClientEvent"]
    },
    BetaRealtimeEvents: {
      server: ["resources/beta/realtime/realtime#RealtimeServerEvent"],
      client: ["resources/beta/realtime/realtime#RealtimeClientEvent"]
    },
    ResponsesEvents: {
      server: ["resources/responses/responses#ResponsesServerEvent"],
      client: ["resources/responses/responses#ResponsesClientEvent"]
    },
    BetaResponsesEvents: {
      server: ["resources/beta/responses/responses#BetaResponsesServerEvent"],
      client: ["resources/beta/responses/responses#BetaResponsesClientEvent"]
    },
    LiveEvents: {
      server: ["resources/live/live#ServerEvent"],
      client: ["resources/live/live#ClientEvent"]
    },
    LiveSidebandEvents: {
      server: ["resources/live/sideband/sideband#ConnectServerEvent"],
      client: ["resources/live/sideband/sideband#ConnectClientEvent"]
    },
    LiveForksEvents: {
      server: ["resources/live/forks/forks#ForkServerEvent"],
      client: ["resources/live/forks/forks#ForkClientEvent"]
    }
  },
  fields: [
    {
      at: "resources/embeddings#Embedding.embedding",
      reason:
        "With encoding_format base64 the vector is a string of base64; the SDK decodes it before its types apply.",
      type: union([array(number), string])
    },
    {
      at: "resources/embeddings#CreateEmbeddingResponse.Usage.prompt_tokens",
      reason: "api.voyageai.com sends total_tokens only (corpus a285f654f3f9).",
      optional: true
    },
    {
      at: "resources/responses/responses#Response.output_text",
      reason: "Computed by the SDK from the output; no server sends it.",
      omit: true
    },
    {
      at: "resources/responses/responses#CompactedResponse.output",
      reason: "A compacted conversation keeps its user messages, which are no output items (corpus 0c398c67d189).",
      type: array(ref("resources/responses/responses#ResponseItem"))
    },
    {
      at: "resources/beta/responses/responses#BetaCompactedResponse.output",
      reason: "As CompactedResponse.output.",
      type: array(ref("resources/beta/responses/responses#BetaResponseItem"))
    },
    {
      at: "resources/completions#CompletionChoice.finish_reason",
      reason: "null in all events of a stream but the last (corpus ff6b252bd862).",
      nullable: true
    },
    {
      at: "resources/chat/completions/completions#ChatCompletionMessageFunctionToolCall.type",
      reason: "api.mistral.ai leaves it out (corpus 5742c45885a3).",
      optional: true
    },
    {
      at: "resources/chat/completions/completions#ChatCompletionMessage.role",
      reason: sentBack,
      exact: true
    },
    {
      at: "resources/chat/completions/completions#ChatCompletionMessage.content",
      reason: "Reasoning models of api.mistral.ai answer with a list of parts (corpus 1ced383edc9e).",
      accepts: { type: array(unknown), note: "Reasoning models of Mistral send a list of parts instead: see `text`." }
    },
    {
      at: "resources/*responses/responses#*DeltaEvent.obfuscation",
      reason: "api.openai.com hides the length of texts (corpus 7fcaede96c65).",
      add: string
    },
    {
      at: "resources/vector-stores/vector-stores#VectorStore.description",
      reason: "api.openai.com sends it (corpus 3e22a34d8701).",
      add: string
    },
    {
      at: "resources/beta/threads/runs/steps#RunStep.expires_at",
      reason: "api.openai.com sends it (corpus 6ed11662c7d0).",
      add: number
    },
    {
      at: "resources/beta/assistants#Assistant.reasoning_effort",
      reason: "api.openai.com sends it (corpus 7bd58b5524a4).",
      add: string
    },
    ...[
      { field: "runs#Run.reasoning_effort", add: string },
      { field: "runs#Run.tool_resources", add: unknown },
      {
        field: "*#Run*.Usage.prompt_token_details",
        add: object([{ name: "cached_tokens", type: number, optional: true }])
      },
      {
        field: "*#Run*.Usage.completion_tokens_details",
        add: object([{ name: "reasoning_tokens", type: number, optional: true }])
      }
    ].map(({ add, field }) => ({
      at: `resources/beta/threads/runs/${field}`,
      reason: "api.openai.com sends it (corpus e034da5fa44c).",
      add
    })),
    ...[
      "resources/responses/responses#Response.access_programs",
      "resources/beta/responses/responses#BetaResponse.access_programs",
      "resources/beta/threads/messages#Message.completed_at",
      "resources/beta/threads/messages#Message.incomplete_at",
      "resources/beta/threads/messages#Message.incomplete_details",
      "resources/beta/threads/runs/steps#RunStep.expired_at",
      "resources/beta/threads/runs/steps#RunStep.metadata"
    ].map((at) => ({
      at,
      reason: "api.openai.com leaves it out if it has no value (all answers of the corpus).",
      optional: true as const
    })),
    ...["resources/responses/responses#Response", "resources/beta/responses/responses#BetaResponse"].flatMap((id) => {
      const reason = "api.openai.com sends it (corpus d4e2e72d1148)."
      return [
        { at: `${id}.store`, reason, add: boolean },
        { at: `${id}.billing`, reason, add: object([{ name: "payer", type: string, optional: true }]) },
        { at: `${id}.presence_penalty`, reason, add: number },
        { at: `${id}.frequency_penalty`, reason, add: number }
      ]
    }),
    {
      at: "resources/*responses/responses#*Tool.CodeInterpreter.container",
      reason: "api.x.ai has no containers (corpus 8bfeb5e43c13).",
      optional: true
    },
    {
      at: "resources/*responses/responses#*ResponseText*Event.logprobs",
      reason: "api.x.ai leaves them out of streams (corpus 7ec8557c097b).",
      optional: true
    },
    {
      at: "resources/beta/threads/messages#Message.status",
      reason: "api.openai.com leaves it out of messages that a user created (corpus 6f90a08077cf).",
      optional: true
    }
  ],
  unions: [
    {
      at: "resources/chat/completions/completions#ChatCompletionMessageParam",
      reason: sentBack,
      add: [ref("resources/chat/completions/completions#ChatCompletionMessage")]
    },
    {
      at: "resources/responses/responses#ResponseInputItem",
      reason: `${sentBack} These are the items whose form in a request differs.`,
      add: [ref("resources/responses/responses#ResponseToolSearchOutputItem")]
    },
    {
      at: "resources/beta/responses/responses#BetaResponseInputItem",
      reason: "As ResponseInputItem.",
      add: [
        betaResponse("BetaResponseToolSearchOutputItem"),
        betaResponse("BetaResponseOutputItem.AgentMessage"),
        betaResponse("BetaResponseOutputItem.MultiAgentCallOutput")
      ]
    }
  ],
  additions: {
    ChatCompletions: { reason: found, from: "../internal/chatAccess.ts", names: ["text", "toParam"] },
    Responses: { reason: found, from: "../internal/responseAccess.ts", names: ["text", "toInput"] },
    BetaResponses: {
      reason: found,
      from: "../internal/responseAccess.ts",
      names: ["betaText as text", "betaToInput as toInput"]
    }
  },
  modules: { "resources/shared": "Shared" },
  pagination: {
    CursorPage: "lastItemId",
    ConversationCursorPage: "lastId",
    NextCursorPage: "next",
    TokenPage: "nextToken",
    Page: "single"
  },
  docs: openaiDocs,
  referenceUrl: (id) => {
    const path = id.split(".").map(snake)
    const resources = path.slice(0, -1).join("/subresources/")
    return `https://developers.openai.com/api/reference/resources/${resources}/methods/${path.at(-1)}`
  }
}

export const anthropic: Overrides = {
  package: "@anthropic-ai/sdk",
  clientClass: "Anthropic",
  service: "Anthropic",
  folder: "anthropic",
  hostedTools: {
    unions: ["resources/messages/messages#ToolUnion", "resources/beta/messages/messages#BetaToolUnion"],
    prefix: "Anthropic",
    clientTypes: /^(bash|browser_toolset|computer|computer_toolset|memory|text_editor)_\d/,
    intro: `The tools of the Messages API for a toolkit of \`effect/ai\`: those that the API runs, and those that it defines and the
program runs, which need a handler. Each takes the fields of the API's tool under their own names. A call that the API
has run comes as a tool call and its result, both \`providerExecuted\`.

@example
\`\`\`ts
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Toolkit from "effect/ai/Toolkit"
import * as HostedTools from "llmfx/anthropic/HostedTools"

const toolkit = Toolkit.make(HostedTools.WebSearch20250305({ max_uses: 3 }))

const answer = LanguageModel.generateText({ prompt: "What is new?", toolkit })
\`\`\``
  },
  helpers: {
    "messages.parse": localParse,
    "messages.stream": localParse,
    "beta.messages.parse": localParse,
    "beta.messages.stream": localParse,
    "beta.messages.toolRunner": localLoop,
    "beta.messages.thread": localLoop,
    "beta.environments.work.poller": localLoop,
    "beta.environments.work.worker": localLoop,
    "beta.sessions.events.toolRunner": localLoop,
    "beta.webhooks.parseUnverified": "Parses.",
    "beta.webhooks.unwrap": "Checks a signature and parses."
  },
  streams: {},
  delegated: {},
  endpoints: {
    "messages.countTokens": readsOnly,
    "beta.messages.countTokens": readsOnly,
    "beta.compliance.review.cases.respond": {
      reason: "Only the first response counts; the same one sent again is answered and changes nothing.",
      safety: "idempotent"
    },
    "beta.organization.externalStorage.activate": {
      reason: "Storage that is available already comes back unchanged.",
      safety: "idempotent"
    },
    "messages.batches.results": {
      reason: "The SDK asks the batch for the URL of its results; this is that URL.",
      path: "/v1/messages/batches/{message_batch_id}/results"
    },
    "beta.messages.batches.results": {
      reason: "The SDK asks the batch for the URL of its results; this is that URL.",
      path: "/v1/messages/batches/{message_batch_id}/results"
    }
  },
  terminal: {
    "messages.create:stream": ["message_stop"],
    "beta.messages.create:stream": ["message_stop"]
  },
  behaviours: {
    outputFormat: {
      reason: "The official client renames the field.",
      from: "../internal/outputFormat.ts",
      at: /^beta\.messages\.(create|create:stream|countTokens)$/
    }
  },
  events: {
    BetaWebhookEvents: { server: ["resources/beta/webhooks#BetaWebhookEvent"], client: [] }
  },
  fields: [
    ...["resources/messages/messages#Message.role", "resources/beta/messages/messages#BetaMessage.role"].map((at) => ({
      at,
      reason: sentBack,
      exact: true as const
    })),
    {
      at: "resources/messages/messages#AssistantMessageParam.content",
      reason: sentBack,
      type: union([
        ref("resources/messages/messages#MessageContentParam"),
        array(
          union([ref("resources/messages/messages#ContentBlockParam"), ref("resources/messages/messages#ContentBlock")])
        )
      ])
    },
    {
      at: "resources/beta/messages/messages#BetaAssistantMessageParam.content",
      reason: sentBack,
      type: union([
        ref("resources/beta/messages/messages#BetaMessageContentParam"),
        array(
          union([
            ref("resources/beta/messages/messages#BetaContentBlockParam"),
            ref("resources/beta/messages/messages#BetaContentBlock")
          ])
        )
      ])
    },
    ...[
      "resources/messages/messages#TextBlock.citations",
      "resources/messages/messages#Message.container",
      "resources/messages/messages#Message.diagnostics",
      "resources/messages/messages#RawMessageDeltaEvent.Delta.container",
      "resources/messages/messages#*Usage.server_tool_use",
      "resources/messages/messages#Usage.output_tokens_details",
      "resources/messages/messages#Usage.speed",
      "resources/beta/messages/messages#BetaTextBlock.citations",
      "resources/beta/messages/messages#BetaMessage.container",
      "resources/beta/messages/messages#BetaMessage.context_management",
      "resources/beta/messages/messages#BetaMessage.diagnostics",
      "resources/beta/messages/messages#BetaRawMessageDeltaEvent.Delta.container",
      "resources/beta/messages/messages#BetaRawMessageDeltaEvent.context_management",
      "resources/beta/messages/messages#*Usage.fallback_credit",
      "resources/beta/messages/messages#*Usage.iterations",
      "resources/beta/messages/messages#*Usage.server_tool_use",
      "resources/beta/messages/messages#BetaUsage.output_tokens_details",
      "resources/beta/messages/messages#BetaUsage.speed"
    ].map((at) => ({
      at,
      reason: "api.anthropic.com leaves it out if it has no value (all 97 messages of the corpus).",
      optional: true as const
    })),
    {
      at: "resources/messages/messages#*.caller",
      reason: "Absent from answers of models older than programmatic tool calling (corpus 8664845db52a).",
      optional: true
    },
    {
      at: "resources/beta/messages/messages#*.caller",
      reason: "As in Messages.",
      optional: true
    },
    {
      at: "resources/messages/messages#ServerToolUsage.web_fetch_requests",
      reason: "Absent from answers without web fetch (corpus 677792c4a31a).",
      optional: true
    },
    {
      at: "resources/beta/messages/messages#BetaServerToolUsage.web_fetch_requests",
      reason: "Absent from answers without web fetch (corpus ee170d1cf58c).",
      optional: true
    }
  ],
  unions: [],
  additions: {
    Messages: { reason: found, from: "../internal/messageAccess.ts", names: ["text", "toParam"] },
    BetaMessages: {
      reason: found,
      from: "../internal/messageAccess.ts",
      names: ["betaText as text", "betaToParam as toParam"]
    }
  },
  modules: { "resources/shared": "Shared" },
  pagination: {
    Page: "idWindow",
    PageCursor: "nextPage",
    BidirectionalPageCursor: "nextPage",
    ReportPageCursor: "reportPage"
  },
  docs: anthropicDocs,
  referenceUrl: (id) => `https://platform.claude.com/docs/en/api/${id.split(".").map(snake).join("/")}`
}
