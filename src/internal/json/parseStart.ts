/** Parses JSON whose end may be missing. */
import { parseJson } from "./json.ts"

/**
 * Returns the value of a text. If the text breaks off, open strings, lists and objects end with it. Returns `undefined`
 * if it is not JSON.
 */
export const parseStart = (text: string): unknown => {
  const whole = parseJson(text)
  if (whole !== undefined || !/^\s*[{[]/.test(text)) return whole
  const { closers, lastComma } = scan(text, text.length)
  const closed = parseJson(text + closers)
  if (closed !== undefined || lastComma === -1) return closed
  // The last part cannot be completed: a name without a value, say.
  return parseJson(text.slice(0, lastComma) + scan(text, lastComma).closers)
}

/** The open containers at a position, and the last comma between values before it. */
const scan = (text: string, end: number): { readonly closers: string; readonly lastComma: number } => {
  const open: Array<string> = []
  let isText = false
  let lastComma = -1
  for (let index = 0; index < end; index++) {
    const char = text[index]
    if (isText) {
      if (char === "\\") index++
      else if (char === '"') isText = false
    } else if (char === '"') isText = true
    else if (char === "{") open.push("}")
    else if (char === "[") open.push("]")
    else if (char === "}" || char === "]") open.pop()
    else if (char === ",") lastComma = index
  }
  return { closers: `${isText ? '"' : ""}${open.reverse().join("")}`, lastComma }
}
