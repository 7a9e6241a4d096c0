import type { Notes } from "../Type.ts"

/** Returns a doc comment with what the type itself does not say, or an empty text. */
export const docComment = ({ deprecated, notes = [] }: Notes, indent = ""): string => {
  const lines = [...(notes.length > 0 ? [notes.join(" ")] : []), ...(deprecated === true ? ["@deprecated"] : [])]
  return comment(lines, indent)
}

export const comment = (lines: ReadonlyArray<string>, indent = ""): string => {
  const [only] = lines
  if (only === undefined) return ""
  return lines.length === 1
    ? `${indent}/** ${only} */\n`
    : `${[`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join("\n")}\n`
}
