/**
 * What a tool tells the model beside text and JSON: images, documents, what a search has found. Each API is sent what it
 * can take; of the rest the model is told that it is there.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { ToolOutput, Tools } from "llmfx"
 *
 * const chart = Tools.make({
 *   name: "chart",
 *   parameters: Schema.Struct({ year: Schema.Int }),
 *   run: ({ year }) =>
 *     Effect.succeed(
 *       ToolOutput.parts(
 *         ToolOutput.text(`The sales of ${year}`),
 *         ToolOutput.file({ url: `https://example.com/${year}.png` }, { mediaType: "image/png" })
 *       )
 *     )
 * })
 * ```
 */
import * as Base64 from "effect/encoding/Base64"

/** A piece of text. */
export interface Text {
  readonly _tag: "Text"
  readonly text: string
}

/** An image or a document. */
export interface File {
  readonly _tag: "File"
  /** A type of `image/` is shown as an image, any other as a document. */
  readonly mediaType: string
  readonly name: string | undefined
  readonly source: Source
}

/** Where the content of a file is. */
export type Source =
  | { readonly _tag: "Base64"; readonly data: string }
  | { readonly _tag: "Url"; readonly url: string }
  /** With the provider, which knows the file by its id. */
  | { readonly _tag: "Id"; readonly id: string }

/** Something found in a search, which the model can cite where the API lets it. */
export interface SearchResult {
  readonly _tag: "SearchResult"
  readonly title: string
  /** Where it was found, such as a URL. */
  readonly source: string
  readonly texts: ReadonlyArray<string>
}

/** A part as one API wants it. It is sent as it is. */
export interface Native {
  readonly _tag: "Native"
  readonly part: { readonly type: string }
}

/** A part of an output: plain data, so that a ledger can keep it. */
export type Part = Text | File | SearchResult | Native

/** What a tool has told the model. */
export type Output = string | ReadonlyArray<Part>

/** An output of parts, for a tool to return. */
export class Parts {
  readonly _tag = "ToolOutputParts"
  readonly parts: ReadonlyArray<Part>

  constructor(parts: ReadonlyArray<Part>) {
    this.parts = parts
  }
}

/** Makes parts the output of a tool. */
export const parts = (...parts: ReadonlyArray<Part>): Parts => new Parts(parts)

/** A piece of text. */
export const text = (text: string): Text => ({ _tag: "Text", text })

/** An image or a document: its bytes, or where they are. The id of a file is one that the provider gave. */
export const file = (
  content: Uint8Array | { readonly url: string } | { readonly id: string },
  options: { readonly mediaType: string; readonly name?: string | undefined }
): File => ({
  _tag: "File",
  mediaType: options.mediaType,
  name: options.name,
  source:
    content instanceof Uint8Array
      ? { _tag: "Base64", data: Base64.encode(content) }
      : "url" in content
        ? { _tag: "Url", url: content.url }
        : { _tag: "Id", id: content.id }
})

/** Something found in a search. */
export const searchResult = (result: Omit<SearchResult, "_tag">): SearchResult => ({ _tag: "SearchResult", ...result })

/** A part as one API wants it, such as a `document` of Anthropic with its citations enabled. */
export const native = (part: { readonly type: string }): Native => ({ _tag: "Native", part })

/** The output as text: what a model is told that takes nothing else, and what a log can show. */
export const toText = (output: Output): string =>
  typeof output === "string" ? output : output.map(partToText).join("\n")

/** A part as text. Of a file it is only said that it is there. */
export const partToText = (part: Part): string => {
  switch (part._tag) {
    case "Text":
      return part.text
    case "SearchResult":
      return [part.title, part.source, ...part.texts].join("\n")
    case "File": {
      const { mediaType, name, source } = part
      const what = [name, source._tag === "Url" ? source.url : undefined].filter((text) => text !== undefined).join(" ")
      return `[${what === "" ? mediaType : `${mediaType}: ${what}`}, not shown here]`
    }
    case "Native":
      return `[${part.part.type}, not shown here]`
  }
}
