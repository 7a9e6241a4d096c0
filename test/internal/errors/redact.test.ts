import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { makeScrubber, scrubError, secretsInUrl } from "../../../src/internal/errors/redact.ts"

const placeholder = "<redacted>"

/** A secret that shares no text with what is around it. */
const secret = fc.string({ unit: fc.constantFrom(..."§$%&/=+ \"'\\!~é€*()"), minLength: 6, maxLength: 20 })
const around = fc.string({ unit: fc.constantFrom(..."abc 123"), maxLength: 20 })

describe("makeScrubber", () => {
  it("leaves no secret in a text, a URL, a form or JSON", () => {
    fc.assert(
      fc.property(secret, around, around, (secret, before, after) => {
        const { scrub } = makeScrubber([secret])
        for (const form of [
          secret,
          encodeURIComponent(secret),
          new URLSearchParams({ "": secret }).toString().slice(1),
          JSON.stringify(secret).slice(1, -1)
        ]) {
          assert.strictEqual(scrub(`${before}${form}${after}`), `${before}${placeholder}${after}`)
        }
      })
    )
  })

  it("takes a secret out that contains another one as a whole", () => {
    const { scrub } = makeScrubber(["secret", "my-secret-key"])
    assert.strictEqual(scrub("a my-secret-key b"), `a ${placeholder} b`)
  })

  it("leaves texts alone that hold none, and secrets that are too short to be one", () => {
    const { scrub } = makeScrubber(["a", "", "12345"])
    assert.strictEqual(scrub("a 12345 b"), "a 12345 b")
  })

  it("takes a short credential out where it stands alone", () => {
    const { learn, scrub } = makeScrubber([], ["key", "$1.*", ""])
    learn("t-0")
    assert.strictEqual(
      scrub("key=key, monkeys on a keyboard, $1.* and (t-0) but not t-01"),
      `${placeholder}=${placeholder}, monkeys on a keyboard, ${placeholder} and (${placeholder}) but not t-01`
    )
  })

  for (const text of [
    "sk-proj-abcdefghijklmnop",
    "sk-ant-api03-abcdefghijkl",
    "pat_abcdefghijklmnop",
    "Bearer abcdefghijklmnop"
  ]) {
    it(`takes out what looks like a key: ${text.slice(0, 8)}…`, () => {
      assert.strictEqual(makeScrubber([]).scrub(`got ${text}.`), `got ${placeholder}`)
    })
  }

  it("learns secrets that are used later, and forgets the oldest of many", () => {
    const { learn, scrub } = makeScrubber([])
    learn("the-first-one")
    assert.strictEqual(scrub("the-first-one"), placeholder)
    for (let index = 0; index < 100; index++) learn(`number-${index}-of-many`)
    assert.strictEqual(scrub("the-first-one"), "the-first-one")
    assert.strictEqual(scrub("number-99-of-many"), placeholder)
  })
})

describe("scrubError", () => {
  const { scrub } = makeScrubber(["s3cr3t-value"])

  it("takes secrets out of the message, the stack and all properties, keys included", () => {
    const error = Object.assign(new Error("bad s3cr3t-value"), {
      raw: { list: ["s3cr3t-value", 1, null], "s3cr3t-value": { toJSON: () => ({ inner: "s3cr3t-value" }) } }
    })
    scrubError(error, scrub)
    assert.strictEqual(error.message, `bad ${placeholder}`)
    assert.notInclude(error.stack, "s3cr3t-value")
    assert.deepStrictEqual<unknown>(error.raw, {
      list: [placeholder, 1, null],
      [placeholder]: { inner: placeholder }
    })
  })

  it("keeps values that hold none as they are", () => {
    const raw = { list: [{ a: 1 }], at: new Date(0) }
    const error = Object.assign(new Error("fine"), { raw })
    scrubError(error, scrub)
    assert.strictEqual(error.raw, raw)
  })
})

describe("secretsInUrl", () => {
  for (const [url, secrets] of [
    ["https://api.test/v1?key=abc&api-version=2026-01-01", ["abc"]],
    ["https://gateway.test/v1/8f14e45fceea167a5a36dedd4bea2543/openai", ["8f14e45fceea167a5a36dedd4bea2543"]],
    ["https://gateway.test/k3y-4Ab9_zq71Lm02xQ8wE/v1", ["k3y-4Ab9_zq71Lm02xQ8wE"]],
    ["https://api.test/openai/deployments/my-gpt-4-deployment-2026/v1", []],
    ["https://api.test/v1/projects/a-long-project-name_12345/locations/us-central1", []],
    ["no url", []]
  ] as const) {
    it(`finds ${secrets.length} in ${url}`, () => assert.deepStrictEqual(secretsInUrl(url), secrets))
  }
})
