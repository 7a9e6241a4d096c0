import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Logger from "effect/Logger"
import * as References from "effect/References"
import type * as ApiError from "../../ApiError.ts"
import type { Debug } from "../../RequestOptions.ts"
import { plainResponseHeaders, scrubbedStart, visible } from "../errors/redact.ts"
import { withoutUndefined } from "../json/json.ts"
import type { Call } from "./call.ts"

export const hasDebug = ({ options: { debug } }: Call): boolean => debug !== undefined && debug !== false

const capped = (call: Call, text: string | undefined, debug: Debug | undefined): string | undefined => {
  if (text === undefined || typeof debug !== "object") return undefined
  const plain = visible(scrubbedStart(text, debug.bodies, call.scrub))
  return text.length > debug.bodies ? `${plain}… (${text.length} characters)` : plain
}

type LinesLogger = Pick<Logger.Logger<ReadonlyArray<string>, unknown>, "log">

/**
 * The program's loggers, by the key of Effect's own reference. That one has default loggers that can print whatever a
 * program fails with, which is 5 KB in every bundle. What is logged here has no cause.
 */
const Loggers: Context.Reference<ReadonlySet<LinesLogger>> = /*#__PURE__*/ Context.Reference<ReadonlySet<LinesLogger>>(
  "effect/Logger/CurrentLoggers",
  { defaultValue: () => new Set([onConsole]) }
)

/** Prints as Effect's default logger does. */
const onConsole: LinesLogger = {
  log: ({ date, fiber, message }) => {
    const console = fiber.getRef(Console.Console)
    const print = fiber.getRef(References.LogToStderr) ? console.error : console.log
    const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0"))
    const millis = String(date.getMilliseconds()).padStart(3, "0")
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    print(`[${time.join(":")}.${millis}] DEBUG (#${fiber.id}):`, ...message, annotations)
  }
}

/** Logs at level Debug, even if the program logs nothing below `Info`: setting `debug` is asking for it. */
const log = (call: Call, message: string, fields: { readonly [name: string]: unknown }): Effect.Effect<void> => {
  const { id, provider } = call.endpoint
  const known = withoutUndefined({ provider, endpoint: id, attempt: call.sent, ...fields })
  const logged = Effect.withFiber<void>((fiber) => {
    const date = new Date(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
    for (const logger of fiber.getRef(Loggers)) {
      logger.log({ cause: Cause.empty, date, fiber, logLevel: "Debug", message: [message] })
    }
    return Effect.void
  })
  return Effect.withFiber(({ context }) =>
    Effect.provideService(logged, References.CurrentLogAnnotations, {
      ...Context.get(context, References.CurrentLogAnnotations),
      ...known
    })
  )
}

export const logRequest = (call: Call, debug: Debug): Effect.Effect<void> =>
  log(call, `${call.wire.method} ${call.wire.summary.url}`, {
    headers: call.wire.summary.headers,
    body: capped(call, call.wire.json, debug)
  })

export const logResponse = (call: Call, response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  log(call, `HTTP ${response.status}`, { headers: plainResponseHeaders(response.headers, call.scrub) })

export const logBody = (call: Call, text: string): Effect.Effect<void> => {
  const body = capped(call, text, call.options.debug)
  return body === undefined ? Effect.void : log(call, "response body", { body })
}

export const logRetry = (call: Call, error: ApiError.ApiError, waited: number): Effect.Effect<void> =>
  hasDebug(call) ? log(call, `retry after ${error.reason._tag}`, { waited }) : Effect.void
