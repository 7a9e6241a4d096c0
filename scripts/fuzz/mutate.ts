/** Changes replies at the level of bytes, of JSON and of HTTP. */
import type { Random } from "./random.ts"

/** The answer of a server. */
export interface Reply {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string | Uint8Array
}

type Mutation = (random: Random, reply: Reply, key: string) => Reply

const text = ({ body }: Reply): string => (typeof body === "string" ? body : new TextDecoder().decode(body))

const at = (random: Random, body: string): number => random.below(body.length + 1)

const mutations: readonly [Mutation, ...ReadonlyArray<Mutation>] = [
  (_, reply) => reply,
  // Bytes
  (random, reply) => ({ ...reply, body: text(reply).slice(0, at(random, text(reply))) }),
  (random, reply) => {
    const bytes = new TextEncoder().encode(text(reply))
    for (let n = random.below(20); n >= 0; n--) bytes[random.below(bytes.length + 1)] = random.below(256)
    return { ...reply, body: bytes }
  },
  (random, reply) => {
    const body = text(reply)
    const index = at(random, body)
    return { ...reply, body: body.slice(0, index) + body.slice(at(random, body)) + body.slice(index) }
  },
  // JSON
  (random, reply) => replaced(random, reply, "[".repeat(50_000) + "]".repeat(50_000)),
  (random, reply) => replaced(random, reply, `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`),
  (random, reply) => replaced(random, reply, random.pick(["null", "{}", "[]", "0", "-1", "1e400", '""', "true"])),
  (random, reply) =>
    replaced(random, reply, JSON.stringify(random.pick(["\u0000\u001b[2J", "x".repeat(200_000), "\ud83d"]))),
  // HTTP
  (random, reply) => ({
    ...reply,
    status: random.pick([200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503, 529, 599])
  }),
  (random, reply) => ({
    ...reply,
    headers: {
      ...reply.headers,
      "content-type": random.pick(["text/html", "application/json", "text/event-stream", "x"])
    }
  }),
  (random, reply) => ({ ...reply, headers: { ...reply.headers, "retry-after": random.pick(["1e99", "-5", "soon"]) } }),
  (random, reply) => ({
    ...reply,
    status: 307,
    headers: {
      ...reply.headers,
      location: random.pick(["data:,x", "http://other.test/", "//", "file:///etc/passwd", "/v1"])
    }
  })
]

/** What a server that repeats the key does. */
const keyMutations: readonly [Mutation, ...ReadonlyArray<Mutation>] = [
  (random, reply, key) => replaced(random, reply, JSON.stringify(random.pick(spellings)(key))),
  (random, reply, key) => ({ ...reply, headers: { ...reply.headers, "x-request-id": random.pick(spellings)(key) } })
]

const spellings: readonly [(key: string) => string, ...ReadonlyArray<(key: string) => string>] = [
  (key) => key,
  (key) => encodeURIComponent(key),
  (key) => encodeURIComponent(encodeURIComponent(key)).toLowerCase(),
  (key) => key.replaceAll("/", "\\/"),
  (key) => key.replaceAll("/", "&#x2f;").replaceAll("+", "&#43;"),
  (key) => btoa(`user:${key}`)
]

/** A value of the JSON in a body in place of another; in a body without JSON, in the place of all of it. */
const replaced = (random: Random, reply: Reply, json: string): Reply => {
  const body = text(reply)
  const values = [...body.matchAll(/:("(?:[^"\\]|\\.)*"|-?\d+|null|true|false)/g)]
  const found = values[random.below(values.length + 1)]
  if (found === undefined) return { ...reply, body: json }
  return { ...reply, body: `${body.slice(0, found.index + 1)}${json}${body.slice(found.index + found[0].length)}` }
}

/** A reply with up to four changes. Keys are written last: a key that is changed afterwards is no key any more. */
export const mutate = (random: Random, reply: Reply, key: string): Reply => {
  let changed = reply
  for (let n = random.below(5); n > 0; n--) changed = random.pick(mutations)(random, changed, key)
  for (let n = random.below(3); n > 1; n--) changed = random.pick(keyMutations)(random, changed, key)
  return changed
}
