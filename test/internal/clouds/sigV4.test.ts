import { describe, expect, it } from "vitest"
import { amzDate, makeSigner, sha256 } from "../../../src/internal/clouds/sigV4.ts"

/** The published example identity, with the published signatures for it. */
const keys = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
}
const sign = makeSigner({ region: "us-east-1", service: "service" })
const date = "20150830T123600Z"
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const stsToken =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="

interface Vector {
  readonly name: string
  readonly target: string
  readonly method?: string
  readonly headers?: ReadonlyArray<readonly [string, string]>
  readonly body?: string
  readonly signature: string
}

const vectors: ReadonlyArray<Vector> = [
  {
    name: "get-vanilla",
    target: "/",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
  },
  {
    name: "get-vanilla-empty-query-key",
    target: "/?Param1=value1",
    signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"
  },
  {
    name: "get-vanilla-query-order-key-case",
    target: "/?Param2=value2&Param1=value1",
    signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
  },
  {
    name: "get-vanilla-query-order-encoded",
    target: "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
    signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"
  },
  {
    name: "get-vanilla-query-unreserved",
    target: `/?-._~${letters}=-._~${letters}`,
    signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"
  },
  {
    name: "get-vanilla-utf8-query",
    target: "/?ሴ=bar",
    signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"
  },
  {
    name: "get-unreserved",
    target: `/-._~${letters}`,
    signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
  },
  {
    name: "get-utf8",
    target: "/ሴ",
    signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
  },
  {
    name: "get-space",
    target: "/example space/",
    signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"
  },
  {
    name: "get-relative",
    target: "/example/..",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
  },
  {
    name: "get-slashes",
    target: "//example//",
    signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"
  },
  {
    name: "get-header-key-duplicate",
    target: "/",
    headers: [
      ["My-Header1", "value2"],
      ["My-Header1", "value2"],
      ["My-Header1", "value1"]
    ],
    signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"
  },
  {
    name: "get-header-value-multiline",
    target: "/",
    // The lines of a folded header are values of their own.
    headers: ["value1", "value2", "value3"].map((value) => ["My-Header1", value] as const),
    signature: "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790"
  },
  {
    name: "get-header-value-order",
    target: "/",
    headers: ["value4", "value1", "value3", "value2"].map((value) => ["My-Header1", value] as const),
    signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"
  },
  {
    name: "get-header-value-trim",
    target: "/",
    headers: [
      ["My-Header1", " value1"],
      ["My-Header2", ' "a   b   c"']
    ],
    signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
  },
  {
    name: "get-vanilla-with-session-token",
    target: "/",
    headers: [["X-Amz-Security-Token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"]],
    signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"
  },
  {
    name: "post-header-key-sort",
    method: "POST",
    target: "/",
    headers: [["My-Header1", "value1"]],
    signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"
  },
  {
    name: "post-sts-header-before",
    method: "POST",
    target: "/",
    headers: [["X-Amz-Security-Token", stsToken]],
    signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
  },
  {
    name: "post-x-www-form-urlencoded",
    method: "POST",
    target: "/",
    headers: [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["Content-Length", "13"],
      ["x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"]
    ],
    body: "Param1=value1",
    signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"
  }
]

describe("Signature Version 4", () => {
  for (const { body = "", headers = [], method = "GET", name, signature: expected, target } of vectors) {
    it(`signs ${name} as published`, async () => {
      const [path = "", query = ""] = target.split("?")
      const value = await sign(
        {
          method,
          path,
          query,
          headers: [["Host", "example.amazonaws.com"], ...headers, ["X-Amz-Date", date]],
          body: new TextEncoder().encode(body)
        },
        keys,
        date
      )
      expect(value.slice(-64)).toBe(expected)
      expect(value).toContain("Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=")
    })
  }

  it("signs what the official Bedrock client sends as it does", async () => {
    const body = '{"max_tokens":16,"messages":[{"role":"user","content":"hí"}],"anthropic_version":"2026-10-21"}'
    const bytes = new TextEncoder().encode(body)
    const value = await makeSigner({ region: "us-west-2", service: "bedrock" })(
      {
        method: "POST",
        path: "/model/us.anthropic.claude-sonnet-5-v1:0/invoke",
        query: "",
        headers: Object.entries({
          accept: "application/json",
          "content-type": "application/json",
          host: "bedrock-runtime.us-west-2.amazonaws.com",
          "x-amz-content-sha256": "cdacb9e99d773cad688ed609823927a1ffc0a47901de4c7e576d426a7ae97ff5",
          "x-amz-date": "20260102T030405Z",
          "x-amz-security-token": "session/token+1==",
          "x-stainless-arch": "x64",
          "x-stainless-lang": "js",
          "x-stainless-os": "Linux",
          "x-stainless-package-version": "1.12.0",
          "x-stainless-retry-count": "0",
          "x-stainless-runtime": "node",
          "x-stainless-runtime-version": "v20.20.2",
          "x-stainless-timeout": "600"
        }),
        body: bytes
      },
      keys,
      "20260102T030405Z"
    )
    expect(await sha256(bytes)).toBe("cdacb9e99d773cad688ed609823927a1ffc0a47901de4c7e576d426a7ae97ff5")
    expect(value.slice(-64)).toBe("67c8a96710485aa79c388d408bb493e3736531f3e4ec1c73afc1e6718bd55bd3")
  })

  it("signs again with other keys and on another day", async () => {
    const request = {
      method: "GET",
      path: "/",
      query: "",
      headers: [
        ["host", "example.amazonaws.com"],
        ["x-amz-date", date]
      ] as const,
      body: new Uint8Array()
    }
    const first = await sign(request, keys, date)
    const others = [
      await sign(request, { ...keys, secretAccessKey: "another" }, date),
      await sign(request, keys, "20150831T123600Z"),
      await makeSigner({ region: "us-east-1", service: "other" })(request, keys, date)
    ]
    expect(new Set([first, ...others].map((value) => value.slice(-64))).size).toBe(4)
    expect(await sign(request, keys, date)).toBe(first)
  })

  it("writes the date without separators and fractions", () => {
    expect(amzDate(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe("20260102T030405Z")
  })
})
