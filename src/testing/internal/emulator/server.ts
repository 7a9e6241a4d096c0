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
import { checkModel } from "./checks/models.ts"
import { checkCoze } from "./coze/checks.ts"
import { asStudio, studioAnswer, studioReply } from "./coze/studio.ts"
import { type Answer, type Exchange, type Handlers, Refusal, type Server } from "./exchange.ts"
import { collectionsOf, makeGeneric } from "./generic.ts"
import type { Incoming } from "./incoming.ts"
import { type Account, type Limits, makeLimiter } from "./limits.ts"
import { checkOpenAi } from "./openai/checks.ts"
import { pageFor } from "./pages.ts"
import { type Match, makeRouter } from "./router.ts"
import { makeStore } from "./store.ts"

export type Provider = "openai" | "anthropic" | "coze"

/** The parts of one provider's emulator. */
export interface Part {
  readonly provider: Provider
  readonly endpoints: ReadonlyArray<Endpoint.Metadata>
  readonly handlers: Handlers
  /** The prefix of its endpoints' paths, such as `/v1`. */
  readonly basePath: string
}

export interface Settings {
  /** The secrets that are good; any if it is absent. */
  readonly keys: ReadonlyArray<string> | undefined
  readonly limits: Limits
  readonly jobDuration: number
  readonly pace: Duration.Duration
  readonly samplesForMissing: boolean
  readonly isStrict: boolean
  /** The models that are there; any but those of another vendor if it is absent. */
  readonly models: ReadonlyArray<string> | undefined
  readonly isStudio: boolean
  readonly capacity: number
  readonly chat: (request: ChatRequest) => ChatReply
  /** Whether a token that the emulator itself gave out is good; `undefined` for others. */
  readonly isGoodToken: (token: string, now: number) => boolean | undefined
}

/** The outcome of a request, for the journal. */
export interface Outcome {
  readonly reply: Reply.Reply
  /** The id of the endpoint; `undefined` if the request is for none. */
  readonly endpoint: string | undefined
}

/** Answers a request whose path no longer has what the provider is mounted at. */
export type Handle = (incoming: Incoming, path: string, now: number) => Outcome

const checks: { readonly [K in Provider]: (exchange: Exchange) => void } = {
  openai: checkOpenAi,
  // Its handlers check, since the requests of a batch are checked one by one.
  anthropic: () => undefined,
  coze: checkCoze
}

export const makeHandle = (part: Part, settings: Settings): Handle => {
  const { endpoints, handlers, provider } = part
  const router = makeRouter(endpoints)
  const generic = makeGeneric(collectionsOf(endpoints))
  const accountOf = makeLimiter(provider, settings.limits)
  const payer = makePayer()
  let requests = 0
  let ids = 0

  const find = (incoming: Incoming, path: string): Match => {
    if (!path.startsWith(part.basePath)) throw new Refusal(unknownPath(incoming))
    const below = path.slice(part.basePath.length)
    const found = router.match(settings.isStudio ? asStudio(incoming, below) : incoming, below)
    if (found !== undefined) return found
    const methods = router.methods(below)
    throw methods.length === 0 ? new Refusal(unknownPath(incoming)) : new Refusal(wrongMethod(incoming, methods), 405)
  }

  const answer = (incoming: Incoming, match: Match, now: number): Reply.Reply => {
    const { endpoint, params } = match
    checkBody(provider, endpoint, incoming, settings.isStrict)
    const { body, query } = incoming
    const exchange: Exchange = { endpoint, params, query, body, incoming, now, server }
    if (settings.isStrict) {
      checks[provider](exchange)
      if (typeof body["model"] === "string") checkModel(provider, body["model"], settings.models)
    }
    const given = (handlers[endpoint.id] ?? generic)(exchange)
    return settings.isStudio
      ? studioReply(written(exchange, studioAnswer(given), settings.pace))
      : written(exchange, given, settings.pace)
  }

  const server: Server = {
    store: makeStore(settings.capacity),
    id: (prefix) => `${prefix}${String(++ids).padStart(6, "0")}`,
    jobDuration: settings.jobDuration,
    samplesForMissing: settings.samplesForMissing,
    isStrict: settings.isStrict,
    checkModel: (model) => {
      if (settings.isStrict) checkModel(provider, model, settings.models)
    },
    spend: (tokens) => payer.account()?.input(tokens),
    chat: (request) => {
      payer.account()?.input(countInput(request))
      const reply = settings.chat(request)
      payer.account()?.output(tokensOf(request, reply).output)
      return reply
    },
    answer: (method, path, body, now) => {
      const url = new URL(path, "http://batch.invalid")
      const incoming: Incoming = { ...noBody, method, url, body }
      const reply = payer.pays(undefined, () =>
        refusing(provider, now, () => answer(incoming, find(incoming, url.pathname), now))
      )
      return { status: reply.status, body: typeof reply.body === "string" ? JSON.parse(reply.body) : null }
    }
  }

  return (incoming, path, now) => {
    const id = `req_${String(++requests).padStart(6, "0")}`
    let account: Account | undefined
    let endpoint: string | undefined
    const reply = refusing(provider, now, () => {
      const key = keyOf(provider, incoming)
      checkKey(settings, key, now)
      account = accountOf(key ?? "", now)
      account.request()
      if (provider === "anthropic" && incoming.headers["anthropic-version"] === undefined) {
        throw new Refusal(Failure.invalidRequest({ message: "anthropic-version: header is required" }))
      }
      const match = find(incoming, path)
      endpoint = match.endpoint.id
      return payer.pays(incoming.method === "POST" ? account : undefined, () => answer(incoming, match, now))
    })
    const headers = { [requestIdHeader[provider]]: id, ...account?.headers() }
    return { reply: Reply.withHeaders(withRequestId(provider, reply, id), headers), endpoint }
  }
}

/** Knows who pays for what the model says while a request is answered; nobody pays for what jobs do meanwhile. */
const makePayer = () => {
  let payer: Account | undefined
  return {
    account: () => payer,
    pays: <A>(account: Account | undefined, run: () => A): A => {
      const before = payer
      payer = account
      try {
        return run()
      } finally {
        payer = before
      }
    }
  }
}

const noBody = { headers: {}, query: {}, text: "", isOther: false, problem: undefined }

/** Refuses a body that cannot be read, or is of a type that the endpoint does not take. */
const checkBody = (provider: Provider, endpoint: Endpoint.Metadata, incoming: Incoming, isStrict: boolean): void => {
  switch (incoming.problem) {
    case "not JSON":
      throw new Refusal(Failure.invalidRequest({ message: notJson[provider] }))
    case "not a form":
      throw new Refusal(Failure.invalidRequest({ message: "Could not parse multipart form" }))
    case "too deep":
      throw new Refusal(Failure.invalidRequest({ message: "The JSON body is nested too deeply" }))
    case "too long":
      throw new Refusal(
        Failure.invalidRequest({
          message: "Request exceeds the maximum size",
          ...(provider === "anthropic" ? { type: "request_too_large" } : {})
        }),
        413
      )
  }
  const type = incoming.headers["content-type"]
  if (!isStrict || endpoint.body !== "json" || incoming.text === "" || /json/.test(type ?? "")) return
  throw new Refusal(
    Failure.invalidRequest({
      message:
        `Unsupported content type: '${type ?? ""}'. This API method only accepts 'application/json' requests, ` +
        `but you specified the header 'Content-Type: ${type ?? ""}'. Please try again with a supported content type.`
    })
  )
}

const notJson: { readonly [K in Provider]: string } = {
  openai:
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  anthropic: "The request body is not valid JSON",
  coze: "Request parameter error: the body is not valid JSON"
}

const requestIdHeader: { readonly [K in Provider]: string } = {
  openai: "x-request-id",
  anthropic: "request-id",
  coze: "x-tt-logid"
}

const unknownPath = ({ method, url }: Incoming): ServerReason =>
  Failure.notFound({ message: `Unknown request URL: ${method} ${url.pathname}` })

const wrongMethod = ({ method, url }: Incoming, methods: ReadonlyArray<string>): ServerReason =>
  Failure.invalidRequest({
    message: `Not allowed to ${method} on ${url.pathname}: it has ${methods.join(", ")}`,
    code: "method_not_allowed"
  })

/** An error of Anthropic says which request it is about. */
const withRequestId = (provider: Provider, reply: Reply.Reply, id: string): Reply.Reply =>
  provider === "anthropic" && reply.status >= 400 && typeof reply.body === "string"
    ? { ...reply, body: reply.body.replace(/"request_id":"[^"]*"/, `"request_id":"${id}"`) }
    : reply

const refusing = (provider: Provider, now: number, run: () => Reply.Reply): Reply.Reply => {
  try {
    return run()
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    const reply = failureReplyOf(provider, thrown.reason, now)
    return thrown.status === undefined ? reply : { ...reply, status: thrown.status }
  }
}

const keyOf = (provider: Provider, { headers }: Incoming): string | undefined => {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers["authorization"] ?? "")?.[1]
  return provider === "anthropic" ? (headers["x-api-key"] ?? bearer) : bearer
}

const checkKey = ({ isGoodToken, keys }: Settings, key: string | undefined, now: number): void => {
  if (key === undefined || key === "") {
    throw new Refusal(Failure.authentication({ message: "You did not provide a key" }))
  }
  const isGood = isGoodToken(key, now) ?? (keys === undefined || keys.includes(key))
  if (!isGood) throw new Refusal(Failure.authentication({ message: "The key is not valid" }))
}

const least = { items: 0, optionals: false }

const written = (exchange: Exchange, answer: Answer, pace: Duration.Duration): Reply.Reply => {
  const { endpoint } = exchange
  const whole = (value: unknown): unknown =>
    endpoint.success === undefined ? value : fill(endpoint.success.ast, value, least)
  switch (answer._tag) {
    case "Value":
      return endpoint.mayBeText === true && typeof answer.value === "string"
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
