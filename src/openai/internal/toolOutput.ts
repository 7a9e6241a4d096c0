/** The outputs of tools as the two APIs take them. */
import * as ToolOutput from "../../tools/ToolOutput.ts"
import type { ChatCompletionToolMessageParam } from "../api/ChatCompletions.ts"
import type { ResponseInputFile, ResponseInputImage, ResponseInputText } from "../api/Responses.ts"

type Item = ResponseInputText | ResponseInputImage | ResponseInputFile

/** The output of a call in a response. */
export const responseOutput = (output: ToolOutput.Output): string | ReadonlyArray<Item> =>
  typeof output === "string" ? output : output.map(itemOf)

/** One part of an output, which is a part of a user's message, too. */
export const itemOf = (part: ToolOutput.Part): Item => {
  switch (part._tag) {
    case "File":
      return part.mediaType.startsWith("image/") ? imageOf(part) : fileOf(part)
    case "Native":
      // It is the program that says that the API takes it.
      return part.part as Item
    default:
      return { type: "input_text", text: ToolOutput.partToText(part) }
  }
}

const dataUrl = (mediaType: string, data: string): string => `data:${mediaType};base64,${data}`

const imageOf = ({ mediaType, source }: ToolOutput.File): ResponseInputImage => {
  const image = { type: "input_image", detail: "auto" } as const
  switch (source._tag) {
    case "Base64":
      return { ...image, image_url: dataUrl(mediaType, source.data) }
    case "Url":
      return { ...image, image_url: source.url }
    case "Id":
      return { ...image, file_id: source.id }
  }
}

const fileOf = ({ mediaType, name, source }: ToolOutput.File): ResponseInputFile => {
  switch (source._tag) {
    case "Base64":
      // Without a name, the API refuses the data.
      return { type: "input_file", filename: name ?? "file", file_data: dataUrl(mediaType, source.data) }
    case "Url":
      return { type: "input_file", file_url: source.url }
    case "Id":
      return { type: "input_file", file_id: source.id }
  }
}

/** The content of a tool's message in a chat, which is nothing but text. */
export const chatOutput = (output: ToolOutput.Output): ChatCompletionToolMessageParam["content"] =>
  typeof output === "string" ? output : output.map((part) => ({ type: "text", text: ToolOutput.partToText(part) }))
