/** The endpoints of `files` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import type * as FileSource from "../../files/FileSource.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * An uploaded file. It expires after three months.
 *
 * @category models
 */
export interface FileObject {
  readonly id: string
  readonly bytes?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  readonly file_name?: string | null | undefined
}
export const FileObject: Open.Codec<FileObject> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  bytes: Open.optional(textOrNumber),
  created_at: Open.optional(textOrNumber),
  file_name: Open.optional(Schema.String)
}))

export interface FilesUploadParams {
  /** Up to 512 MB. */
  readonly file: FileSource.FileSource
}

export interface FilesRetrieveParams {
  readonly file_id: string
}

/**
 * Uploads a file for use in messages and as an icon. `POST /v1/files/upload`
 *
 * @see https://www.coze.com/docs/developer_guides/upload_files
 * @category endpoints
 */
export const upload: Endpoint.Json<FilesUploadParams, FileObject, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "files.upload",
  method: "POST",
  path: "/v1/files/upload",
  body: "multipart",
  success: FileObject
})

/**
 * Returns the details of an uploaded file. `GET /v1/files/retrieve`
 *
 * @see https://www.coze.com/docs/developer_guides/retrieve_files
 * @category endpoints
 */
export const retrieve: Endpoint.Json<FilesRetrieveParams, FileObject, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "files.retrieve",
  method: "GET",
  path: "/v1/files/retrieve",
  query: ["file_id"],
  success: FileObject
})
