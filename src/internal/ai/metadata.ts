/**
 * Metadata of parts. Each API writes under a key of its own, so a history can mix providers, and no
 * key is one that Effect's own provider packages declare.
 */
import type * as Schema from "effect/Schema"
import { isObject } from "../json/json.ts"
import { plainJson } from "./plainJson.ts"

type Fields = { readonly [name: string]: unknown }

/** The property `metadata` of a part, as an object to spread; nothing if no field has a value. */
export const metadata = (
  key: string,
  fields: Fields
): { readonly metadata?: { readonly [key: string]: Schema.MutableJson } } => {
  const plain = plainJson(fields)
  return plain !== null && typeof plain === "object" && Object.keys(plain).length > 0
    ? { metadata: { [key]: plain } }
    : {}
}

/** Returns the fields under a key of a part's or message's options; `{}` if there are none. */
export const fieldsOf = (options: Fields | undefined, key: string): Fields => {
  const fields = options?.[key]
  return isObject(fields) ? fields : none
}

const none: Fields = {}

/** Seconds since 1970 as a timestamp; `{}` if the value is not a time. */
export const timestampOf = (seconds: unknown): { readonly timestamp?: string } => {
  const time = typeof seconds === "number" ? new Date(seconds * 1000) : undefined
  return time === undefined || Number.isNaN(time.getTime()) ? {} : { timestamp: time.toISOString() }
}
