/** What the parts of `effect/ai` say in the words of the Messages API, under one key of their metadata and options. */
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

/** What a program may set on a part. The rest of what stands under a shared key is another package's. */
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
