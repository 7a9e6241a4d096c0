/** The endpoints of `datasets.documents` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { type Envelope, envelope } from "../internal/envelope.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * How files are split into segments.
 *
 * @category models
 */
export interface ChunkStrategy {
  /** 0 automatic, 1 by the other fields. */
  readonly chunk_type?: number | null | undefined
  readonly separator?: string | null | undefined
  /** 100 to 2,000. */
  readonly max_tokens?: number | null | undefined
  readonly remove_extra_spaces?: boolean | null | undefined
  readonly remove_urls_emails?: boolean | null | undefined
  /** Images: 0 captions by a model, 1 by hand. */
  readonly caption_type?: number | null | undefined
}
export const ChunkStrategy: Open.Codec<ChunkStrategy> = /*#__PURE__*/ Open.struct(() => ({
  chunk_type: Open.optional(Schema.Number),
  separator: Open.optional(Schema.String),
  max_tokens: Open.optional(Schema.Number),
  remove_extra_spaces: Open.optional(Schema.Boolean),
  remove_urls_emails: Open.optional(Schema.Boolean),
  caption_type: Open.optional(Schema.Number)
}))

/**
 * A file of a dataset.
 *
 * @category models
 */
export interface DocumentInfo {
  readonly document_id: string
  readonly name?: string | null | undefined
  readonly char_count?: string | number | null | undefined
  readonly chunk_strategy?: ChunkStrategy | null | undefined
  /** Unix time in seconds. */
  readonly create_time?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
  /** 0 text, 1 table, 2 image. */
  readonly format_type?: number | null | undefined
  readonly hit_count?: string | number | null | undefined
  readonly size?: string | number | null | undefined
  readonly slice_count?: string | number | null | undefined
  /** 0 local file, 1 web page, 5 uploaded file. */
  readonly source_type?: number | null | undefined
  /** 0 in process, 1 done, 9 failed. */
  readonly status?: number | null | undefined
  readonly type?: string | null | undefined
  /** In hours. */
  readonly update_interval?: string | number | null | undefined
  /** 1 if a web page is read again. */
  readonly update_type?: number | null | undefined
  readonly tos_uri?: string | null | undefined
}
export const DocumentInfo: Open.Codec<DocumentInfo> = /*#__PURE__*/ Open.struct(() => ({
  document_id: Schema.String,
  name: Open.optional(Schema.String),
  char_count: Open.optional(textOrNumber),
  chunk_strategy: Open.optional(ChunkStrategy),
  create_time: Open.optional(textOrNumber),
  update_time: Open.optional(textOrNumber),
  format_type: Open.optional(Schema.Number),
  hit_count: Open.optional(textOrNumber),
  size: Open.optional(textOrNumber),
  slice_count: Open.optional(textOrNumber),
  source_type: Open.optional(Schema.Number),
  status: Open.optional(Schema.Number),
  type: Open.optional(Schema.String),
  update_interval: Open.optional(textOrNumber),
  update_type: Open.optional(Schema.Number),
  tos_uri: Open.optional(Schema.String)
}))

/**
 * The documents that were added to a knowledge base.
 *
 * @category models
 */
export interface DocumentsCreated extends Envelope {
  readonly document_infos: ReadonlyArray<DocumentInfo>
}
export const DocumentsCreated: Open.Codec<DocumentsCreated> = /*#__PURE__*/ Open.struct(() => ({
  ...envelope(),
  document_infos: Open.array(DocumentInfo)
}))

/**
 * How often a web page is read again.
 *
 * @category models
 */
export interface UpdateRule {
  /** 0 never, 1 at intervals. */
  readonly update_type: number
  /** In hours, at least 24. */
  readonly update_interval: number
}

/**
 * The source of a document: a file in base64, an uploaded file, or a web page.
 *
 * @category models
 */
export interface DocumentSource {
  readonly file_base64?: string | undefined
  /** The extension, such as `pdf`. */
  readonly file_type?: string | undefined
  readonly web_url?: string | undefined
  /** 0 local file, 1 web page, 5 uploaded file. */
  readonly document_source?: number | undefined
  readonly source_file_id?: string | undefined
}

/**
 * A document to add.
 *
 * @category models
 */
export interface DocumentBase {
  readonly name: string
  readonly source_info: DocumentSource
  readonly update_rule?: UpdateRule | undefined
  readonly caption?: string | undefined
}

export interface DatasetsDocumentsListParams {
  readonly dataset_id: string
  /** Starts at 1. */
  readonly page?: number | undefined
  /** Default: 10. */
  readonly size?: number | undefined
}

export interface DatasetsDocumentsCreateParams {
  readonly dataset_id: string
  /** Up to 10. */
  readonly document_bases: ReadonlyArray<DocumentBase>
  /** Required for the first upload to a dataset. */
  readonly chunk_strategy?: ChunkStrategy | undefined
  /** 0 text, 1 table, 2 image. */
  readonly format_type?: number | undefined
}

export interface DatasetsDocumentsDeleteParams {
  /** Up to 100. */
  readonly document_ids: ReadonlyArray<string>
}

export interface DatasetsDocumentsUpdateParams {
  readonly document_id: string
  readonly document_name?: string | undefined
  readonly update_rule?: UpdateRule | undefined
}

/**
 * Lists the files of a dataset. `POST /open_api/knowledge/document/list`
 *
 * @see https://www.coze.com/docs/developer_guides/list_knowledge_files
 * @category endpoints
 */
export const list: Endpoint.List<DatasetsDocumentsListParams, DocumentInfo, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "datasets.documents.list",
  method: "POST",
  path: "/open_api/knowledge/document/list",
  headers: { "agw-js-conv": "str" },
  body: "json",
  safety: "safe",
  success: DocumentInfo,
  pagination: /*#__PURE__*/ Page.numbered({ items: "document_infos", request: "page", size: "size", total: "total" })
})

/**
 * Adds files or web pages to a dataset. `POST /open_api/knowledge/document/create`
 *
 * @see https://www.coze.com/docs/developer_guides/create_knowledge_files
 * @category endpoints
 */
export const create: Endpoint.Json<DatasetsDocumentsCreateParams, DocumentsCreated, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "datasets.documents.create",
    method: "POST",
    path: "/open_api/knowledge/document/create",
    headers: { "agw-js-conv": "str" },
    body: "json",
    envelope: true,
    success: DocumentsCreated
  }
)

/**
 * Deletes files of a dataset. `POST /open_api/knowledge/document/delete`
 *
 * @see https://www.coze.com/docs/developer_guides/delete_knowledge_files
 * @category endpoints
 */
const delete_: Endpoint.None<DatasetsDocumentsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "datasets.documents.delete",
  method: "POST",
  path: "/open_api/knowledge/document/delete",
  headers: { "agw-js-conv": "str" },
  body: "json",
  safety: "idempotent"
})

export { delete_ as delete }

/**
 * Renames a file, or changes how often its web page is read again. `POST /open_api/knowledge/document/update`
 *
 * @see https://www.coze.com/docs/developer_guides/modify_knowledge_files
 * @category endpoints
 */
export const update: Endpoint.None<DatasetsDocumentsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "datasets.documents.update",
  method: "POST",
  path: "/open_api/knowledge/document/update",
  headers: { "agw-js-conv": "str" },
  body: "json",
  safety: "idempotent"
})
