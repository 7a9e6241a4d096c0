/** Makes the `tool_result` block of a tool's output. */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as ToolOutput from "../../tools/ToolOutput.ts"
import type * as Tools from "../../tools/Tools.ts"
import type * as Messages from "../api/Messages.ts"

type Block = Exclude<NonNullable<Messages.ToolResultBlockParam["content"]>, string>[number]

export const toolResult = ({ id, isError, output }: Tools.CallResult): Messages.ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: id,
  // The API takes only text as the content of an error.
  content: typeof output === "string" ? output : isError ? ToolOutput.toText(output) : output.flatMap(blockOf),
  ...(isError ? { is_error: true } : {})
})

const blockOf = (part: ToolOutput.Part): ReadonlyArray<Block> => {
  switch (part._tag) {
    case "Text":
      return textBlocks(part.text)
    case "File":
      return fileBlocks(part)
    case "SearchResult": {
      const { source, texts, title } = part
      return [{ type: "search_result", source, title, content: texts.flatMap(textBlocks) }]
    }
    case "Native":
      // The program vouches that the API takes it.
      return [part.part as Block]
  }
}

/** The API refuses texts that are empty. */
const textBlocks = (text: string): ReadonlyArray<Messages.TextBlockParam> =>
  text === "" ? [] : [{ type: "text", text }]

const fileBlocks = (file: ToolOutput.File): ReadonlyArray<Block> => {
  const source = file.mediaType.startsWith("image/") ? imageSource(file) : undefined
  if (source !== undefined) return [{ type: "image", source }]
  const document = documentSource(file)
  if (document === undefined) return textBlocks(ToolOutput.partToText(file))
  return [{ type: "document", source: document, ...(file.name === undefined ? {} : { title: file.name }) }]
}

const imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const

const imageSource = ({ mediaType, source }: ToolOutput.File): Messages.ImageBlockParam["source"] | undefined => {
  if (source._tag === "Url") return { type: "url", url: source.url }
  if (source._tag === "Id") return { type: "file", file_id: source.id }
  const media_type = imageTypes.find((type) => type === mediaType)
  return media_type === undefined ? undefined : { type: "base64", media_type, data: source.data }
}

const documentSource = ({ mediaType, source }: ToolOutput.File): Messages.DocumentBlockParam["source"] | undefined => {
  const isPdf = mediaType === "application/pdf"
  if (source._tag === "Id") return { type: "file", file_id: source.id }
  if (source._tag === "Url") return isPdf ? { type: "url", url: source.url } : undefined
  if (isPdf) return { type: "base64", media_type: mediaType, data: source.data }
  if (!mediaType.startsWith("text/")) return undefined
  return Result.match(Base64.decodeString(source.data), {
    onFailure: () => undefined,
    onSuccess: (data) => ({ type: "text" as const, media_type: "text/plain", data })
  })
}
