import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { type ApiError, ApiErrorSchema, RetryPolicy } from "llmfx"
import { Anthropic } from "../src/anthropic/Anthropic.ts"
import { Coze } from "../src/coze/Coze.ts"
import { OpenAi } from "../src/openai/OpenAi.ts"
import { apiError, failureOf, streamFailure } from "./support/errors.ts"
import { fakeHttp, type Reply } from "./support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver, probesOf } from "./support/probes.ts"
import { collectingShown, textsOfError } from "./support/shown.ts"
import { spellings } from "./support/spellings.ts"

const visibleChars = [..."abcXYZ019-_.~+/=:;,!#$%&'()*<>?@[]^`{|}\"\\"]
/** Keys of the shapes that vendors and gateways give out, and of any other that a header can hold. */
const keys = fc
  .tuple(
    fc.constantFrom("sk-", "sk-ant-api03-", "pat_", "", "Zq9/", "eyJhbGciOi.", "key:", "{"),
    fc.array(fc.constantFrom(...visibleChars), { minLength: 14, maxLength: 60 })
  )
  .map(([prefix, chars]) => `${prefix}q7${chars.join("")}7q`)

const eventsOf = (...data: ReadonlyArray<string>): Reply => ({
  headers: { "content-type": "text/event-stream" },
  parts: data.map((line) => `data: ${line}\n\n`)
})

/** Where a server may write it. */
const places: { readonly [name: string]: (said: string) => Reply } = {
  "an error body": (said) => ({
    status: 400,
    body: { error: { message: said, code: said, type: said, param: said }, msg: said, code: 4000, [said]: said }
  }),
  "a code in the body": (said) => ({ body: { code: 4100, msg: said, error: { message: said } } }),
  "a page": (said) => ({
    status: 502,
    headers: { "content-type": "text/html" },
    parts: [`<title>${said}</title>${said}`]
  }),
  "a header": (said) => ({ status: 500, headers: { "x-request-id": said, "x-echo": said, "request-id": said } }),
  "the target of a redirect": (said) => ({ status: 307, headers: { location: `http://other.test/${said}?k=${said}` } }),
  "an answer of the wrong shape": (said) => ({ body: { type: [said], ok: said, data: said } }),
  "an error event": (said) => eventsOf(JSON.stringify({ type: "error", error: { message: said, code: said } })),
  "a broken event": (said) => eventsOf(`{"type": "${said}`)
}

const layersOf = (key: string) => {
  const common = { retry: RetryPolicy.none, debug: { bodies: 5000 } } as const
  const secret = Redacted.make(key)
  return {
    openai: (http: ReturnType<typeof fakeHttp>) => {
      const probes = probesOf(OpenAi)
      const layer = openAiOver(http, { ...common, apiKey: secret })
      return Effect.provide(failuresOf(probes), layer)
    },
    anthropic: (http: ReturnType<typeof fakeHttp>) => {
      const probes = probesOf(Anthropic)
      const layer = anthropicOver(http, { ...common, apiKey: secret })
      return Effect.provide(failuresOf(probes), layer)
    },
    coze: (http: ReturnType<typeof fakeHttp>) => {
      const probes = probesOf(Coze)
      const layer = cozeOver(http, { ...common, token: secret })
      return Effect.provide(failuresOf(probes), layer)
    }
  }
}

/** The errors of a call and of a stream, if they have any. */
const failuresOf = <Id>(probes: ReturnType<typeof probesOf<Id>>) =>
  Effect.gen(function* () {
    const errors: Array<ApiError.ApiError> = []
    const call = yield* Effect.option(failureOf(probes.post({ prompt: "hi" })))
    if (call._tag === "Some") errors.push(call.value)
    const stream = yield* Effect.option(streamFailure(probes.stream({ prompt: "hi" })))
    if (stream._tag === "Some") errors.push(apiError(stream.value.error))
    return errors
  })

const encode = Schema.encodeEffect(Schema.toCodecJson(ApiErrorSchema.schema))

/** Everything that a program, its logs and its traces could show. */
const shownBy = <R>(
  program: Effect.Effect<ReadonlyArray<ApiError.ApiError>, unknown, R>
): Effect.Effect<ReadonlyArray<string>, unknown, R> => {
  const texts: Array<string> = []
  return program.pipe(
    Effect.flatMap((errors) =>
      Effect.forEach(errors, (error) =>
        Effect.map(encode(error), (encoded) => {
          texts.push(...textsOfError(error), ...textsOfError(error.reason), error.toCurl(), JSON.stringify(encoded))
        })
      )
    ),
    collectingShown(texts),
    Effect.as(texts)
  )
}

describe("a key", () => {
  for (const provider of ["openai", "anthropic", "coze"] as const) {
    for (const [place, reply] of Object.entries(places)) {
      it(`of ${provider} that a server writes into ${place} is shown nowhere, whatever its spelling`, () =>
        fc.assert(
          fc.asyncProperty(keys, fc.constantFrom(...Object.keys(spellings)), async (key, spelling) => {
            const said = spellings[spelling]?.(key) ?? key
            const texts = await Effect.runPromise(shownBy(layersOf(key)[provider](fakeHttp(reply(said)))))
            assert.isAbove(texts.length, 0)
            const forms = [key, said, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)]
            for (const form of forms) for (const text of texts) assert.notInclude(text, form, spelling)
          }),
          { numRuns: 15 }
        ))
    }
  }
})
