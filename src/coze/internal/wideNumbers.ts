/** JSON whose whole numbers may have more digits than a double holds: those become texts, so no digit of an id is lost. */

/** A run of digits that may be too long: most texts do not have one, and are parsed as they are. */
const maybeWide = /\d{16}/
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

export const parseWide = (text: string): unknown =>
  JSON.parse(
    maybeWide.test(text) ? text.replace(stringOrNumber, (token) => (isWide(token) ? `"${token}"` : token)) : text
  )

const isWide = (token: string): boolean => /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))
