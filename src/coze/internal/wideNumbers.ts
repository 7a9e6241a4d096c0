/** JSON whose whole numbers may have more digits than a double holds: those become texts, so no digit of an id is lost. */

import { stringEnd } from "../../internal/json/stringEnd.ts"

/** A run of digits that may be too long: most texts do not have one, and are parsed as they are. */
const maybeWide = /\d{16}/
const number = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

export const parseWide = (text: string): unknown => JSON.parse(maybeWide.test(text) ? withQuotes(text) : text)

/** The JSON with wide numbers as strings. */
const withQuotes = (text: string): string => {
  const parts: Array<string> = []
  let at = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const outside = text.slice(at, quote === -1 ? text.length : quote)
    parts.push(maybeWide.test(outside) ? outside.replace(number, quoted) : outside)
    at = quote === -1 ? text.length : stringEnd(text, quote)
    if (quote !== -1) parts.push(text.slice(quote, at))
  }
  return parts.join("")
}

const quoted = (token: string): string => (isWide(token) ? `"${token}"` : token)

const isWide = (token: string): boolean => /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))
