import * as HttpBody from "effect/http/HttpBody"
import { RequestError } from "../../ApiError.ts"
import * as FileSource from "../../files/FileSource.ts"
import { writeJson } from "../json/json.ts"
import { mediaTypeOf } from "./mediaType.ts"

/** One part: a text or a file. */
export type Part =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly file: FileSource.FileSource; readonly fileName: string }

/** How fields become parts, which differs between endpoints. */
export interface FormStyle {
  /** Whether the folder part of file names is sent. */
  readonly keepFolders?: boolean
  /** Media types of fields that have one; a value other than text is sent as JSON. */
  readonly partTypes?: { readonly [field: string]: string }
}

/**
 * The input's fields as parts: `name[]` for the items of an array, `name[key]` for the properties of an object. A form
 * has no `null`: such a field is left out, and an array with one cannot be sent.
 */
export const toParts = (fields: object, { keepFolders = false, partTypes }: FormStyle): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === null) return
    if (FileSource.isFileSource(value)) {
      parts.push({ name, file: value, fileName: fileNameOf(value, keepFolders) })
    } else if (Array.isArray(value)) {
      for (const item of value) addItem(`${name}[]`, item)
    } else if (value instanceof Date) {
      parts.push({ name, text: value.toISOString() })
    } else if (typeof value === "object") {
      for (const [key, item] of Object.entries(value)) add(`${name}[${key}]`, item)
    } else {
      parts.push({ name, text: String(value) })
    }
  }
  const addItem = (name: string, item: unknown): void => {
    if (item === null) throw new RequestError({ message: `The field ${JSON.stringify(name)} of a form cannot be null` })
    add(name, item)
  }
  for (const [name, value] of Object.entries(fields)) {
    const type = partTypes?.[name]
    if (type === undefined || value === undefined) add(name, value)
    else parts.push({ name, file: typedText(value, type), fileName: "" })
  }
  return parts
}

const typedText = (value: unknown, type: string): Blob =>
  new Blob([typeof value === "string" ? value : (writeJson(value) ?? "")], { type })

/** Whether there is a file anywhere in a value. */
export const hasFile = (value: unknown): boolean =>
  FileSource.isFileSource(value) || (typeof value === "object" && value !== null && Object.values(value).some(hasFile))

const fileNameOf = (file: FileSource.FileSource, keepFolders: boolean): string => {
  const name = FileSource.nameOf(file) ?? "file"
  const plain = keepFolders ? name : name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)
  return plain === "" ? "file" : plain
}

interface Form {
  readonly body: HttpBody.HttpBody
  /** `undefined` if the runtime adds it with its boundary. */
  readonly contentType: string | undefined
  readonly replayable: boolean
}

/** A form whose files are in memory is a `FormData`; one that has to be read from streams is streamed. */
export const multipartBody = (parts: ReadonlyArray<Part>): Form => {
  const form = new FormData()
  let replayable = true
  let streamed: FileSource.Opener | undefined
  for (const part of parts) {
    if ("text" in part) form.append(part.name, part.text)
    else if (part.file instanceof Blob) form.append(part.name, typed(part.file, part.fileName), part.fileName)
    else if (part.file._tag === "Bytes") {
      const type = part.file.type ?? mediaTypeOf(part.fileName)
      form.append(part.name, new Blob([part.file.bytes as Uint8Array<ArrayBuffer>], { type }), part.fileName)
    } else {
      streamed = part.file
      if (!streamed.reopenable) replayable = false
    }
  }
  if (streamed === undefined) return { body: HttpBody.formData(form), contentType: undefined, replayable }
  const body = streamed.form(parts)
  return { body, contentType: body.contentType, replayable }
}

/** Returns the same bytes with a type if they have none. */
const typed = (blob: Blob, name: string): Blob =>
  blob.type === "" ? blob.slice(0, blob.size, mediaTypeOf(name)) : blob
