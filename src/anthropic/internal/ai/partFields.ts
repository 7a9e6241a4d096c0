/** Fields of the Messages API in the metadata and options of parts. */
import { isObject, type JsonObject } from "../../../internal/json/json.ts"

/** The key of a part's metadata and options. */
export const key = "anthropicMessages"

/** The fields of a part's options. Settings may also stand under `anthropic`, as `cacheControl` or `cache_control`. */
export const fieldsIn = (options: JsonObject | undefined): JsonObject => {
  const own = options?.[key]
  const shared = options?.["anthropic"]
  if (!isObject(shared)) return isObject(own) ? own : none
  const settings = Object.fromEntries(Object.entries(shared).filter(([name]) => settingNames.has(name)))
  return { ...settings, ...(isObject(own) ? own : none) }
}

const none: JsonObject = {}

/** Fields that a program may set on a part. Other fields under the shared key belong to another package. */
const settingNames = new Set([
  "block",
  "cacheControl",
  "cache_control",
  "citations",
  "container_upload",
  "context",
  "title",
  "transformations"
])

/** The fields that have a value. */
export const present = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
    )
  )
