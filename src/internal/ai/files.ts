/** Files of prompts: bytes, base64, data URLs, URLs and ids all arrive as `data`. */
import type * as Prompt from "effect/ai/Prompt"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import type * as ToolOutput from "../../tools/ToolOutput.ts"

/** A file with its content in one of three forms. */
export interface PromptFile {
  readonly mediaType: string
  readonly name: string | undefined
  readonly source: ToolOutput.Source
}

/** Reads a file part. A URL in a string is a URL; `isFileId` says which other strings are ids. */
export const fileOf = (part: Prompt.FilePart, isFileId: (data: string) => boolean): PromptFile => {
  const { data, fileName: name } = part
  const file = (source: ToolOutput.Source, mediaType = part.mediaType) => ({ mediaType, name, source })
  if (data instanceof Uint8Array) return file({ _tag: "Base64", data: Base64.encode(data) })
  const text = typeof data === "string" ? data : data.href
  if (/^data:/i.test(text)) {
    const { base64, mediaType } = readDataUrl(text)
    return file({ _tag: "Base64", data: base64 }, isSpecific(part.mediaType) ? part.mediaType : mediaType)
  }
  if (typeof data !== "string" || /^[a-z][a-z\d+.-]*:\/\//i.test(text)) return file({ _tag: "Url", url: text })
  return file(isFileId(text) ? { _tag: "Id", id: text } : { _tag: "Base64", data: text })
}

const isSpecific = (mediaType: string): boolean => mediaType !== "" && !mediaType.endsWith("/*")

const readDataUrl = (url: string): { readonly base64: string; readonly mediaType: string } => {
  const comma = url.indexOf(",")
  const head = url.slice("data:".length, comma === -1 ? url.length : comma)
  const body = comma === -1 ? "" : url.slice(comma + 1)
  const [type = ""] = head.split(";")
  const mediaType = type === "" ? "text/plain" : type
  return { base64: /;base64$/i.test(head) ? body : Base64.encode(unescaped(body)), mediaType }
}

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text of a file's content; `undefined` if it is not base64. */
export const textOfBase64 = (data: string): string | undefined => Result.getOrUndefined(Base64.decodeString(data))

/** The content as a data URL. */
export const dataUrl = (mediaType: string, base64: string): string => `data:${mediaType};base64,${base64}`

/** Whether a text is base64 that a file part of an answer takes. */
export const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z\d+/]+={0,2}$/.test(text)
