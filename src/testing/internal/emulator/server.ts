/** From a request to a response: who may ask, which endpoint it is, and its handler's answer in the form of the API. */
import * as Duration from "effect/Duration"
import type * as Endpoint from "../../../Endpoint.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import * as Failure from "../../Failure.ts"
import * as Reply from "../../Reply.ts"
import * as Script from "../../Script.ts"
import { fill } from "../fill.ts"
import { failureReplyOf, type ServerReason } from "../wireFailure.ts"
import { enveloped, envelopeOfPage } from "../wireValue.ts"
import { type ChatReply, type ChatRequest, countInput, tokensOf } from "./chat.ts"
import { type Answer, type Exchange, type Handlers, Refusal, type Server } from "./exchange.ts"
import { collectionsOf, makeGeneric } from "./generic.ts"
import type { Incoming } from "./incoming.ts"
import { type Account, type Limits, makeLimiter } from "./limits.ts"
import { pageFor } from "./pages.ts"
import { makeRouter } from "./router.ts"
import { makeStore } from "./store.ts"

export type Provider = "openai" | "anthropic" | "coze"

/** What one provider's part of the emulator is made of. */
export interface Part {
  readonly provider: Provider
  readonly endpoints: ReadonlyArray<Endpoint.Metadata>
  readonly handlers: Handlers
  /** What its endpoints' paths are relative to, such as `/v1`. */
  readonly basePath: string
}

export interface Settings {
  /** The secrets that are good; any where it is absent. */
  readonly keys: ReadonlyArray<string> | undefined
  readonly limits: Limits
  readonly jobDuration: number
  readonly pace: Duration.Duration
  readonly samplesForMissing: boolean
  readonly capacity: number
  readonly chat: (request: ChatRequest) => ChatReply
}

/** Answers a request whose path no longer has what the provider is mounted at. */
export type Handle = (incoming: Incoming, path: string, now: number) => Reply.Reply

export const makeHandle = (part: Part, settings: Settings): Handle => {
  const { endpoints, handlers, provider } = part
  const route = makeRouter(endpoints)
  const generic = makeGeneric(collectionsOf(endpoints))
  const accountOf = makeLimiter(provider, settings.limits)
  let requests = 0
  let ids = 0
  /** Who pays for what the model says while a request is answered; nobody for what jobs do meanwhile. */
  let payer: Account | undefined
  const paidBy = <A>(account: Account | undefined, run: () => A): A => {
    const before = payer
    payer = account
    try {
      return run()
    } finally {
      payer = before
    }
  }

  const answer = (incoming: Incoming, path: string, now: number): Reply.Reply => {
    if (!path.startsWith(part.basePath)) throw new Refusal(unknownPath(incoming))
    const match = route(incoming, path.slice(part.basePath.length))
    if (match === undefined) throw new Refusal(unknownPath(incoming))
    if (incoming.malformed) throw new Refusal(Failure.invalidRequest({ message: "The body is not valid JSON" }))
    const exchange: Exchange = {
      endpoint: match.endpoint,
      params: match.params,
      query: incoming.query,
      body: incoming.body,
      incoming,
      now,
      server
    }
    return written(exchange, (handlers[match.endpoint.id] ?? generic)(exchange), settings.pace)
  }

  const server: Server = {
    store: makeStore(settings.capacity),
    id: (prefix) => `${prefix}${String(++ids).padStart(6, "0")}`,
    jobDuration: settings.jobDuration,
    samplesForMissing: settings.samplesForMissing,
    spend: (tokens) => payer?.input(tokens),
    chat: (request) => {
      payer?.input(countInput(request))
      const reply = settings.chat(request)
      payer?.output(tokensOf(request, reply).output)
      return reply
    },
    answer: (method, path, body, now) => {
      const url = new URL(path, "http://batch.invalid")
      const incoming: Incoming = { method, url, headers: {}, query: {}, text: "", body, malformed: false }
      const reply = paidBy(undefined, () => refusing(provider, now, () => answer(incoming, url.pathname, now)))
      return { status: reply.status, body: typeof reply.body === "string" ? JSON.parse(reply.body) : null }
    }
  }

  return (incoming, path, now) => {
    const id = `req_${String(++requests).padStart(6, "0")}`
    let account: Account | undefined
    const reply = refusing(provider, now, () => {
      const key = keyOf(provider, incoming)
      checkKey(settings.keys, key)
      account = accountOf(key ?? "", now)
      account.request()
      if (provider === "anthropic" && incoming.headers["anthropic-version"] === undefined) {
        throw new Refusal(Failure.invalidRequest({ message: "anthropic-version: header is required" }))
      }
      return paidBy(incoming.method === "POST" ? account : undefined, () => answer(incoming, path, now))
    })
    return Reply.withHeaders(reply, { [requestIdHeader[provider]]: id, ...account?.headers() })
  }
}

const requestIdHeader: { readonly [K in Provider]: string } = {
  openai: "x-request-id",
  anthropic: "request-id",
  coze: "x-tt-logid"
}

const unknownPath = ({ method, url }: Incoming): ServerReason =>
  Failure.notFound({ message: `Unknown request URL: ${method} ${url.pathname}` })

const refusing = (provider: Provider, now: number, run: () => Reply.Reply): Reply.Reply => {
  try {
    return run()
  } catch (thrown) {
    if (thrown instanceof Refusal) return failureReplyOf(provider, thrown.reason, now)
    throw thrown
  }
}

const keyOf = (provider: Provider, { headers }: Incoming): string | undefined => {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers["authorization"] ?? "")?.[1]
  return provider === "anthropic" ? (headers["x-api-key"] ?? bearer) : bearer
}

const checkKey = (keys: ReadonlyArray<string> | undefined, key: string | undefined): void => {
  if (key === undefined || key === "") {
    throw new Refusal(Failure.authentication({ message: "You did not provide a key" }))
  }
  if (keys !== undefined && !keys.includes(key)) {
    throw new Refusal(Failure.authentication({ message: "The key is not valid" }))
  }
}

const least = { items: 0, optionals: false }

const written = (exchange: Exchange, answer: Answer, pace: Duration.Duration): Reply.Reply => {
  const { endpoint } = exchange
  const whole = (value: unknown): unknown =>
    endpoint.success === undefined ? value : fill(endpoint.success.ast, value, least)
  switch (answer._tag) {
    case "Value":
      return endpoint.textual === true && typeof answer.value === "string"
        ? Reply.text(answer.value)
        : Reply.json(enveloped(endpoint, whole(answer.value)))
    case "Items": {
      const input: JsonObject = { ...exchange.query, ...exchange.body }
      const { pagination } = endpoint
      const page =
        pagination === undefined ? { data: answer.items } : pageFor(endpoint, pagination, answer.items, input)
      const style = pagination?.items ?? "data"
      const filled = { ...page, [style]: (page[style] as ReadonlyArray<unknown>).map(whole) }
      return Reply.json(
        envelopeOfPage(endpoint, {
          ...(endpoint.provider === "openai" ? { object: "list" } : {}),
          ...filled,
          ...answer.body
        })
      )
    }
    case "Events": {
      const events = Script.forMetadata(endpoint, answer.events.map(whole))
      // The Messages API sends a ping once the first block has begun.
      const isMessage = endpoint.id.endsWith("messages.create:stream") && endpoint.provider === "anthropic"
      const script = isMessage ? Script.insertAfter(2, Script.ping)(events) : events
      return Script.toReply(Duration.isZero(pace) ? script : Script.pace(script, pace))
    }
    case "Lines":
      return Script.toReply(Script.jsonLines(answer.lines.map(whole)))
    case "Bytes":
      return Reply.bytes(answer.bytes, { headers: { "content-type": answer.contentType } })
    case "Text":
      return Reply.text(answer.text)
    case "Nothing":
      return endpoint.provider === "coze" ? Reply.json({ code: 0, msg: "" }) : Reply.empty()
  }
}
