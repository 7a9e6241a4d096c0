/** The endpoints of `knowledge.documents` in the Coze API, and their types. */
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
 * Lists the files of a dataset. `GET /open_api/knowledge/document/list`
 *
 * @deprecated Use `DatasetsDocuments.list`.
 * @see https://www.coze.com/docs/developer_guides/list_knowledge_files
 * @category endpoints
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
 * Adds files or web pages to a dataset. `POST /open_api/knowledge/document/create`
 *
 * @deprecated Use `DatasetsDocuments.create`.
 * @see https://www.coze.com/docs/developer_guides/create_knowledge_files
 * @category endpoints
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
 * Deletes files of a dataset. `POST /open_api/knowledge/document/delete`
 *
 * @deprecated Use `DatasetsDocuments.delete`.
 * @see https://www.coze.com/docs/developer_guides/delete_knowledge_files
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
 * Renames a file, or changes how often its web page is read again. `POST /open_api/knowledge/document/update`
 *
 * @deprecated Use `DatasetsDocuments.update`.
 * @see https://www.coze.com/docs/developer_guides/modify_knowledge_files
 * @category endpoints
 */
export const update: Endpoint.None<DatasetsDocumentsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "knowledge.documents.update",
  method: "POST",
  path: "/open_api/knowledge/document/update",
  headers: { "agw-js-conv": "str" },
  body: "json",
  safety: "idempotent"
})
