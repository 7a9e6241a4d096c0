/** What an error keeps of a long answer, in every way that a program may copy or print it. */
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type ApiError, RequestOptions, RetryPolicy } from "llmfx"
import { failureOf } from "./support/errors.ts"
import { fakeHttp, type Reply } from "./support/FakeHttp.ts"
import { key, openAiOver, probes } from "./support/probes.ts"

const megabyte = "lorem ip".repeat(131_072)
const filler: ReadonlyArray<string> = Array.from({ length: 50 }, () => megabyte)

/** 50 MB of JSON with a long text in it, and the key where a server may echo it. */
const long = (head: string, tail: string): ReadonlyArray<string> => [`${head}${key} `, ...filler, ` ${key}${tail}`]

const refusal = (status: number, code: string): Reply => ({
  status,
  headers: { "content-type": "application/json", "x-echo": key },
  parts: long(`{"error":{"code":"${code}","type":"${code}","message":"`, '"}}')
})
const events = { "content-type": "text/event-stream", "x-echo": key }
const tick = `data: {"type":"tick","delta":"${key}"}\n\n`
const ticks = [tick, ...filler.map((text) => `data: {"type":"tick","delta":"${text}"}\n\n`)]

type Failing = Effect.Effect<ApiError.ApiError, unknown, Effect.Services<ReturnType<typeof probes.get>>>
const call: Failing = failureOf(probes.get({}))
const streamed: Failing = failureOf(Stream.runDrain(probes.stream({})))

const cases: Readonly<Record<string, readonly [reason: ApiError.Reason["_tag"], Reply, Failing]>> = {
  "a wrong key": ["AuthenticationError", refusal(401, "invalid_api_key"), call],
  "a missing permission": ["PermissionDeniedError", refusal(403, "no"), call],
  "a missing model": ["NotFoundError", refusal(404, "no"), call],
  "a wrong input": ["InvalidRequestError", refusal(400, "no"), call],
  "a conflict": ["ConflictError", refusal(409, "no"), call],
  "too many requests": ["RateLimitError", refusal(429, "rate_limit_exceeded"), call],
  "a spent quota": ["QuotaExceededError", refusal(429, "insufficient_quota"), call],
  "a refused content": ["ContentPolicyError", refusal(400, "content_policy_violation"), call],
  "an overload": ["OverloadedError", refusal(529, "no"), call],
  "an outage": ["ServerError", refusal(500, "no"), call],
  "a page of a proxy": [
    "UnexpectedResponseError",
    { headers: { "content-type": "text/html" }, parts: long("<html>", "</html>") },
    call
  ],
  "an answer of another form": [
    "DecodeError",
    { headers: { "content-type": "application/json" }, parts: long('{"ok":"', '"}') },
    call
  ],
  "a broken connection": ["NetworkError", { parts: [...long('{"ok":"', ""), "<broken>"] }, call],
  "a timeout": [
    "TimeoutError",
    { headers: { "content-type": "application/json" }, parts: [...long('{"ok":"', ""), 60_000] },
    call.pipe(RequestOptions.withTimeouts({ total: "5 seconds" }))
  ],
  "an error in a stream": [
    "StreamError",
    { headers: events, parts: [tick, ...long('data: {"error":{"message":"', '"}}\n\n')] },
    streamed
  ],
  "a stream that breaks off": ["StreamTruncatedError", { headers: events, parts: ticks }, streamed]
}

/** All own fields of a value and of what it holds, as a program may copy them into a message to another thread. */
const cloned = (error: ApiError.ApiError): string =>
  inspect(structuredClone(error), { depth: Number.POSITIVE_INFINITY, maxStringLength: null, maxArrayLength: null })

const inspected = (error: ApiError.ApiError): string =>
  inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null, maxArrayLength: null })

const copies = { "JSON.stringify": JSON.stringify, structuredClone: cloned, inspect: inspected }

describe("an error after a body of 50 MB", () => {
  for (const [name, [tag, reply, program]] of Object.entries(cases)) {
    it.effect(`stays small and secret in every copy: ${name}`, () =>
      Effect.gen(function* () {
        const layer = openAiOver(fakeHttp(reply), { retry: RetryPolicy.none })
        const fiber = yield* Effect.forkChild(Effect.provide(program, layer))
        yield* TestClock.adjust("1 minute")
        const error = yield* Fiber.join(fiber)
        const shown = Object.entries(copies).map(([copy, of]) => [copy, of(error)] as const)
        const long = shown.filter(([copy, text]) => text.length > 150_000 && !keepsAll(copy, error))
        assert.deepStrictEqual(
          [
            error.reason._tag,
            long.map(([copy, text]) => `${copy}: ${text.length}`),
            shown.filter(([, text]) => text.includes(key)).map(([copy]) => copy)
          ],
          [tag, [], []]
        )
      })
    )
  }
})

/** A `DecodeError` holds the whole answer, because it was paid for. Only `inspect` without limits shows it. */
const keepsAll = (copy: string, { reason }: ApiError.ApiError): boolean =>
  copy === "inspect" && reason._tag === "DecodeError"
