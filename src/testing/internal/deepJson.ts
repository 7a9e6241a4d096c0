const maxDepth = 500

/** Whether JSON has more levels than any request needs. What reads it goes down by calls. */
export const isDeep = (text: string): boolean => {
  let depth = 0
  let isText = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) isText = !isText
    else if (isText) at += code === backslash ? 1 : 0
    else if (code === openObject || code === openArray) {
      if (++depth > maxDepth) return true
    } else if (code === closeObject || code === closeArray) depth--
  }
  return false
}

const [quote, backslash, openObject, closeObject, openArray, closeArray] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d]
