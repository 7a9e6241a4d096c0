import type { JSDocableNode } from "ts-morph"
import type { Notes, Type } from "../Type.ts"

/** Returns the text of a doc comment, including its tags. */
export const commentOf = (node: JSDocableNode): string =>
  node
    .getJsDocs()
    .map((doc) => doc.getInnerText())
    .join("\n")

interface Rule {
  readonly pattern: RegExp
  readonly for?: "number" | "string" | "array"
  /** If the comment also says this, the fact is not about the whole value. */
  readonly unless?: RegExp
  readonly note: (match: RegExpMatchArray) => string
}

const number = String.raw`(-?\d[\d,]*(?:\.\d+)?)`

const limit = (what: string): RegExp =>
  new RegExp(
    `\\b(?:up to|maximum(?: length)?(?: of| is)?|at most|limited to) (?:\\*\\*|\`)?${number}(?:\\*\\*|\`)? (?:${what})\\b`,
    "i"
  )

/** Facts that a comment can state and a type cannot. Each is restated in our own words. */
const rules: ReadonlyArray<Rule> = [
  {
    pattern: /unix (?:epoch )?timestamp[^.]*\bmilliseconds\b/i,
    for: "number",
    note: () => "Unix time in milliseconds."
  },
  { pattern: /unix (?:epoch )?(?:timestamp|time|seconds)/i, for: "number", note: () => "Unix time in seconds." },
  { pattern: /\b(?:RFC ?3339|ISO[ -]?8601)\b/i, for: "string", note: () => "RFC 3339 date and time." },
  { pattern: /\bYYYY-MM-DD\b/, for: "string", note: () => "A date, YYYY-MM-DD." },
  {
    pattern: /\bin (bytes|milliseconds|seconds|minutes|hours|days|cents|pixels|hertz)\b/i,
    for: "number",
    note: ([, unit]) => `In ${unit?.toLowerCase()}.`
  },
  { pattern: /\bbase-?64[- ]encoded\b/i, unless: /\bURLs?\b|\bor\b/i, for: "string", note: () => "Base64." },
  {
    pattern: new RegExp(`\\bbetween \`?${number}\`? and \`?${number}(?![\\w-])`, "i"),
    for: "number",
    note: ([, low, high]) => `From ${low} to ${high}.`
  },
  {
    pattern: limit("characters"),
    unless: /\bkeys?\b/i,
    for: "string",
    note: ([, most]) => `At most ${most} characters.`
  },
  {
    pattern: limit("items|elements|entries|files|objects"),
    unless: /\bkeys?\b/i,
    for: "array",
    note: ([, most]) => `At most ${most} items.`
  },
  { pattern: /\bdefaults? (?:to|is|value is) `([^`\n]{1,40})`/i, note: ([, value]) => `Default: \`${value}\`.` },
  {
    pattern: new RegExp(`\\bdefaults? (?:to|is) ${number}(?=[\\s.,;)]|$)`, "i"),
    note: ([, value]) => `Default: ${value?.replace(/[.,]$/, "")}.`
  }
]

/** A parameter's comment starts with its place, so the word follows it instead of a tag. */
const deprecation = /@deprecated\b|^\s*(?:\w+ param: )?Deprecated[:.]/

const holds = (type: Type, kind: Type["kind"]): boolean =>
  type.kind === kind || (type.kind === "union" && type.members.some((member) => holds(member, kind)))

/** Returns what a comment says about a value of the given type. */
export const notesOf = (comment: string, type?: Type): Notes => {
  const text = comment.replace(/\s+/g, " ")
  const found = rules.flatMap((rule) => {
    if (rule.for !== undefined && (type === undefined || !holds(type, rule.for))) return []
    if (rule.unless?.test(text)) return []
    const match = text.match(rule.pattern)
    return match === null ? [] : [rule.note(match)]
  })
  const notes = dropWeaker([...new Set(found)])
  return {
    ...(notes.length > 0 ? { notes } : {}),
    ...(deprecation.test(comment) ? { deprecated: true } : {})
  }
}

/** Drops a unit next to "Unix time", and every default after the first, which is the field's own. */
const dropWeaker = (notes: ReadonlyArray<string>): ReadonlyArray<string> => {
  const isUnix = notes.some((note) => note.startsWith("Unix time"))
  const firstOf = (prefix: string) => notes.find((note) => note.startsWith(prefix))
  return notes.filter(
    (note) =>
      !(isUnix && note.startsWith("In ")) &&
      !(note.startsWith("Unix time") && note !== firstOf("Unix time")) &&
      !(note.startsWith("Default:") && note !== firstOf("Default:"))
  )
}
