import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as Tracer from "effect/Tracer"
import { plainUrl, type Scrub } from "../errors/redact.ts"

/** A context for requests to a server that is none of the API: the trace ends here, and spans hold no query. */
export const strangeContext =
  (scrub: Scrub) =>
  (context: Context.Context<never>): Context.Context<never> => {
    const tracer = plainTracer(Context.get(context, Tracer.Tracer), () => false, scrub)
    return Context.add(Context.add(context, Tracer.Tracer, tracer), HttpClient.TracerPropagationEnabled, false)
  }

/** A tracer whose spans hold no secret, whatever the HTTP client writes into them: addresses, headers, errors. */
export const plainTracer = (
  tracer: Tracer.Tracer,
  isPlainQuery: (name: string) => boolean,
  scrub: Scrub
): Tracer.Tracer => {
  const valueOf = (name: string, value: unknown): unknown => {
    if (typeof value !== "string") return value
    if (name === "url.full" && URL.canParse(value)) return plainUrl(new URL(value), isPlainQuery, scrub)
    if (name === "url.query") return scrub(plainQueryText(value, isPlainQuery))
    return scrub(value)
  }
  const plainSpan = (span: Tracer.Span): Tracer.Span => {
    const own: Partial<Tracer.Span> = {
      attribute: (name, value) => span.attribute(name, valueOf(name, value)),
      event: (name, time, attributes = {}) =>
        span.event(
          scrub(name),
          time,
          Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, valueOf(key, value)]))
        ),
      // The value is a response, which holds the request with its address and headers.
      end: (time, exit) =>
        span.end(time, Exit.isFailure(exit) ? Exit.failCause(plainCause(exit.cause, scrub)) : Exit.void)
    }
    return new Proxy(span, {
      get: (target, key) => {
        if (Object.hasOwn(own, key)) return Reflect.get(own, key) as unknown
        const value: unknown = Reflect.get(target, key)
        return typeof value === "function" ? (value.bind(target) as unknown) : value
      }
    })
  }
  return Tracer.make({
    ...(tracer.context === undefined ? {} : { context: tracer.context }),
    span: (options) => plainSpan(tracer.span({ ...options, name: scrub(options.name) }))
  })
}

const plainQueryText = (query: string, isPlain: (name: string) => boolean): string => {
  const params = new URLSearchParams(query)
  for (const name of [...params.keys()]) if (!isPlain(name)) params.set(name, "<redacted>")
  return params.toString()
}

/** The failures of a cause by their words alone: the errors of an HTTP client hold the whole request. */
const plainCause = (cause: Cause.Cause<unknown>, scrub: Scrub): Cause.Cause<unknown> =>
  Cause.fromReasons(
    cause.reasons.map((reason) => {
      if (Cause.isInterruptReason(reason)) return reason
      const plain = plainError(Cause.isFailReason(reason) ? reason.error : reason.defect, scrub)
      return Cause.isFailReason(reason) ? Cause.makeFailReason(plain) : Cause.makeDieReason(plain)
    })
  )

const plainError = (thrown: unknown, scrub: Scrub): unknown => {
  if (!(thrown instanceof Error)) return typeof thrown === "string" ? scrub(thrown) : thrown
  const plain = new Error(scrub(thrown.message))
  plain.name = thrown.name
  if (thrown.stack !== undefined) plain.stack = scrub(thrown.stack)
  return plain
}
