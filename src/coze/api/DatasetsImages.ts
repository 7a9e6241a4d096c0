/** The endpoints of `datasets.images` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * An image of a dataset.
 *
 * @category models
 */
export interface ImageInfo {
  readonly document_id: string
  readonly url?: string | null | undefined
  readonly name?: string | null | undefined
  readonly size?: string | number | null | undefined
  readonly type?: string | null | undefined
  /** 0 in process, 1 done, 9 failed. */
  readonly status?: number | null | undefined
  readonly caption?: string | null | undefined
  readonly creator_id?: string | null | undefined
  /** Unix time in seconds. */
  readonly create_time?: string | number | null | undefined
  /** 0 local file, 5 uploaded file. */
  readonly source_type?: number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
}
export const ImageInfo: Open.Codec<ImageInfo> = /*#__PURE__*/ Open.struct(() => ({
  document_id: Schema.String,
  url: Open.optional(Schema.String),
  name: Open.optional(Schema.String),
  size: Open.optional(textOrNumber),
  type: Open.optional(Schema.String),
  status: Open.optional(Schema.Number),
  caption: Open.optional(Schema.String),
  creator_id: Open.optional(Schema.String),
  create_time: Open.optional(textOrNumber),
  source_type: Open.optional(Schema.Number),
  update_time: Open.optional(textOrNumber)
}))

export interface DatasetsImagesListParams {
  readonly dataset_id: string
  /** Starts at 1. */
  readonly page_num?: number | undefined
  /** 1 to 299. Default: 10. */
  readonly page_size?: number | undefined
  readonly keyword?: string | null | undefined
  readonly has_caption?: boolean | null | undefined
}

export interface DatasetsImagesUpdateParams {
  readonly dataset_id: string
  readonly document_id: string
  readonly caption: string
}

/**
 * Lists the images of a dataset. `GET /v1/datasets/{dataset_id}/images`
 *
 * @see https://www.coze.com/docs/developer_guides/get_images
 * @category endpoints
 */
export const list: Endpoint.List<DatasetsImagesListParams, ImageInfo, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "datasets.images.list",
  method: "GET",
  path: "/v1/datasets/{dataset_id}/images",
  query: ["page_num", "page_size", "keyword", "has_caption"],
  success: ImageInfo,
  pagination: /*#__PURE__*/ Page.numbered({
    items: "photo_infos",
    request: "page_num",
    size: "page_size",
    total: "total_count"
  })
})

/**
 * Describes an image. `PUT /v1/datasets/{dataset_id}/images/{document_id}`
 *
 * @see https://www.coze.com/docs/developer_guides/update_image_caption
 * @category endpoints
 */
export const update: Endpoint.None<DatasetsImagesUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "datasets.images.update",
  method: "PUT",
  path: "/v1/datasets/{dataset_id}/images/{document_id}",
  body: "json"
})
