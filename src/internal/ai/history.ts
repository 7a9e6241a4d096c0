/** Histories that every API accepts. */
import * as Prompt from "effect/ai/Prompt"
import * as ToolOutput from "../../tools/ToolOutput.ts"
import { fileOf } from "./files.ts"

/** The result of a call that has none, because the stream was cut or the program stopped. */
export const unanswered = { type: "execution-interrupted", reason: "The tool call was interrupted: it has no result" }

/**
 * The messages with a result for every call. APIs refuse a call without one, and only the model can make it again.
 * Calls that wait for approval are answered by the core of `effect/ai` before the prompt gets here.
 */
export const withResults = (messages: ReadonlyArray<Prompt.Message>): ReadonlyArray<Prompt.Message> => {
  const answered = new Set<string>()
  for (const message of messages) {
    if (message.role !== "tool" && message.role !== "assistant") continue
    for (const part of message.content) if (part.type === "tool-result") answered.add(part.id)
  }
  return messages.flatMap((message): ReadonlyArray<Prompt.Message> => {
    if (message.role !== "assistant") return [message]
    const open = message.content.filter(
      (part): part is Prompt.ToolCallPart =>
        part.type === "tool-call" && !part.providerExecuted && !answered.has(part.id)
    )
    if (open.length === 0) return [message]
    const content = open.map(({ id, name }) =>
      Prompt.toolResultPart({ id, name, isFailure: true, providerExecuted: false, result: unanswered })
    )
    return [message, Prompt.toolMessage({ content })]
  })
}

/** A tool's result as the API is told of it. A text goes as it is, anything else as JSON; files go as files. */
export const toolOutput = (part: Prompt.ToolResultPart, isFileId: (data: string) => boolean): ToolOutput.Output => {
  if (part.modelOutput !== undefined && part.modelOutput.length > 0) {
    return part.modelOutput.map((output): ToolOutput.Part => {
      if (output.type === "text") return ToolOutput.text(output.text)
      return { _tag: "File", ...fileOf(output, isFileId) }
    })
  }
  return resultText(part.result)
}

/** A result as text. */
export const resultText = (result: unknown): string =>
  typeof result === "string" ? result : (JSON.stringify(result) ?? "done")

/** A failed result for APIs that have no field for failures: its text says so, and files stay files. */
export const failureOutput = (part: Prompt.ToolResultPart, isFileId: (data: string) => boolean): ToolOutput.Output => {
  const output = toolOutput(part, isFileId)
  if (typeof output === "string") return failureText(part.result)
  const text = output.flatMap((piece) => (piece._tag === "Text" ? [piece.text] : [])).join("\n")
  const said = failureText(text === "" ? part.result : text)
  const files = output.filter((piece) => piece._tag !== "Text")
  return files.length === 0 ? said : [ToolOutput.text(said), ...files]
}

/** A failure as text, for APIs that have no field for it. */
export const failureText = (result: unknown): string => JSON.stringify({ error: result ?? "failed" })
