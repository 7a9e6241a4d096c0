import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { describe, it } from "vitest"
import { demoServer } from "../examples/support/demoServer.ts"

const root = fileURLToPath(new URL("..", import.meta.url))

interface Result {
  readonly code: number
  readonly stdout: string
}

/** `npm run demo` with these variables and none of the user's. */
const runDemo = (variables: { readonly [name: string]: string }): Promise<Result> =>
  promisify(execFile)(process.execPath, ["scripts/run.mjs", "examples/demo.ts"], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...variables }
  }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { readonly code: number; readonly stdout: string }) => ({ code: error.code, stdout: error.stdout })
  )

/** The parts of the output that belong to the providers, without the line breaks that depend on the width. */
const sectionsOf = (stdout: string): ReadonlyArray<string> =>
  stdout
    .split("\n\n")
    .filter((section) => /^(OpenAI|Anthropic|Coze) {2}\S/.test(section))
    .map((section) => section.replace(/\s+/g, " "))

describe.concurrent("npm run demo", () => {
  it("shows every scene with every provider when nothing is configured", async ({ expect }) => {
    const { code, stdout } = await runDemo({})
    const sections = sectionsOf(stdout)
    expect(sections.map((section) => section.split(" ")[0])).toEqual(["OpenAI", "Anthropic", "Coze"])
    for (const section of sections) {
      expect(section).toMatch(/chat Effect is a .* \d+ tokens in, \d+ out/)
      expect(section).toMatch(/stream A stream hands .* first text after \d+ ms/)
      expect(section).toMatch(/pages page 1: .* page 2: /)
      expect(section).toMatch(/error NotFoundError: .* caught by its reason/)
      expect(section).toMatch(/retry try 1: HTTP 429, which asks to wait 1 s try 2: HTTP 200 page 1: /)
      expect(section).toMatch(/drop Once there .* StreamTruncatedError: The stream broke .* \d+ events/)
    }
    expect(code).toBe(0)
  }, 60_000)

  it("calls the API whose key is set", async ({ expect }) => {
    const { code, stdout } = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(demoServer, ({ openai }) =>
          Effect.promise(() => runDemo({ OPENAI_API_KEY: "a-key", OPENAI_BASE_URL: openai }))
        )
      ).pipe(Effect.provide(FetchHttpClient.layer))
    )
    expect(sectionsOf(stdout)[0]).toMatch(/^OpenAI gpt-5.4-mini, the real API chat Effect is a /)
    expect(code).toBe(0)
  }, 60_000)

  it("says what is missing, goes on with the other providers, and fails", async ({ expect }) => {
    const { code, stdout } = await runDemo({ COZE_API_TOKEN: "a-token", COZE_BOT_ID: "1" })
    const [openai, , coze] = sectionsOf(stdout)
    expect(openai).toMatch(/chat Effect is a /)
    expect(coze).toMatch(/setup not configured: no platform: set COZE_PLATFORM/)
    expect(code).toBe(1)
  }, 60_000)
})
