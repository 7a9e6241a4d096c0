/**
 * Returns where a string of JSON ends that begins with the quote at `start`: after its closing quote, or at the end of the
 * text. An expression for strings needs the engine's stack for each character, which does not have room for a long one.
 */
export const stringEnd = (text: string, start: number): number => {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let first = quote
    while (text[first - 1] === "\\") first--
    if ((quote - first) % 2 === 0) return quote + 1
  }
  return text.length
}
