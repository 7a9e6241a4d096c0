/**
 * Explains the most used fields in our own words. A type says neither a unit nor a limit nor a default, and the comments
 * of the official sources must not be copied, so each sentence here adds what a reader of the type cannot know.
 */

/** Sentences by field, for the types whose id matches `at`; a `*` stands for any text. */
export interface FieldDocs {
  readonly at: string
  readonly fields: { readonly [field: string]: string }
}

const chat = "resources/chat/completions/completions#"
const responses = "resources/*responses/responses#*"
const messages = "resources/*messages/messages#*"

const sampling = {
  temperature: "How random the output is: lower values are more focused. Set this or `top_p`, not both.",
  top_p: "Considers only the most probable tokens whose probabilities add up to this value, from 0 to 1. Default: 1."
}

/** Sentences that hold for the same field of several types. */
const metadata = "Up to 16 pairs to find the object by. Keys have up to 64, values up to 512 characters."
const imageUrl = "An http(s) address, or the image as a data URL in base64."
const toolName = "Letters, digits, `_` and `-`, at most 64 characters."

export const openai: ReadonlyArray<FieldDocs> = [
  {
    at: `${chat}ChatCompletionCreateParams`,
    fields: {
      ...sampling,
      messages: "The conversation so far, oldest first.",
      model: "The model to use, such as `gpt-5.4-mini`.",
      audio: "The voice and format of spoken output. Required if `modalities` includes `audio`.",
      frequency_penalty: "Positive values make tokens less likely the more often they occurred. Default: 0.",
      presence_penalty: "Positive values make tokens less likely once they occurred at all. Default: 0.",
      logit_bias: "Biases by token id, from -100 (never) to 100 (always).",
      logprobs: "Whether to return the log probability of each output token. Default: `false`.",
      max_completion_tokens: "The most tokens to generate, reasoning included.",
      max_tokens: "Use `max_completion_tokens`; reasoning models refuse this field.",
      metadata,
      modalities: 'The kinds of output to generate. Default: `["text"]`.',
      n: "How many choices to generate; each one is billed. Default: 1.",
      parallel_tool_calls: "Whether the model may call several tools in one answer. Default: `true`.",
      prediction: "Text that most of the answer is known to repeat, which makes it faster.",
      prompt_cache_key: "Groups requests that share a prefix, so they find each other's cached prompt.",
      reasoning_effort: "How much the model reasons before it answers. Less is faster and uses fewer tokens.",
      response_format:
        "The format of the answer: text, any JSON object, or JSON of a schema. See `Parse` for values of a schema.",
      safety_identifier: "A stable id of your end user, such as a hash, that helps to detect abuse.",
      seed: "Asks for the same output for the same request. Not guaranteed.",
      service_tier: "How the request is processed and billed. Default: `auto`.",
      stop: "Up to 4 texts that end the output; they are not part of it. Not supported by reasoning models.",
      store: "Whether to keep the completion for later retrieval, evals and distillation.",
      stream_options: "Options of a stream, such as whether its last chunk reports usage.",
      tool_choice:
        "Whether the model may, must or must not call tools, or must call a given one. Default: `auto` if there are tools.",
      tools: "The tools that the model may call, at most 128 functions.",
      top_logprobs: "How many of the likeliest tokens to return at each position. Requires `logprobs`.",
      user: "Use `safety_identifier` and `prompt_cache_key`.",
      verbosity: "How long the answer is.",
      web_search_options: "How the model searches the web. Only for models that search."
    }
  },
  {
    at: `${chat}ChatCompletion`,
    fields: {
      id: "The same in all chunks of a stream.",
      choices: "The answers: one, unless `n` asks for more.",
      model: "The model that answered, usually with its date.",
      service_tier: "The tier that processed the request; may differ from the requested one.",
      system_fingerprint: "Changes if the back end changes in a way that affects determinism.",
      usage: "The tokens used by the request.",
      metadata: "The metadata of the request."
    }
  },
  {
    at: `${chat}ChatCompletionChunk`,
    fields: {
      id: "The id of the completion; the same in all its chunks.",
      model: "The model that answered.",
      choices: "What this chunk adds to the choices. Empty in the chunk that reports usage.",
      usage: "The tokens used by the whole request. Only in the last chunk, and only if `include_usage` was set.",
      obfuscation: "Padding against side channels; ignore it. See `include_obfuscation`.",
      service_tier: "The tier that processed the request; may differ from the requested one."
    }
  },
  {
    at: `${chat}ChatCompletion.Choice`,
    fields: {
      finish_reason:
        "Why the output ended: `stop`, `length` (token limit), `tool_calls`, `content_filter`, or `function_call`.",
      index: "The position of the choice, from 0.",
      message: "The answer.",
      logprobs: "How likely each token of the answer was. `null` unless `logprobs` was set."
    }
  },
  {
    at: `${chat}ChatCompletionChunk.Choice`,
    fields: {
      delta: "What this chunk adds to the message.",
      finish_reason: "Why the output ended. `null` until the last chunk of the choice.",
      index: "The position of the choice, from 0.",
      logprobs: "How likely each token of this chunk was. Only if `logprobs` was set."
    }
  },
  {
    at: `${chat}ChatCompletionMessage`,
    fields: {
      content: "The text of the answer. `null` if the model called tools or refused.",
      refusal: "Why the model refused, if it did.",
      tool_calls: "The tools that the model wants called.",
      annotations: "The web pages that the answer cites, by position in the text.",
      audio: "The spoken answer. Only if `modalities` includes `audio`."
    }
  },
  {
    at: `${chat}ChatCompletionChunk.Choice.Delta`,
    fields: {
      content: "The text that this chunk adds.",
      refusal: "The text that this chunk adds to the refusal.",
      role: "The author of the message. Only in the first chunk.",
      tool_calls: "What this chunk adds to the tool calls; items with the same `index` belong together."
    }
  },
  {
    at: `${chat}ChatCompletionChunk.Choice.Delta.ToolCall`,
    fields: {
      function: "What this chunk adds to the call.",
      id: "Send it back as `tool_call_id` with the result. Only in the first chunk of a call.",
      index: "The position of the call, from 0. Tells to which call this chunk belongs."
    }
  },
  {
    at: `${chat}ChatCompletionChunk.Choice.Delta.ToolCall.Function`,
    fields: {
      arguments: "A piece of the arguments. Only all pieces of a call together are JSON.",
      name: "The function to call. Only in the first chunk of a call."
    }
  },
  {
    at: `${chat}ChatCompletionMessageFunctionToolCall`,
    fields: { id: "Send it back as `tool_call_id` with the result.", function: "The function to call." }
  },
  {
    at: `${chat}ChatCompletionMessageFunctionToolCall.Function`,
    fields: {
      arguments:
        "The arguments as JSON text. The model may write text that is not valid JSON or does not fit the schema.",
      name: "The function to call."
    }
  },
  {
    at: `${chat}ChatCompletionToolMessageParam`,
    fields: { content: "The result of the call.", tool_call_id: "The `id` of the call that this message answers." }
  },
  {
    at: `${chat}ChatCompletionSystemMessageParam`,
    fields: {
      content: "The instructions: a text, or a list of texts.",
      name: "Tells apart participants with the same role."
    }
  },
  {
    at: `${chat}ChatCompletionDeveloperMessageParam`,
    fields: {
      content: "The instructions: a text, or a list of texts. They go before those of the user.",
      name: "Tells apart participants with the same role."
    }
  },
  {
    at: `${chat}ChatCompletionUserMessageParam`,
    fields: {
      content: "A text, or a list of texts, images, audio and files.",
      name: "Tells apart participants with the same role."
    }
  },
  {
    at: `${chat}ChatCompletionAssistantMessageParam`,
    fields: {
      audio: "The id of an earlier spoken answer, in place of its content.",
      content: "The text of the answer. Required unless there are tool calls.",
      name: "Tells apart participants with the same role.",
      refusal: "Why the model refused, if it did.",
      tool_calls: "The tool calls as the model made them. A `tool` message for each has to follow."
    }
  },
  {
    at: `${chat}ChatCompletionContentPartImage.ImageURL`,
    fields: {
      detail: "How closely the model looks; a closer look costs more tokens. Default: `auto`.",
      url: imageUrl
    }
  },
  {
    at: `${chat}ChatCompletionTokenLogprob`,
    fields: {
      bytes: "The UTF-8 bytes of the token, which may be part of a character.",
      logprob: "The natural logarithm of the probability. -9999 if the token is very unlikely.",
      top_logprobs: "The likeliest tokens at this position, as many as `top_logprobs` asks for."
    }
  },
  {
    at: `${chat}ChatCompletionStreamOptions`,
    fields: {
      include_usage: "Whether to send one more chunk, with the usage of the whole request. Default: `false`.",
      include_obfuscation: "Whether chunks are padded to a similar size, against side channels. Default: `true`."
    }
  },
  {
    at: "resources/completions#CompletionUsage",
    fields: {
      completion_tokens: "Output tokens, including reasoning.",
      prompt_tokens: "Input tokens, including cached ones.",
      total_tokens: "Input and output tokens together.",
      completion_tokens_details: "What the output tokens were used for.",
      prompt_tokens_details: "Which input tokens were cached, and which were audio."
    }
  },
  {
    at: "resources/completions#*CompletionTokensDetails",
    fields: {
      reasoning_tokens: "Output tokens spent on reasoning.",
      audio_tokens: "Output tokens that are audio.",
      accepted_prediction_tokens: "Predicted tokens that appear in the output.",
      rejected_prediction_tokens: "Predicted tokens that do not appear in the output; they are billed."
    }
  },
  {
    at: "resources/completions#*PromptTokensDetails",
    fields: {
      cached_tokens: "Input tokens read from the prompt cache, at a lower price.",
      audio_tokens: "Input tokens that are audio."
    }
  },
  {
    at: "resources/shared#FunctionDefinition",
    fields: {
      name: toolName,
      description: "Tells the model when and how to call the function.",
      parameters: "A JSON Schema of the arguments. Left out, the function does not have any.",
      strict: "Whether the arguments must match the schema exactly. Default: `false`."
    }
  },
  {
    at: "resources/shared#ResponseFormatJSONSchema.JSONSchema",
    fields: {
      name: toolName,
      description: "Tells the model what the format is for.",
      schema: "The JSON Schema of the answer.",
      strict: "Whether the answer must match the schema exactly. Default: `false`."
    }
  },
  {
    at: "resources/shared#Reasoning",
    fields: {
      effort: "How much the model reasons before it answers. Less is faster and uses fewer tokens.",
      summary: "Whether to summarise the reasoning, and in how much detail.",
      mode: "The mode of execution: `standard`, or `pro`."
    }
  },
  {
    at: `${responses}ResponseCreateParams`,
    fields: {
      ...sampling,
      background: "Whether to respond at once and run on the server; see `Jobs.response`. Default: `false`.",
      conversation: "A conversation whose items are added to the input, and which the answer is added to.",
      include: "Further data to return, such as `reasoning.encrypted_content`.",
      input: "The input: text, or a list of messages, files, tool calls and their outputs.",
      instructions: "A system message. Not carried over by `previous_response_id`.",
      max_output_tokens: "The most tokens to generate, reasoning included.",
      max_tool_calls: "The most calls of built-in tools in one response. Further ones are ignored.",
      metadata,
      model: "The model to use, such as `gpt-5.4-mini`.",
      parallel_tool_calls: "Whether the model may call several tools at a time. Default: `true`.",
      previous_response_id: "Continues a stored response. Excludes `conversation`.",
      prompt: "A prompt template stored on the platform, and its variables.",
      prompt_cache_key: "Groups requests that share a prefix, so they find each other's cached prompt.",
      reasoning: "How much the model reasons, and whether it summarises its reasoning.",
      safety_identifier: "A stable id of your end user, such as a hash, that helps to detect abuse.",
      service_tier: "How the request is processed and billed. Default: `auto`.",
      store: "Whether to keep the response for later retrieval. Default: `true`.",
      text: "The format of the answer, text or JSON of a schema, and its verbosity. See `Parse` for values of a schema.",
      tool_choice: "Whether the model may, must or must not call tools, or must call a given one. Default: `auto`.",
      tools: "The tools that the model may call: your functions and built-in ones.",
      top_logprobs: "How many of the likeliest tokens to return at each position.",
      truncation:
        "What to do if the input exceeds the context window: `auto` drops the oldest items, `disabled` fails. Default: `disabled`.",
      background_options: "The time in which a background response is completed.",
      stream_options: "Options of a stream, such as whether events are padded."
    }
  },
  {
    at: `${responses}Response`,
    fields: {
      store: "Whether the server keeps the response, so it can be retrieved.",
      truncation:
        "Whether the server may drop the oldest items of a conversation that is too long: `auto`, or `disabled`, which refuses it.",
      service_tier: "The tier that served the request.",
      error: "Why the response failed; `null` otherwise.",
      incomplete_details: "Why the response is incomplete: the token limit or the content filter.",
      output: "What the model produced: messages, reasoning, tool calls. `ResponseStream.outputText` returns its text.",
      status: "`completed`, `failed`, `in_progress`, `cancelled`, `queued`, or `incomplete`.",
      usage: "The tokens used by the request.",
      model: "The model that answered, usually with its date.",
      previous_response_id: "The response that this one continues.",
      background: "Whether the response runs on the server.",
      conversation: "The conversation that the input and the output were added to.",
      input_transformations: "Reasoning of the input that the model does not see.",
      instructions: "The system message of the request.",
      max_output_tokens: "The most tokens to generate, reasoning included.",
      max_tool_calls: "The most calls of built-in tools.",
      metadata,
      parallel_tool_calls: "Whether the model may call several tools at a time.",
      reasoning: "How much the model reasoned, and whether it summarised its reasoning.",
      text: "The format of the answer and its verbosity.",
      tool_choice: "Whether the model was free to call tools.",
      tool_usage: "How much built-in tools were used.",
      tools: "The tools that the model may call."
    }
  },
  ...["resources/responses/responses#Response", "resources/beta/responses/responses#BetaResponse"].map((at) => ({
    at,
    fields: { id: "Goes into `previous_response_id` of the next request, and into `retrieve`." }
  })),
  {
    at: `${responses}ResponseUsage`,
    fields: {
      input_tokens: "Input tokens, including cached ones.",
      output_tokens: "Output tokens, including reasoning.",
      total_tokens: "Input and output tokens together.",
      input_tokens_details: "Which input tokens were cached.",
      output_tokens_details: "Which output tokens were reasoning."
    }
  },
  {
    at: `${responses}ResponseUsage.InputTokensDetails`,
    fields: {
      cached_tokens: "Input tokens read from the prompt cache, at a lower price.",
      cache_write_tokens: "Input tokens written to the prompt cache."
    }
  },
  {
    at: `${responses}ResponseUsage.OutputTokensDetails`,
    fields: { reasoning_tokens: "Output tokens spent on reasoning." }
  },
  {
    at: `${responses}FunctionTool`,
    fields: {
      name: toolName,
      description: "Tells the model when and how to call the function.",
      parameters: "A JSON Schema of the arguments.",
      strict: "Whether the arguments must match the schema exactly. Default: `true`."
    }
  },
  {
    at: `${responses}ResponseFunctionToolCall`,
    fields: {
      arguments: "The arguments as JSON text.",
      call_id: "Send it back as `call_id` with the output.",
      name: "The function to call.",
      id: "The id of the item. Outputs refer to `call_id` instead."
    }
  },
  {
    at: `${responses}ResponseError`,
    fields: { code: "What went wrong, for programs.", message: "What went wrong, for people." }
  },
  {
    at: `${responses}Response.IncompleteDetails`,
    fields: { reason: "`max_output_tokens` (token limit), `content_filter`, or another limit." }
  },
  {
    at: `${responses}ResponseOutputMessage`,
    fields: {
      content: "The texts and refusals of the message, in order.",
      phase: "Whether the message comments on the work or is the final answer. Send it back with the message.",
      status: "`incomplete` if the output ended early."
    }
  },
  {
    at: `${responses}ResponseOutputText`,
    fields: {
      annotations: "The files and web pages that the text cites, by position.",
      logprobs: "How likely each token was. Only if `include` asks for it.",
      text: "The text of the answer."
    }
  },
  {
    at: `${responses}ResponseReasoningItem`,
    fields: {
      content: "The text of the reasoning, if the model shows it.",
      encrypted_content:
        "The reasoning, in a form that only the API reads. Send it back with the item if responses are not stored.",
      id: "The id of the item.",
      summary: "Summaries of the reasoning. Empty unless `reasoning.summary` asks for them."
    }
  },
  {
    at: `${responses}EasyInputMessage`,
    fields: {
      content: "A text, or a list of texts, images and files.",
      phase: "As it was in the message of the answer. Only for the role `assistant`.",
      role: "`system` and `developer` messages go before those of the user."
    }
  },
  {
    at: `${responses}ResponseInputItem.Message`,
    fields: { content: "Texts, images and files." }
  },
  {
    at: `${responses}FunctionCallOutput`,
    fields: {
      call_id: "The `call_id` of the call that this item answers.",
      output: "The result: a text, or a list of texts, images and files."
    }
  },
  {
    at: `${responses}ResponseInputImage`,
    fields: { file_id: "An uploaded file, in place of `image_url`.", image_url: imageUrl }
  },
  {
    at: `${responses}ResponseInputFile`,
    fields: {
      file_data: "The content as a data URL in base64. Needs `filename`.",
      file_id: "An uploaded file.",
      file_url: "An address that the API downloads the file from.",
      filename: "The name of the file in `file_data`."
    }
  },
  {
    at: `${responses}ResponseTextConfig`,
    fields: { format: "The format of the answer. Default: text." }
  },
  {
    at: `${responses}ResponseFormatTextJSONSchemaConfig`,
    fields: {
      name: toolName,
      description: "Tells the model what the format is for.",
      schema: "The JSON Schema of the answer.",
      strict: "Whether the answer must match the schema exactly. Default: `false`."
    }
  },
  {
    at: `${responses}Response*Event`,
    fields: {
      content_index: "The position of the part in the `content` of its item, from 0.",
      item_id: "The item that the event belongs to.",
      output_index: "The position of the item in `output`, from 0.",
      sequence_number: "The number of the event, counted from the start of the stream."
    }
  },
  {
    at: `${responses}ResponseTextDeltaEvent`,
    fields: { delta: "The text that this event adds.", obfuscation: "Padding against side channels; ignore it." }
  },
  {
    at: `${responses}ResponseTextDoneEvent`,
    fields: { text: "The whole text of the part." }
  },
  {
    at: `${responses}ResponseFunctionCallArgumentsDeltaEvent`,
    fields: { delta: "A piece of the arguments. Only all pieces of a call together are JSON." }
  },
  {
    at: `${responses}ResponseFunctionCallArgumentsDoneEvent`,
    fields: { arguments: "All arguments of the call, as JSON text." }
  },
  {
    at: `${responses}Response*CompletedEvent`,
    fields: { response: "The finished response, with its usage." }
  },
  {
    at: "resources/embeddings#EmbeddingCreateParams",
    fields: {
      input: "A text or a list of texts (at most 2,048), or their tokens. `EmbeddingsMany` takes any number.",
      model: "The model to use, such as `text-embedding-3-small`.",
      dimensions: "The length of the vectors, for models that can shorten them. Default: the model's own.",
      encoding_format: "The form of the vectors on the wire. Default: `base64`, decoded to numbers."
    }
  },
  {
    at: "resources/embeddings#CreateEmbeddingResponse",
    fields: {
      data: "The vectors, in the order of the input.",
      model: "The model that made the vectors.",
      usage: "The tokens used by the request."
    }
  },
  {
    at: "resources/embeddings#Embedding",
    fields: {
      embedding: "The vector, as numbers.",
      index: "The place of the text in the input, from 0."
    }
  },
  {
    at: "resources/files#FileObject",
    fields: {
      id: "The id that other requests name the file by.",
      filename: "The name that the file was uploaded with.",
      purpose: "What the file may be used for."
    }
  },
  {
    at: "resources/images#Image",
    fields: {
      b64_json: "The image in base64. GPT image models always send it.",
      revised_prompt: "The prompt as the model rewrote it.",
      url: "Where the image can be downloaded, for an hour. Only of DALL·E models."
    }
  },
  {
    at: "resources/audio/speech#SpeechCreateParams",
    fields: {
      input: "The text to speak.",
      model: "The model to use, such as `gpt-4o-mini-tts`.",
      voice: "The name of a voice, such as `alloy`, or the id of your own.",
      instructions: "How to speak. The models `tts-1` and `tts-1-hd` ignore it.",
      response_format: "The format of the audio. Default: `mp3`.",
      speed: "From 0.25 to 4. Default: 1.",
      stream_format: "`audio` sends bytes, `sse` events with pieces of the audio. Default: `audio`."
    }
  },
  {
    at: "resources/embeddings#CreateEmbeddingResponse.Usage",
    fields: { prompt_tokens: "Input tokens.", total_tokens: "All tokens; the same as the input tokens." }
  },
  {
    at: "resources/files#FileCreateParams",
    fields: {
      expires_after: "When the server deletes the file. Default: batch files after 30 days, others never.",
      file: "The content, at most 512 MB. Use `FileUploads` for larger files.",
      purpose: "What the file is for, such as `user_data`, `batch` or `fine-tune`; the API checks its format."
    }
  },
  {
    at: "resources/batches#BatchCreateParams",
    fields: {
      metadata,
      output_expires_after: "When the server deletes the files with the results.",
      completion_window: "The time in which the batch is processed.",
      endpoint: "The path that all requests of the batch go to, such as `/v1/responses`.",
      input_file_id: "A JSONL file with the purpose `batch`, at most 50,000 requests and 200 MB."
    }
  },
  {
    at: "resources/batches#Batch",
    fields: {
      request_counts: "How many requests there are, succeeded and failed.",
      errors: "Why the input file was refused, line by line.",
      output_file_id: "The file with the results of successful requests.",
      error_file_id: "The file with the errors of failed requests.",
      status: "Final once `completed`, `failed`, `expired` or `cancelled`.",
      endpoint: "The path that all requests of the batch go to.",
      id: "The id that other requests name the batch by.",
      input_file_id: "The file with the requests.",
      metadata,
      model: "The model of the requests.",
      usage: "The tokens used by all requests together."
    }
  },
  {
    at: "resources/batches#BatchRequestCounts",
    fields: {
      completed: "How many requests succeeded.",
      failed: "How many requests failed; the file of errors says why.",
      total: "How many requests the batch has."
    }
  },
  {
    at: "resources/batches#BatchUsage",
    fields: {
      input_tokens: "Input tokens, including cached ones.",
      input_tokens_details: "Which input tokens were cached.",
      output_tokens: "Output tokens, including reasoning.",
      output_tokens_details: "Which output tokens were reasoning.",
      total_tokens: "Input and output tokens together."
    }
  },
  {
    at: "resources/batches#BatchError",
    fields: { line: "The line of the input file, if the error is about one.", param: "The field that is wrong." }
  },
  {
    at: "resources/models#Model",
    fields: { id: "The name that goes into `model` of requests.", owned_by: "The organization that owns the model." }
  },
  {
    at: "*#*ListParams",
    fields: {
      after: "Returns items after the one with this id. `page.next` of a page has it.",
      before: "Returns items before the one with this id.",
      limit: "The most items in a page. The endpoint requests further pages as they are read.",
      order: "The order by creation time: `asc` or `desc`."
    }
  }
]

export const anthropic: ReadonlyArray<FieldDocs> = [
  {
    at: `${messages}MessageCreateParams`,
    fields: {
      max_tokens: "The most tokens to generate. The model may stop earlier.",
      messages: "The conversation so far, oldest first; at most 100,000 messages.",
      model: "The model to use, such as `claude-sonnet-5`.",
      cache_control: "Caches the prompt up to its last block that can be cached.",
      container: "A container to reuse, by its id, for code execution.",
      metadata: "Describes the request; `user_id` is a stable id of your end user that helps to detect abuse.",
      output_config: "How much effort to spend, and the format of the answer. See `Parse` for values of a schema.",
      service_tier: "Whether to use priority capacity if there is any. Default: `auto`.",
      stop_sequences: "Texts that end the output; the one found is in `stop_sequence`.",
      system: "The system prompt: text, or text blocks.",
      thinking: "Whether the model thinks before it answers, and with how many tokens.",
      tool_choice: "Whether the model may, must or must not call tools, or must call a given one. Default: `auto`.",
      tools: "The tools that the model may call: your own and Anthropic's.",
      diagnostics: "Asks why the prompt cache of an earlier message was missed.",
      inference_geo: "The region in which the model runs. Default: that of the workspace.",
      speed: "`fast` generates output faster. Only some models support it.",
      user_profile_id: "Whom the request is made for, if not for your own organization.",
      workspace_id: "The workspace of the request. Only needed by credentials of several workspaces."
    }
  },
  {
    at: `${messages}Message`,
    fields: {
      id: "The id of the message. Requests do not refer to it.",
      container: "The container in which code ran, and when it expires.",
      content: "What the model produced: text, thinking and tool calls, in order.",
      model: "The model that answered.",
      stop_reason:
        "Why the output ended: `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn` (send it back to continue), or `refusal`.",
      stop_sequence: "The stop sequence that ended the output, if one did.",
      usage: "The tokens used by the request.",
      diagnostics: "Why the prompt cache was missed. `null` unless the request asks for it.",
      stop_details: "Why the model refused. `null` if there is nothing more to say about the stop reason."
    }
  },
  {
    at: `${messages}Usage`,
    fields: {
      input_tokens: "Input tokens, without those read from or written to the cache.",
      output_tokens: "Output tokens, including thinking.",
      cache_creation_input_tokens: "Input tokens written to the cache, at a higher price.",
      cache_read_input_tokens: "Input tokens read from the cache, at a lower price.",
      server_tool_use: "How often server tools ran.",
      service_tier: "The tier that processed the request.",
      cache_creation: "Input tokens written to the cache, by how long they stay there.",
      inference_geo: "The region in which the model ran.",
      output_tokens_details: "Which output tokens were thinking.",
      speed: "The speed that the model ran with."
    }
  },
  {
    at: `${messages}Tool`,
    fields: {
      cache_control: "Caches the prompt up to this tool.",
      defer_loading: "Whether the model sees the tool only once tool search has found it. Default: `false`.",
      name: "Letters, digits, `_` and `-`, at most 128 characters.",
      description: "Tells the model what the tool does and when to use it. The more detailed, the better.",
      input_schema: "A JSON Schema of the input, an object at the top.",
      strict: "Whether the input must match the schema exactly. Default: `false`.",
      eager_input_streaming: "Whether the input arrives while it is generated, which makes it arrive sooner.",
      input_examples: "Inputs that show the model how to call the tool."
    }
  },
  {
    at: `${messages}ToolUseBlock`,
    fields: {
      id: "Send it back as `tool_use_id` with the result.",
      input: "The decoded arguments. Not checked against the tool's schema unless it is `strict`.",
      name: "The tool to call."
    }
  },
  {
    at: `${messages}ToolResultBlockParam`,
    fields: {
      tool_use_id: "The `id` of the call that this block answers.",
      content: "The result: text, or blocks of text, images, documents and search results.",
      is_error: "Whether the call failed. The content then says why. Default: `false`.",
      cache_control: "Caches the prompt up to this block."
    }
  },
  {
    at: `${messages}RefusalStopDetails`,
    fields: {
      category: "The policy that the request touched. `null` if none is named.",
      explanation: "The reason, for people. The wording may change."
    }
  },
  {
    at: `${messages}CacheCreation`,
    fields: {
      ephemeral_1h_input_tokens: "Input tokens written to the cache for an hour.",
      ephemeral_5m_input_tokens: "Input tokens written to the cache for 5 minutes."
    }
  },
  {
    at: `${messages}OutputTokensDetails`,
    fields: { thinking_tokens: "Output tokens spent on thinking, of which a summary may be all that is returned." }
  },
  {
    at: `${messages}ServerToolUsage`,
    fields: {
      web_fetch_requests: "How many pages the model fetched.",
      web_search_requests: "How often the model searched the web."
    }
  },
  {
    at: `${messages}Metadata`,
    fields: { user_id: "A stable id of your end user, such as a hash. Not a name or an address." }
  },
  {
    at: `${messages}UserMessageParam`,
    fields: { content: "A text, or a list of texts, images, documents and tool results." }
  },
  {
    at: `${messages}AssistantMessageParam`,
    fields: { content: "A text, or the content of an earlier answer." }
  },
  {
    at: `${messages}TextBlock`,
    fields: { citations: "What the text cites. Only if a document of the request allows citations." }
  },
  {
    at: `${messages}TextBlockParam`,
    fields: { cache_control: "Caches the prompt up to this block.", citations: "As they were in the answer." }
  },
  {
    at: `${messages}ImageBlockParam`,
    fields: {
      cache_control: "Caches the prompt up to this block.",
      source: "The image: in base64, at an http(s) address, or an uploaded file."
    }
  },
  {
    at: `${messages}DocumentBlockParam`,
    fields: {
      cache_control: "Caches the prompt up to this block.",
      citations: "Whether the answer cites the document. Default: no.",
      context: "What the model should know about the document. It is not cited.",
      source: "The document: a PDF, plain text, content blocks, or an uploaded file.",
      title: "The title of the document, which citations repeat."
    }
  },
  {
    at: `${messages}Base64ImageSource`,
    fields: { data: "The image in base64, without `data:` in front." }
  },
  {
    at: `${messages}ThinkingBlock`,
    fields: {
      signature: "Proves that the model wrote the thinking. Send the block back as it is.",
      thinking: "The thinking, or a summary of it. Empty if `display` is `omitted`."
    }
  },
  {
    at: `${messages}RedactedThinkingBlock`,
    fields: { data: "Encrypted thinking. Send the block back as it is." }
  },
  {
    at: `${messages}ThinkingConfigAdaptive`,
    fields: { display: "Whether the thinking is in the response. Default: the model's own." }
  },
  {
    at: `${messages}InputJSONDelta`,
    fields: { partial_json: "A piece of the input. Only all pieces of a block together are JSON." }
  },
  {
    at: `${messages}TextDelta`,
    fields: { text: "The text that this event adds." }
  },
  {
    at: `${messages}RawContentBlock*Event`,
    fields: { index: "The position of the block in `content`, from 0." }
  },
  {
    at: `${messages}RawMessageStartEvent`,
    fields: { message: "The message without content, and the input tokens so far." }
  },
  {
    at: `${messages}RawMessageDeltaEvent`,
    fields: {
      delta: "Why the output ended.",
      usage: "The tokens used so far, not those of this event."
    }
  },
  {
    at: `${messages}JSONOutputFormat`,
    fields: { schema: "The JSON Schema of the answer." }
  },
  {
    at: `${messages}ThinkingConfigEnabled`,
    fields: {
      budget_tokens: "How many tokens the model may think with, at least 1,024 and less than `max_tokens`.",
      display: "Whether the thinking is in the response. Default: the model's own."
    }
  },
  {
    at: `${messages}OutputConfig`,
    fields: {
      effort: "How much effort the model spends. Less is faster and uses fewer tokens.",
      format: "The JSON Schema of the answer."
    }
  },
  {
    at: `${messages}CacheControlEphemeral`,
    fields: { ttl: "How long the cache lives after its last use." }
  },
  {
    at: `${messages}MessageTokensCount`,
    fields: { input_tokens: "The tokens of the messages, the system prompt and the tools together." }
  },
  {
    at: "resources/*messages/batches#*MessageBatch",
    fields: {
      processing_status: "`in_progress`, `canceling` or `ended`. Results can be read once it has ended.",
      request_counts: "How many requests have which state. They stay at zero until the batch has ended.",
      results_url: "Where the results are, once the batch has ended.",
      id: "The id that other requests name the batch by."
    }
  },
  {
    at: "resources/*messages/batches#*MessageBatchRequestCounts",
    fields: {
      canceled: "How many requests were canceled before they were sent to the model.",
      errored: "How many requests failed.",
      expired: "How many requests were not processed in time.",
      processing: "How many requests have no result yet.",
      succeeded: "How many requests have a message."
    }
  },
  {
    at: "resources/*messages/batches#*BatchCreateParams",
    fields: { requests: "At most 100,000 requests and 256 MB together." }
  },
  {
    at: "resources/*messages/batches#*BatchCreateParams.Request",
    fields: {
      custom_id: "Finds the result of the request, since results come in any order. Unique in the batch.",
      params: "The input of `Messages.create`, without streaming."
    }
  },
  {
    at: "resources/*messages/batches#*MessageBatchIndividualResponse",
    fields: {
      custom_id: "The `custom_id` of the request.",
      result: "The message, or why there is none."
    }
  },
  {
    at: "resources/files#FileMetadata",
    fields: {
      downloadable: "Whether the content can be downloaded. Only files that tools made can.",
      filename: "The name that the file was uploaded with.",
      id: "The id that other requests name the file by.",
      mime_type: "The media type of the content."
    }
  },
  {
    at: "resources/files#FileUploadParams",
    fields: {
      expires_in_seconds: "Deletes the file after so many seconds, from an hour to 90 days. Default: never.",
      file: "The content. Its name is the file's name.",
      workspace_id: "The workspace of the file. Only needed by credentials of several workspaces."
    }
  },
  {
    at: "resources/models#ModelInfo",
    fields: {
      max_input_tokens: "The size of the context window, in tokens.",
      max_tokens: "The largest `max_tokens` of a request.",
      id: "The name that goes into `model` of requests.",
      lifecycle: "`deprecated` models still answer those who used them before; `retired` models refuse requests."
    }
  },
  {
    at: "*#*ListParams",
    fields: {
      after_id: "Returns items after the one with this id. `page.next` of a page has it.",
      before_id: "Returns items before the one with this id, and pages backwards.",
      limit: "The most items in a page. The endpoint requests further pages as they are read.",
      page: "The cursor of a page. `page.next` of a page has it."
    }
  }
]
