import * as Endpoint from "../../Endpoint.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import {
  type DatasetsDocumentsCreateParams,
  type DatasetsDocumentsDeleteParams,
  type DatasetsDocumentsListParams,
  type DatasetsDocumentsUpdateParams,
  DocumentInfo,
  DocumentsCreated
} from "./DatasetsDocuments.ts"

/**
 * `GET /open_api/knowledge/document/list`: the files of a dataset.
 *
 * @deprecated Use `DatasetsDocuments.list`.
 */
export const list: Endpoint.List<DatasetsDocumentsListParams, DocumentInfo, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "knowledge.documents.list",
  method: "GET",
  path: "/open_api/knowledge/document/list",
  headers: { "agw-js-conv": "str" },
  success: DocumentInfo,
  pagination: /*#__PURE__*/ Page.numbered({ items: "document_infos", request: "page", size: "size", total: "total" })
})

/**
 * `POST /open_api/knowledge/document/create`: adds files or web pages to a dataset.
 *
 * @deprecated Use `DatasetsDocuments.create`.
 */
export const create: Endpoint.Json<DatasetsDocumentsCreateParams, DocumentsCreated, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "knowledge.documents.create",
    method: "POST",
    path: "/open_api/knowledge/document/create",
    headers: { "agw-js-conv": "str" },
    body: "json",
    envelope: true,
    success: DocumentsCreated
  }
)

/**
 * `POST /open_api/knowledge/document/delete`: deletes files of a dataset.
 *
 * @deprecated Use `DatasetsDocuments.delete`.
 */
const delete_: Endpoint.None<DatasetsDocumentsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "knowledge.documents.delete",
  method: "POST",
  path: "/open_api/knowledge/document/delete",
  headers: { "agw-js-conv": "str" },
  body: "json",
  safety: "idempotent"
})

export { delete_ as delete }

/**
 * `POST /open_api/knowledge/document/update`: renames a file, or changes when its page is read again.
 *
 * @deprecated Use `DatasetsDocuments.update`.
 */
export const update: Endpoint.None<DatasetsDocumentsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "knowledge.documents.update",
  method: "POST",
  path: "/open_api/knowledge/document/update",
  headers: { "agw-js-conv": "str" },
  body: "json",
  safety: "idempotent"
})
