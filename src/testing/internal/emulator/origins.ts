/** Which web pages may ask, and what their browsers have to be told. */
import * as Reply from "../../Reply.ts"
import type { Incoming } from "./incoming.ts"

/** Pages of this machine, of any origin, or of the given ones, such as `https://app.example`. */
export type Origins = "loopback" | "any" | ReadonlyArray<string>

const isLoopback = (origin: string): boolean =>
  URL.canParse(origin) && isLoopbackName(new URL(origin).hostname) && /^https?:/.test(origin)

/** Names and addresses of this machine: `localhost` and what is below it, 127.0.0.0/8, ::1. */
export const isLoopbackName = (hostname: string): boolean =>
  /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\]|::1)\.?$/i.test(hostname)

const isAllowed = (origins: Origins, origin: string): boolean =>
  origins === "any" || (origins === "loopback" ? isLoopback(origin) : origins.includes(origin) || isLoopback(origin))

const methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

/** Answers requests that are not for the API: a browser's preflight, or a page that may not ask. */
export const answerOrigin = (origins: Origins, { headers, method }: Incoming): Reply.Reply | undefined => {
  const { origin } = headers
  if (origin !== undefined && !isAllowed(origins, origin)) {
    return Reply.json(
      { error: { message: `Pages of ${origin} are not served: allow the origin if they should be` } },
      { status: 403 }
    )
  }
  if (method !== "OPTIONS") return undefined
  return Reply.empty({
    headers: {
      allow: methods,
      ...(headers["access-control-request-method"] === undefined
        ? {}
        : {
            "access-control-allow-methods": methods,
            "access-control-allow-headers": headers["access-control-request-headers"] ?? "*",
            "access-control-max-age": "600"
          }),
      ...(headers["access-control-request-private-network"] === "true"
        ? { "access-control-allow-private-network": "true" }
        : {})
    }
  })
}

/** The answer with what lets the page of its request read it. */
export const openTo = ({ headers: { origin } }: Incoming, reply: Reply.Reply): Reply.Reply =>
  origin === undefined || reply.status === 403
    ? reply
    : Reply.withHeaders(reply, {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": Object.keys(reply.headers).join(", "),
        vary: "origin"
      })
