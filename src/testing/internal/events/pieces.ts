/** The words of a text with the space before them: joined, they are the text. */
export const pieces = (text: string): ReadonlyArray<string> =>
  text.match(/\s*\S+|\s+$/gu) ?? (text === "" ? [] : [text])
