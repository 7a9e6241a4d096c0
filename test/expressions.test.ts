import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createContext, runInContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ts } from "ts-morph"
import { parseWide } from "../src/coze/internal/wideNumbers.ts"
import { readInputs } from "../src/internal/bulk/readInputs.ts"
import { makeScrub } from "../src/internal/errors/redact.ts"
import { makeJsonSeriesParser } from "../src/internal/json/patternParser.ts"
import { adversarialTexts } from "./support/adversarialTexts.ts"

const folder = join(import.meta.dirname, "../src")

/** The regular expressions of the library by where they stand, and the files that make one at run time. */
const expressions = new Map<string, string>()
const makers = new Set<string>()
for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith(".ts")) continue
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node) && !expressions.has(node.text)) expressions.set(node.text, file)
    if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText(source) === "RegExp") {
      makers.add(file)
    }
    ts.forEachChild(node, visit)
  }
  const source = ts.createSourceFile(file, readFileSync(join(folder, file), "utf8"), ts.ScriptTarget.Latest)
  visit(source)
}

const context = createContext({ text: "", expression: /a/ })

/** The milliseconds that an expression takes for a text. An engine does not look at the clock: it has to be stopped. */
const timeOf = (expression: RegExp, text: string, limit: number): number => {
  Object.assign(context, { text, expression })
  const start = performance.now()
  try {
    runInContext("text.replace(expression, '')", context, { timeout: limit })
  } catch {
    return Infinity
  }
  return performance.now() - start
}

const shown = (text: string): string => JSON.stringify(`${text.slice(0, 40)}…${text.slice(-10)}`)

/** The time that an expression takes if nothing else runs: a single measurement can be that of another process. */
const leastTimeOf = (expression: RegExp, text: string, limit: number): number => {
  const time = timeOf(expression, text, limit)
  return time < 2 ? time : Math.min(time, timeOf(expression, text, limit))
}

/** A text for which an expression takes longer than work in proportion to the text does, on a busy machine, too. */
const slowText = (expression: RegExp): string | undefined => {
  const times = adversarialTexts(expression, 16_384).map((text) => leastTimeOf(expression, text, 80))
  const [slowest, second] = [...times.keys()].sort((a, b) => (times[b] ?? 0) - (times[a] ?? 0))
  // Of sixteen times the length, a linear expression needs some milliseconds, a quadratic one many seconds.
  const long = adversarialTexts(expression, 262_144)
  return [slowest, second]
    .map((index) => (index === undefined ? undefined : long[index]))
    .find((text) => text !== undefined && leastTimeOf(expression, text, 1000) > 1000)
}

describe("a regular expression", () => {
  it("is found in the sources", () => {
    assert.isAbove(expressions.size, 200)
  })

  it("is made at run time only where a test of its own attacks it", () => {
    assert.deepStrictEqual([...makers], ["internal/errors/secretFinder.ts"])
  })

  for (const [literal, file] of expressions) {
    it(`takes time in proportion to the text: ${literal} in ${file}`, () => {
      const end = literal.lastIndexOf("/")
      const expression = new RegExp(literal.slice(1, end), literal.slice(end + 1))
      const slow = slowText(expression)
      assert.isUndefined(slow && shown(slow))
    })
  }
})

/** Whether work takes no more time than a text of a megabyte needs on a busy machine. */
const isQuick = (work: () => unknown, limit = 3000): boolean => {
  const timed = (): number => {
    const start = performance.now()
    work()
    return performance.now() - start
  }
  return timed() < limit || timed() < limit
}

describe("the search for secrets", () => {
  const secrets = ["aaaaaaaaaaaa", "ab/ab+ab=ab&ab%ab", "%25%25%25%25", "&amp;&amp;"]
  for (const part of [
    "a",
    "ab",
    "\\",
    "\\\\u0061",
    "%",
    "%25",
    "%2525",
    "&amp;",
    "&#x61;",
    "=",
    "ab/",
    '\\"',
    "sk-",
    "Bearer "
  ]) {
    it(`takes time in proportion to a text of ${JSON.stringify(part)}`, () => {
      const scrub = makeScrub({ values: secrets, credentials: ["a", "%"] })
      assert.isTrue(isQuick(() => scrub(part.repeat(1_048_576 / part.length))))
    })
  }
})

describe("the pattern of a series", () => {
  it("takes time in proportion to the text", () => {
    const read = makeJsonSeriesParser()
    const event = (text: string) => `{"a":"${text}","b":1,"c":"${text}","d":["${text}"]}`
    for (let count = 0; count < 700; count++) read(event(`text ${count}`))
    for (const part of ["a", "\\n", "\\\\", '"', '","', "1", "}"]) {
      const text = event(part.repeat(300_000 / part.length))
      assert.isTrue(
        isQuick(() => {
          try {
            read(text)
          } catch {
            // Not JSON.
          }
        })
      )
    }
  })
})

describe("the reader of a job's inputs", () => {
  for (const format of ["csv", "jsonl"] as const) {
    for (const part of ['"', '""', '",', ",", '"\n', 'a"\n', "\n", "\r", '"a"b', "[", '{"a":', "{{a}}", "é"]) {
      it(`takes time in proportion to ${format} of ${JSON.stringify(part)}`, () => {
        const bytes = new TextEncoder().encode(`custom_id,text\n${part.repeat(131_072 / part.length)}`)
        const pieces = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, at) =>
          bytes.subarray(at * 4096, (at + 1) * 4096)
        )
        const read = readInputs(Stream.fromArray(pieces), { format, onReject: () => Effect.void, maxLength: 65_536 })
        assert.isTrue(isQuick(() => Effect.runSync(Stream.runDrain(read)), 8000))
      })
    }
  }
})

describe("JSON with wide numbers", () => {
  it("keeps a text longer than the stack of the engine has room for", () => {
    const long = "a".repeat(20_000_000)
    assert.deepStrictEqual(parseWide(`{"id":12345678901234567890,"text":"${long}"}`), {
      id: "12345678901234567890",
      text: long
    })
  })

  it("leaves numbers in texts and narrow numbers as they are", () => {
    const text = String.raw`[12345678901234567890, "\\", "1234567890123456789\"", "\\\"1234567890123456789", 1234567890123456, 1.5e300]`
    assert.deepStrictEqual(parseWide(text), [
      "12345678901234567890",
      "\\",
      '1234567890123456789"',
      '\\"1234567890123456789',
      1234567890123456,
      1.5e300
    ])
  })
})

describe("the search for hard texts", () => {
  for (const expression of [
    /=+$/,
    /\s*\n\s*/g,
    /^(a+)+$/,
    /^\w+\s*;?\s*$/,
    /<a[^>]*>/,
    /\beyJ[\w-]{8,}\.x/g,
    /"(?:[^"\\]|\\.)*"/g,
    /\B(?=(\d{3})+$)/g
  ]) {
    it(`finds one for ${String(expression)}`, () => {
      assert.isDefined(slowText(expression))
    })
  }
})
