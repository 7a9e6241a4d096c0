/** The endpoints of `datasets` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import { ChunkStrategy } from "./DatasetsDocuments.ts"

/**
 * A knowledge base.
 *
 * @category models
 */
export interface Dataset {
  readonly dataset_id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly space_id?: string | null | undefined
  /** 1 enabled, 3 disabled. */
  readonly status?: number | null | undefined
  /** 0 text, 1 table, 2 image. */
  readonly format_type?: number | null | undefined
  readonly can_edit?: boolean | null | undefined
  readonly icon_uri?: string | null | undefined
  readonly icon_url?: string | null | undefined
  readonly doc_count?: number | null | undefined
  readonly file_list?: ReadonlyArray<string> | null | undefined
  readonly hit_count?: number | null | undefined
  readonly bot_used_count?: number | null | undefined
  readonly slice_count?: number | null | undefined
  readonly all_file_size?: string | number | null | undefined
  readonly chunk_strategy?: ChunkStrategy | null | undefined
  readonly failed_file_list?: ReadonlyArray<string> | null | undefined
  readonly processing_file_list?: ReadonlyArray<string> | null | undefined
  readonly processing_file_id_list?: ReadonlyArray<string> | null | undefined
  readonly avatar_url?: string | null | undefined
  readonly creator_id?: string | null | undefined
  readonly creator_name?: string | null | undefined
  /** Unix time in seconds. */
  readonly create_time?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
  readonly project_id?: string | null | undefined
}
export const Dataset: Open.Codec<Dataset> = /*#__PURE__*/ Open.struct(() => ({
  dataset_id: Schema.String,
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  space_id: Open.optional(Schema.String),
  status: Open.optional(Schema.Number),
  format_type: Open.optional(Schema.Number),
  can_edit: Open.optional(Schema.Boolean),
  icon_uri: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  doc_count: Open.optional(Schema.Number),
  file_list: Open.optional(Open.array(Schema.String)),
  hit_count: Open.optional(Schema.Number),
  bot_used_count: Open.optional(Schema.Number),
  slice_count: Open.optional(Schema.Number),
  all_file_size: Open.optional(textOrNumber),
  chunk_strategy: Open.optional(ChunkStrategy),
  failed_file_list: Open.optional(Open.array(Schema.String)),
  processing_file_list: Open.optional(Open.array(Schema.String)),
  processing_file_id_list: Open.optional(Open.array(Schema.String)),
  avatar_url: Open.optional(Schema.String),
  creator_id: Open.optional(Schema.String),
  creator_name: Open.optional(Schema.String),
  create_time: Open.optional(textOrNumber),
  update_time: Open.optional(textOrNumber),
  project_id: Open.optional(Schema.String)
}))

/**
 * The id of a new knowledge base.
 *
 * @category models
 */
export interface DatasetCreated {
  readonly dataset_id: string
}
export const DatasetCreated: Open.Codec<DatasetCreated> = /*#__PURE__*/ Open.struct(() => ({
  dataset_id: Schema.String
}))

/**
 * The progress of processing a file.
 *
 * @category models
 */
export interface DocumentProgress {
  readonly document_id: string
  readonly document_name?: string | null | undefined
  readonly url?: string | null | undefined
  readonly size?: string | number | null | undefined
  readonly type?: string | null | undefined
  /** 0 in process, 1 done, 9 failed. */
  readonly status?: number | null | undefined
  /** Percent. */
  readonly progress?: number | null | undefined
  readonly update_type?: number | null | undefined
  readonly update_interval?: number | null | undefined
  /** In seconds. */
  readonly remaining_time?: string | number | null | undefined
  /** Why it failed. */
  readonly status_descript?: string | null | undefined
}
export const DocumentProgress: Open.Codec<DocumentProgress> = /*#__PURE__*/ Open.struct(() => ({
  document_id: Schema.String,
  document_name: Open.optional(Schema.String),
  url: Open.optional(Schema.String),
  size: Open.optional(textOrNumber),
  type: Open.optional(Schema.String),
  status: Open.optional(Schema.Number),
  progress: Open.optional(Schema.Number),
  update_type: Open.optional(Schema.Number),
  update_interval: Open.optional(Schema.Number),
  remaining_time: Open.optional(textOrNumber),
  status_descript: Open.optional(Schema.String)
}))

/**
 * How far the processing of each document is.
 *
 * @category models
 */
export interface DocumentProgressList {
  readonly data: ReadonlyArray<DocumentProgress>
}
export const DocumentProgressList: Open.Codec<DocumentProgressList> = /*#__PURE__*/ Open.struct(() => ({
  data: Open.array(DocumentProgress)
}))

export interface DatasetsCreateParams {
  /** Up to 100 characters. */
  readonly name: string
  readonly space_id: string
  /** 0 text, 2 image. */
  readonly format_type: number
  readonly description?: string | undefined
  /** The icon: the id of an uploaded file. */
  readonly file_id?: string | undefined
}

export interface DatasetsListParams {
  readonly space_id: string
  readonly name?: string | undefined
  /** 0 text, 1 table, 2 image. */
  readonly format_type?: number | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  /** 1 to 300. Default: 10. */
  readonly page_size?: number | undefined
}

export interface DatasetsUpdateParams {
  readonly dataset_id: string
  readonly name: string
  /** The icon: the id of an uploaded file. Left out, it is reset. */
  readonly file_id?: string | undefined
  readonly description?: string | undefined
}

export interface DatasetsDeleteParams {
  readonly dataset_id: string
}

export interface DatasetsProcessParams {
  readonly dataset_id: string
  readonly document_ids: ReadonlyArray<string>
}

/**
 * Creates a dataset. `POST /v1/datasets`
 *
 * @see https://www.coze.com/docs/developer_guides/create_dataset
 * @category endpoints
 */
export const create: Endpoint.Json<DatasetsCreateParams, DatasetCreated, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "datasets.create",
  method: "POST",
  path: "/v1/datasets",
  body: "json",
  success: DatasetCreated
})

/**
 * Lists the datasets of a workspace. `GET /v1/datasets`
 *
 * @see https://www.coze.com/docs/developer_guides/list_dataset
 * @category endpoints
 */
export const list: Endpoint.List<DatasetsListParams, Dataset, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "datasets.list",
  method: "GET",
  path: "/v1/datasets",
  query: ["space_id", "name", "format_type", "page_num", "page_size"],
  success: Dataset,
  pagination: /*#__PURE__*/ Page.numbered({
    items: "dataset_list",
    request: "page_num",
    size: "page_size",
    total: "total_count"
  })
})

/**
 * Replaces name, icon and description of a dataset. `PUT /v1/datasets/{dataset_id}`
 *
 * @see https://www.coze.com/docs/developer_guides/update_dataset
 * @category endpoints
 */
export const update: Endpoint.None<DatasetsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "datasets.update",
  method: "PUT",
  path: "/v1/datasets/{dataset_id}",
  body: "json"
})

/**
 * Deletes a dataset with its files and removes it from its agents. `DELETE /v1/datasets/{dataset_id}`
 *
 * @see https://www.coze.com/docs/developer_guides/delete_dataset
 * @category endpoints
 */
const delete_: Endpoint.None<DatasetsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "datasets.delete",
  method: "DELETE",
  path: "/v1/datasets/{dataset_id}"
})

export { delete_ as delete }

/**
 * Returns the progress of processing files. `POST /v1/datasets/{dataset_id}/process`
 *
 * @see https://www.coze.com/docs/developer_guides/get_dataset_progress
 * @category endpoints
 */
export const process: Endpoint.Json<DatasetsProcessParams, DocumentProgressList, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "datasets.process",
    method: "POST",
    path: "/v1/datasets/{dataset_id}/process",
    body: "json",
    safety: "safe",
    success: DocumentProgressList
  }
)
