/** The examples do what they say, without keys. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("..", import.meta.url))

/** Returns what an example prints without any of the user's variables. */
const outputOf = async (name: string, input = ""): Promise<ReadonlyArray<string>> => {
  const run = promisify(execFile)(process.execPath, ["scripts/run.mjs", `examples/${name}.ts`], {
    cwd: root,
    env: { PATH: process.env["PATH"] }
  })
  run.child.stdin?.end(input)
  const { stdout } = await run
  return stdout.trim().split("\n")
}

describe("the example", () => {
  for (const [name, ...lines] of [
    ["streaming", "= Once upon a time there was a stream.", "! StreamTruncatedError, but we have: Once upon a time"],
    ["structured", "Toast: 1 steps, 3 minutes", "The model said: I would rather not."],
    [
      "polling",
      "completed (100 %)",
      "the batch is cancelled",
      "The state that batches.retrieve gives is not final in time"
    ],
    ["usage", "gpt-5.4-mini: 2 calls, 10 in (0 cached), 4 out", "$0.000731"],
    ["webhooks", "wh_1: response resp_1 is complete", "  answered 400"],
    ["embeddings", "5 vectors, 28 tokens", "0.53  the cat sat on the mat"],
    ["uploads", "uploaded large.jsonl", '9890 bytes saved, the last line of which is {"n":999}'],
    ["batch", "Atlantis: There is no such place (errored)", "Busytown: Busytown is a place."],
    ["tools", "— stopped, and resumed —", "done: Ada has her money. Bob I could not help."],
    ["session", "= Let me look.", 'read_file({"path":"a.txt"})?', "idle: requires_action, 8 tokens out"],
    ["resumable", "(the connection broke; on after event 9)", "= Once upon a time there was a cable."],
    ["server", "left after: Once upon a", "requests that the provider is still answering: 0"],
    ["repl", 'weather({"city":"Paris"})', "It is 20 degrees warm in Paris."]
  ] as const) {
    it(`${name} runs to its end`, async () => {
      expect(await outputOf(name)).toEqual(expect.arrayContaining([...lines]))
    })
  }

  it("repl takes its lines from a pipe", async () => {
    const output = await outputOf("repl", "Is it warm in Paris?\nAnd now?\n")
    expect(output[0]).toBe("> Is it warm in Paris?")
    expect(output).toContain("> And now?")
  })
})
