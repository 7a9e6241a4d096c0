/**
 * Lets a tool return more than text and JSON: images, documents, search results.
 *
 * Each API is sent the parts it accepts. For other parts, the model is told that they exist.
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

/**
 * A piece of text.
 *
 * @category models
 */
export interface Text {
  readonly _tag: "Text"
  readonly text: string
}

/**
 * An image or a document.
 *
 * @category models
 */
export interface File {
  readonly _tag: "File"
  /** An `image/` type is shown as an image, any other as a document. */
  readonly mediaType: string
  readonly name: string | undefined
  readonly source: Source
}

/**
 * The content of a file: bytes, a URL, or a file of the provider.
 *
 * @category models
 */
export type Source =
  | { readonly _tag: "Base64"; readonly data: string }
  | { readonly _tag: "Url"; readonly url: string }
  /** The provider's id of the file. */
  | { readonly _tag: "Id"; readonly id: string }

/**
 * A search result, which the model can cite if the API supports that.
 *
 * @category models
 */
export interface SearchResult {
  readonly _tag: "SearchResult"
  readonly title: string
  /** The source of the result, such as a URL. */
  readonly source: string
  readonly texts: ReadonlyArray<string>
}

/**
 * A part in the form of one API. It is sent unchanged.
 *
 * @category models
 */
export interface Native {
  readonly _tag: "Native"
  readonly part: { readonly type: string }
}

/**
 * A part of an output. It is plain data, so a ledger can store it.
 *
 * @category models
 */
export type Part = Text | File | SearchResult | Native

/**
 * The output of a tool.
 *
 * @category models
 */
export type Output = string | ReadonlyArray<Part>

/**
 * An output made of parts, for a tool to return.
 *
 * @category models
 */
export class Parts {
  readonly _tag = "ToolOutputParts"
  readonly parts: ReadonlyArray<Part>

  constructor(parts: ReadonlyArray<Part>) {
    this.parts = parts
  }
}

/**
 * Makes an output of several parts.
 *
 * @category constructors
 */
export const parts = (...parts: ReadonlyArray<Part>): Parts => new Parts(parts)

/**
 * Makes a text part.
 *
 * @category constructors
 */
export const text = (text: string): Text => ({ _tag: "Text", text })

/**
 * Makes an image or document part from bytes, a URL, or the provider's id of a file.
 *
 * @category constructors
 */
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

/**
 * Makes a search result.
 *
 * @category constructors
 */
export const searchResult = (result: Omit<SearchResult, "_tag">): SearchResult => ({ _tag: "SearchResult", ...result })

/**
 * Makes a part in the form of one API, such as Anthropic's `document` with citations enabled.
 *
 * @category constructors
 */
export const native = (part: { readonly type: string }): Native => ({ _tag: "Native", part })

/**
 * The output as text: what a model is told that takes nothing else, and what a log can show.
 *
 * @category utilities
 */
export const toText = (output: Output): string =>
  typeof output === "string" ? output : output.map(partToText).join("\n")

/**
 * A part as text. Of a file it is only said that it is there.
 *
 * @category utilities
 */
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
