import * as Context from "effect/Context"
import * as Tracer from "effect/Tracer"
import * as Middleware from "../../Middleware.ts"
import * as RequestOptions from "../../RequestOptions.ts"
import { ScrubListener } from "../errors/callScrubs.ts"
import { CallSpan } from "../usage/callSpan.ts"

/**
 * The context for work that many calls share, made of that of the call which happens to start it: without its options,
 * deadline, middleware and span, which are its own affair.
 */
export const withoutCall = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.omit(
    RequestOptions.Current,
    Middleware.Current,
    Tracer.ParentSpan,
    CallSpan,
    ScrubListener
  )(context) as Context.Context<R>
