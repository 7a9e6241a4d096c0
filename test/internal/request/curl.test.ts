import { execFileSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { rememberBody, toCurl } from "../../../src/internal/request/curl.ts"

/** Runs a command under bash, with a `curl` that prints its arguments, one to a NUL. */
const argumentsOf = (command: string): ReadonlyArray<string> =>
  execFileSync("bash", ["--noprofile", "--norc", "-c", `curl() { printf '%s\\0' "$@"; }\n${command}`], {
    encoding: "utf8",
    env: {},
    stdio: ["ignore", "pipe", "ignore"]
  })
    .split("\0")
    .slice(0, -1)

const hostile = fc.oneof(
  fc.constantFrom(
    "'; touch /tmp/x; '",
    "$(id)",
    "`id`",
    "\\'",
    "@/etc/passwd",
    "-o/x",
    "!!",
    "a\nb",
    '"$HOME"',
    "~",
    "*"
  ),
  fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""))
)

describe("a command for a shell", () => {
  it("passes on what the request is made of, and runs nothing of it", () => {
    fc.assert(
      fc.property(
        hostile,
        hostile,
        fc.dictionary(hostile, hostile, { maxKeys: 3 }),
        hostile,
        (method, url, headers, body) => {
          const request = { method, url, headers }
          rememberBody(request, () => body)
          const lines = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`])
          assert.deepStrictEqual(argumentsOf(toCurl(request)), [
            "--globoff",
            "-X",
            method,
            "--url",
            url,
            ...lines,
            "--data-raw",
            body
          ])
        }
      ),
      { numRuns: 60 }
    )
  })
})
