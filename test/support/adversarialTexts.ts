/**
 * Texts that make a regular expression work hard: what each of its repetitions repeats, again and again, after what leads
 * there and before what makes the match fail.
 */

/** Part of an expression. */
type Node =
  /** One character of a class. */
  | { readonly type: "char"; readonly members: ReadonlyArray<string> }
  | { readonly type: "choice"; readonly options: ReadonlyArray<ReadonlyArray<Node>>; readonly isAssertion: boolean }
  | { readonly type: "repeat"; readonly body: Node; readonly min: number; readonly max: number }

/** Characters to choose the members of a class from. */
const candidates = Array.from(" \n\t\raAfZz09_-.,:;/\\\"'<>[]{}()=+*&%#@!?|$^~`\u0001é\u2028")

/** Texts that are as long as `size`, or a little longer. */
export const adversarialTexts = (expression: RegExp, size: number): ReadonlyArray<string> => {
  const nodes = parse(expression)
  const pumps = new Set<string>()
  const attacks = new Set<string>()
  const tails = ["", "\u0001", "\n\u0001"]
  for (const { before, pump } of repetitions(nodes, "")) {
    pumps.add(pump)
    for (const tail of tails) attacks.add(repeated(before, pump, size) + tail)
  }
  // Each way in, again and again: an expression that is not anchored begins at every one of them.
  const ways = [...starts(nodes, "")]
  for (const start of ways) pumps.add(start)
  for (const pump of pumps) for (const tail of tails) attacks.add(repeated("", pump, size) + tail)
  const short = [...pumps].filter((pump) => pump.length < 4).slice(0, 6)
  for (const one of [...short, ...ways.slice(0, 8)])
    for (const other of short) attacks.add(repeated("", one + other, size))
  return [...attacks]
}

const repeated = (before: string, pump: string, size: number): string =>
  before + pump.repeat(Math.ceil(size / pump.length))

/** The shortest text that a sequence matches, or one close to it. `member` says which of the characters of classes. */
const sampleOf = (nodes: ReadonlyArray<Node>, member = 0): string =>
  nodes.map((node) => sampleOfNode(node, member)).join("")

const sampleOfNode = (node: Node, member = 0): string => {
  switch (node.type) {
    case "char":
      return node.members[member % node.members.length] ?? ""
    case "choice":
      return node.isAssertion ? "" : sampleOf(node.options[0] ?? [], member)
    case "repeat":
      return sampleOfNode(node.body, member).repeat(Math.min(node.min, 1000))
  }
}

/** What each repetition repeats, after a text that leads to it. */
function* repetitions(
  nodes: ReadonlyArray<Node>,
  before: string
): Generator<{ readonly before: string; readonly pump: string }> {
  let start = before
  for (const node of nodes) {
    yield* repetitionsIn(node, start)
    start += sampleOfNode(node)
  }
}

function* repetitionsIn(node: Node, before: string): Generator<{ readonly before: string; readonly pump: string }> {
  if (node.type === "choice") for (const option of node.options) yield* repetitions(option, before)
  if (node.type !== "repeat") return
  yield* repetitionsIn(node.body, before)
  if (node.max < 10) return
  for (const pump of variants(node.body)) if (pump !== "") yield { before, pump }
}

/** The ways a node can match. */
const variants = (node: Node): ReadonlyArray<string> => {
  if (node.type === "char") return node.members.slice(0, 3)
  if (node.type === "choice") {
    return node.options.flatMap((option) => [0, 1, 2, 3, 4].map((member) => sampleOf(option, member) || long(option)))
  }
  return [sampleOfNode(node) || variants(node.body)[0] || ""]
}

/** A text for a sequence that may be empty, with each repetition once. */
const long = (nodes: ReadonlyArray<Node>): string =>
  nodes.map((node) => (node.type === "repeat" ? sampleOfNode(node.body) : sampleOfNode(node))).join("")

/** What each beginning of a sequence matches, and each part of it. */
function* starts(nodes: ReadonlyArray<Node>, before: string): Generator<string> {
  let start = before
  for (const node of nodes) {
    if (node.type === "choice") for (const option of node.options) yield* starts(option, start)
    const own = sampleOfNode(node) || long([node])
    if (own !== "") yield own
    start += own
    if (start !== "" && start !== own) yield start
  }
}

/** Reads an expression. Assertions such as `^` and `\b` match nothing and are left out. */
const parse = (expression: RegExp): ReadonlyArray<Node> => {
  const { flags, source } = expression
  const own = flags.replace(/[gy]/g, "")
  let at = 0

  // What is written in the expression is what its parts begin and end with.
  const [written, others] = [true, false].map((is) => candidates.filter((char) => source.includes(char) === is))
  const ordered = [...(written ?? []), ...(others ?? [])]

  const char = (text: string): Node => {
    const one = new RegExp(`^${text}$`, own)
    const members = ordered.filter((candidate) => one.test(candidate))
    return { type: "char", members: members.length > 0 ? members : [unescaped(text)] }
  }

  const choice = (): Node => {
    const options: Array<Array<Node>> = [[]]
    let isAssertion = false
    if (source.startsWith("?:", at)) at += 2
    else if (source[at] === "?") {
      isAssertion = true
      at += source[at + 1] === "<" ? 3 : 2
    }
    while (at < source.length && source[at] !== ")") {
      if (source[at] === "|") {
        at++
        options.push([])
        continue
      }
      const node = item()
      if (node !== undefined) options.at(-1)?.push(node)
    }
    at++
    return { type: "choice", options, isAssertion }
  }

  const item = (): Node | undefined => {
    const node = atom()
    const [quantifier = "", least, comma, most] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at)) ?? []
    if (quantifier === "") return node
    at += quantifier.length
    if (node === undefined) return undefined
    const sign = quantifier[0]
    const min = sign === "{" ? Number(least) : sign === "+" ? 1 : 0
    const max = sign === "?" ? 1 : sign !== "{" ? Infinity : comma === "" ? min : most === "" ? Infinity : Number(most)
    return { type: "repeat", body: node, min, max }
  }

  const atom = (): Node | undefined => {
    const start = at++
    switch (source[start]) {
      case "(":
        return choice()
      case "^":
      case "$":
        return undefined
      case "[": {
        if (source[at] === "^") at++
        while (source[at] !== "]") at += source[at] === "\\" ? 2 : 1
        at++
        break
      }
      case "\\": {
        const [escape = ""] = /^\\(?:u[\da-f]{4}|x[\da-f]{2}|p\{\w+\}|[\s\S])/i.exec(source.slice(start)) ?? []
        at = start + escape.length
        if (/^\\b$/i.test(escape)) return undefined
      }
    }
    return char(source.slice(start, at))
  }

  const options = choice()
  return [options]
}

const unescaped = (text: string): string => text.replace(/^\\/, "")
