/** Works on texts in time that grows with their length: an expression such as `/=+$/` tries every run again and again. */

/** The text without the characters `char` at its end. */
export const withoutEnd = (text: string, char: string): string => {
  let end = text.length
  while (end > 0 && text[end - 1] === char) end--
  return text.slice(0, end)
}

/** The text up to its last blank. */
export const withoutLastWord = (text: string): string => {
  let end = text.length
  while (end > 0 && text.slice(end - 1, end).trim() !== "") end--
  return text.slice(0, end)
}

/** The text before the first `sign`; all of it if there is none. */
export const before = (text: string, sign: string): string => {
  const at = text.indexOf(sign)
  return at === -1 ? text : text.slice(0, at)
}
