/** From a list endpoint's JSON to a page of its items. */
import * as ApiError from "../../ApiError.ts"
import type * as Page from "../../Page.ts"
import { isObject } from "../json/json.ts"
import type { PageReader } from "./endpointDecoder.ts"

/** Reads pages of this style. */
export const pageReader =
  (style: Page.Style): PageReader =>
  (payload, input, decode) => {
    const body = Array.isArray(payload) ? { [style.items]: payload } : payload
    const items = isObject(body) ? (body[style.items] ?? (isLikePage(body) ? [] : undefined)) : undefined
    if (!isObject(body) || !Array.isArray(items)) {
      throw new ApiError.DecodeError({
        message: `At ${style.items}: expected an array`,
        path: [style.items],
        expected: "an array",
        raw: payload
      })
    }
    const decoded = items.map((item, index) => {
      try {
        return decode(item)
      } catch (thrown) {
        throw thrown instanceof ApiError.DecodeError ? within(thrown, [style.items, index], payload) : thrown
      }
    })
    return {
      items: decoded,
      next: style.next(body, decoded, isObject(input) ? input : {}),
      body
    }
  }

/** Whether an object without its list is a page without items: anything else may be a gateway's own answer. */
const isLikePage = (body: { readonly [key: string]: unknown }): boolean =>
  body["object"] === "list" || Object.keys(body).some((key) => pageField.test(key))

/** What pages say next to their list: where they begin and end, how many items there are. */
const pageField =
  /^(?:has_?more|(?:next|prev|previous)(?:_?page)?(?:_?(?:token|cursor|url|id))?|(?:first|last)_?id|total(?:_?(?:count|size|items|pages?|num))?|page(?:_?(?:token|num|number|no|index|size|count|info))?)$/i

const within = (
  error: ApiError.DecodeError,
  path: ReadonlyArray<string | number>,
  raw: unknown
): ApiError.DecodeError =>
  new ApiError.DecodeError({
    message: `In ${path.join(".")}: ${error.message}`,
    path: [...path, ...error.path],
    expected: error.expected,
    raw
  })
