/** The events in which the Responses API streams an answer. */
import { isObject, type JsonObject, objectsOf, textOf } from "../../../internal/json/json.ts"
import { pieces } from "./pieces.ts"

export const responseEvents = (response: JsonObject): ReadonlyArray<JsonObject> => {
  const { error, incomplete_details: _, output, status, usage, ...head } = response
  const start = {
    ...head,
    ...("completed_at" in head ? { completed_at: null } : {}),
    status: "in_progress",
    output: [],
    error: null,
    incomplete_details: null,
    usage: null
  }
  const queued = { ...start, status: "queued" }
  const events: Array<JsonObject> = [
    ...(head["background"] === true
      ? [
          { type: "response.created", response: queued },
          { type: "response.queued", response: queued }
        ]
      : [{ type: "response.created", response: start }]),
    { type: "response.in_progress", response: start },
    ...objectsOf(output).flatMap(itemEvents),
    {
      type: `response.${typeof status === "string" && terminals.has(status) ? status : "completed"}`,
      response: { ...response, error: error ?? null, usage: usage ?? null }
    }
  ]
  return events.map((event, index) => ({ ...event, sequence_number: index }))
}

const terminals = new Set(["completed", "incomplete", "failed"])

const itemEvents = (item: JsonObject, outputIndex: number): ReadonlyArray<JsonObject> => {
  const place = { output_index: outputIndex, item_id: item["id"] ?? "" }
  const { begun, events } = progressOf(item, place)
  return [
    { type: "response.output_item.added", output_index: outputIndex, item: begun },
    ...events,
    { type: "response.output_item.done", output_index: outputIndex, item }
  ]
}

interface Progress {
  /** The item as it is when it is added. */
  readonly begun: JsonObject
  readonly events: ReadonlyArray<JsonObject>
}

const progressOf = (item: JsonObject, place: JsonObject): Progress => {
  const started = "status" in item ? { ...item, status: "in_progress" } : item
  switch (item["type"]) {
    case "message":
      return {
        begun: { ...started, content: [] },
        events: objectsOf(item["content"]).flatMap((part, index) =>
          contentEvents(part, { ...place, content_index: index })
        )
      }
    case "reasoning":
      return {
        begun: { ...started, summary: [] },
        events: [
          ...objectsOf(item["summary"]).flatMap((part, index) =>
            summaryEvents(part, { ...place, summary_index: index })
          ),
          ...objectsOf(item["content"]).flatMap((part, index) =>
            textEvents("response.reasoning_text", "text", part["text"], { ...place, content_index: index })
          )
        ]
      }
    case "function_call":
      return {
        begun: { ...started, arguments: "" },
        events: textEvents("response.function_call_arguments", "arguments", item["arguments"], place)
      }
    case "custom_tool_call":
      return {
        begun: { ...started, input: "" },
        events: textEvents("response.custom_tool_call_input", "input", item["input"], place)
      }
    case "mcp_call":
      return {
        begun: { ...started, arguments: "", output: null },
        events: [
          steps("mcp_call", ["in_progress"], place),
          textEvents("response.mcp_call_arguments", "arguments", item["arguments"], place),
          steps("mcp_call", [typeof item["error"] === "string" ? "failed" : "completed"], place)
        ].flat()
      }
    case "code_interpreter_call":
      return {
        begun: { ...started, code: "", outputs: null },
        events: [
          steps("code_interpreter_call", ["in_progress"], place),
          textEvents("response.code_interpreter_call_code", "code", item["code"], place),
          steps("code_interpreter_call", ["interpreting", "completed"], place)
        ].flat()
      }
    case "web_search_call":
      return { begun: started, events: steps("web_search_call", ["in_progress", "searching", "completed"], place) }
    case "file_search_call":
      return {
        begun: { ...started, results: null },
        events: steps("file_search_call", ["in_progress", "searching", "completed"], place)
      }
    case "image_generation_call":
      return {
        begun: { ...started, result: null },
        events: steps("image_generation_call", ["in_progress", "generating", "completed"], place)
      }
    case "shell_call":
      return {
        begun: { ...started, action: { ...(item["action"] as JsonObject), commands: [] } },
        events: commandsOf(item).flatMap((command, index) => commandEvents(command, place["output_index"], index))
      }
    case "mcp_list_tools":
      return { begun: { ...started, tools: [] }, events: steps("mcp_list_tools", ["in_progress", "completed"], place) }
    default:
      return { begun: started, events: [] }
  }
}

const commandsOf = ({ action }: JsonObject): ReadonlyArray<unknown> =>
  isObject(action) && Array.isArray(action["commands"]) ? action["commands"] : []

const commandEvents = (command: unknown, outputIndex: unknown, index: number): ReadonlyArray<JsonObject> => {
  const place = { output_index: outputIndex, command_index: index }
  return [
    { type: "response.shell_call_command.added", ...place, command: "" },
    ...textEvents("response.shell_call_command", "command", command, place)
  ]
}

const steps = (item: string, names: ReadonlyArray<string>, place: JsonObject): ReadonlyArray<JsonObject> =>
  names.map((name) => ({ type: `response.${item}.${name}`, ...place }))

/** Deltas of a text, then the whole of it under `field`. */
const textEvents = (
  type: string,
  field: string,
  text: unknown,
  place: JsonObject,
  more: JsonObject = {}
): ReadonlyArray<JsonObject> => [
  ...pieces(textOf(text)).map((delta) => ({ type: `${type}.delta`, ...place, delta, ...more })),
  { type: `${type}.done`, ...place, [field]: textOf(text), ...more }
]

const contentEvents = (part: JsonObject, place: JsonObject): ReadonlyArray<JsonObject> => {
  const added = (begun: JsonObject) => ({ type: "response.content_part.added", ...place, part: begun })
  const finished = { type: "response.content_part.done", ...place, part }
  if (part["type"] === "refusal") {
    return [
      added({ ...part, refusal: "" }),
      ...textEvents("response.refusal", "refusal", part["refusal"], place),
      finished
    ]
  }
  const texts = textEvents("response.output_text", "text", part["text"], place, { logprobs: [] })
  const annotations = objectsOf(part["annotations"]).map((annotation, index) => ({
    type: "response.output_text.annotation.added",
    ...place,
    annotation_index: index,
    annotation
  }))
  return [
    added({ ...part, text: "", annotations: [] }),
    ...texts.slice(0, -1),
    ...annotations,
    ...texts.slice(-1),
    finished
  ]
}

const summaryEvents = (part: JsonObject, place: JsonObject): ReadonlyArray<JsonObject> => [
  { type: "response.reasoning_summary_part.added", ...place, part: { ...part, text: "" } },
  ...textEvents("response.reasoning_summary_text", "text", part["text"], place),
  { type: "response.reasoning_summary_part.done", ...place, part }
]
