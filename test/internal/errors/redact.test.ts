import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import {
  makeScrub,
  type Scrub,
  scrubbedStart,
  scrubError,
  secretsInHeaders,
  secretsInUrl,
  visible
} from "../../../src/internal/errors/redact.ts"

const placeholder = "<redacted>"

/** A secret that shares no text with what is around it. */
const secret = fc.string({ unit: fc.constantFrom(..."§$%&/=+ \"'\\!~é€😀*()<>xyz789"), minLength: 8, maxLength: 40 })
const around = fc.string({ unit: fc.constantFrom(..."abc 123"), maxLength: 20 })

const plainSecret = (text: string): Scrub => makeScrub({ values: [text], credentials: [] })
const json = (text: string): string => JSON.stringify(text).slice(1, -1)
const upper = (text: string): string => encodeURIComponent(text)
const entities = (text: string, write: (code: number) => string): string =>
  Array.from(text, (char) => (/\w/.test(char) ? char : write(char.codePointAt(0) ?? 0))).join("")

/** How servers, proxies and loggers write a text. */
const encodings: { readonly [name: string]: (text: string) => string } = {
  plain: (text) => text,
  "percent-encoding": upper,
  "percent-encoding in lower case": (text) => upper(text).replace(/%../g, (code) => code.toLowerCase()),
  "percent-encoding, twice": (text) => upper(upper(text)),
  "a form": (text) => new URLSearchParams({ "": text }).toString().slice(1),
  JSON: json,
  "JSON with escaped slashes": (text) => json(text).replaceAll("/", "\\/"),
  "JSON in ASCII": (text) =>
    json(text).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  "JSON in JSON": (text) => json(json(text)),
  "JSON in percent-encoding": (text) => upper(json(text)),
  "HTML entities": (text) =>
    text.replace(/[&<>"']/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char] ?? "&#39;"),
  "decimal entities": (text) => entities(text, (code) => `&#${code};`),
  "hexadecimal entities": (text) => entities(text, (code) => `&#x${code.toString(16)};`)
}

const base64 = (text: string): string => Buffer.from(text).toString("base64")

describe("makeScrub", () => {
  for (const [name, write] of Object.entries(encodings)) {
    it(`leaves no secret in ${name}`, () => {
      fc.assert(
        fc.property(secret, around, around, (secret, before, after) => {
          assert.strictEqual(
            plainSecret(secret)(`${before}${write(secret)}${after}`),
            `${before}${placeholder}${after}`
          )
        })
      )
    })
  }

  it("leaves no secret in base64, whatever stands before it there, as the user of basic authentication does", () => {
    fc.assert(
      fc.property(secret, fc.string({ maxLength: 7 }), (secret, user) => {
        for (const text of [base64(`${user}:${secret}`), Buffer.from(`${user}${secret}`).toString("base64url")]) {
          const seen = plainSecret(secret)(`Basic ${text}`)
          assert.include(seen, placeholder)
          assert.notInclude(
            Buffer.from(seen.replace("Basic ", "").replace(placeholder, ""), "base64").toString(),
            secret
          )
        }
      })
    )
  })

  it("takes a secret out as a whole that contains another one", () => {
    const scrub = makeScrub({ values: ["secret", "my-secret-key"], credentials: [] })
    assert.strictEqual(scrub("a my-secret-key b"), `a ${placeholder} b`)
  })

  it("takes out both of two secrets that overlap", () => {
    const scrub = makeScrub({ values: ["my-secret-key", "key-of-mine"], credentials: [] })
    assert.strictEqual(scrub("a my-secret-key-of-mine b"), `a ${placeholder} b`)
  })

  it("leaves a text alone that holds none", () => {
    assert.strictEqual(makeScrub({ values: ["my-secret-key"], credentials: [] })("a 12345 b%20c"), "a 12345 b%20c")
  })

  it("leaves values alone that are too short to be one", () => {
    assert.strictEqual(makeScrub({ values: ["a", "", "12345"], credentials: [""] })("a 12345"), "a 12345")
  })

  it("takes a short credential out if it stands alone", () => {
    const scrub = makeScrub({ values: [], credentials: ["key", "$1.*", "", "t-0"] })
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
      assert.strictEqual(plainSecret("")(`got ${text}.`), `got ${placeholder}`)
    })
  }

  it("takes time in proportion to the text, whatever it repeats", () => {
    const scrub = makeScrub({ values: ["aaaaaaaaaaaaaaaaaaaaaaaa/b", "%%%%%%%%%%"], credentials: ["key"] })
    for (const unit of ["a", "\\", "%25", "&", "&#", "Bearer ", "key", "%", "sk-ant-", "\\u002"]) {
      const start = performance.now()
      scrub(unit.repeat(1_000_000 / unit.length))
      assert.isBelow(performance.now() - start, 3000, unit)
    }
  })
})

describe("scrubbedStart", () => {
  it("shows no part of a secret, wherever the text is cut", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2200 }), fc.nat({ max: 30 }), (at, times) => {
        const key = "0123456789-abcdefghij-KLMNOPQRST"
        const text = `${`${key} `.repeat(times)}${"x".repeat(at)} ${key} ${"y".repeat(30_000)}`
        const seen = scrubbedStart(text, 2000, plainSecret(key))
        assert.isAtMost(seen.length, 2000)
        assert.notMatch(seen, /0123|KLMN/)
      })
    )
  })
})

describe("visible", () => {
  it("escapes only what a terminal would obey", () => {
    assert.strictEqual(visible("a\u001b[2J\0\u202eb\n\tnaïve 🙂"), "a\\u001b[2J\\u0000\\u202eb\n\tnaïve 🙂")
  })
})

describe("scrubError", () => {
  const scrub = plainSecret("s3cr3t-value")

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

describe("the secrets of headers", () => {
  it("are the values of cookies, too, as they are and decoded", () => {
    const found = secretsInHeaders({ cookie: "theme=darkness; session=a%2Fb%3D0123456789" })
    assert.includeMembers([...found], ["a%2Fb%3D0123456789", "a/b=0123456789"])
    assert.notInclude(found, "darkness")
  })

  it("are the values of parameters that can be a key", () => {
    const found = secretsInHeaders({ authorization: 'OAuth realm="calls", token="abcdef0123456789", n=1' })
    assert.include(found, "abcdef0123456789")
    assert.notInclude(found, "calls")
    assert.notInclude(found, "1")
  })
})
