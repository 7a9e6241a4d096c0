/** AWS Signature Version 4 with the runtime's WebCrypto. */

/** The parts of a request that are signed, with path and query as they are on the wire. */
export interface Signable {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array<ArrayBuffer>
}

/** The region and service that a signature is valid for. */
export interface Scope {
  readonly region: string
  readonly service: string
}

/** The signer's access keys. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const algorithm = "AWS4-HMAC-SHA256"
const encoder = new TextEncoder()

/** Formats a time for `x-amz-date`. */
export const amzDate = (millis: number): string => new Date(millis).toISOString().replace(/[-:]|\.\d+/g, "")

/**
 * Returns the value of the `authorization` header.
 *
 * **Details**
 *
 * Signs every header that is given; `host` and `x-amz-date` must be among them. The signing key is derived once a day.
 */
export const makeSigner = (scope: Scope): ((request: Signable, keys: Keys, date: string) => Promise<string>) => {
  let derived: { readonly secret: string; readonly day: string; readonly key: Promise<CryptoKey> } | undefined
  const keyFor = (secret: string, day: string): Promise<CryptoKey> => {
    if (derived?.secret !== secret || derived.day !== day) {
      derived = { secret, day, key: signingKey(secret, [day, scope.region, scope.service, "aws4_request"]) }
    }
    return derived.key
  }
  return async (request, { accessKeyId, secretAccessKey }, date) => {
    const names = new Map<string, Array<string>>()
    for (const [name, value] of request.headers) {
      const lower = name.toLowerCase()
      names.set(lower, [...(names.get(lower) ?? []), value.trim().replace(/\s+/g, " ")])
    }
    const headers = [...names].sort(byText)
    const signedHeaders = headers.map(([name]) => name).join(";")
    const canonical = [
      request.method,
      canonicalPath(request.path),
      canonicalQuery(request.query),
      ...headers.map(([name, values]) => `${name}:${values.join(",")}`),
      "",
      signedHeaders,
      await sha256(request.body)
    ].join("\n")
    const day = date.slice(0, 8)
    const credential = `${day}/${scope.region}/${scope.service}/aws4_request`
    const toSign = [algorithm, date, credential, await sha256(encoder.encode(canonical))].join("\n")
    const mac = hex(await hmac(await keyFor(secretAccessKey, day), toSign))
    return `${algorithm} Credential=${accessKeyId}/${credential}, SignedHeaders=${signedHeaders}, Signature=${mac}`
  }
}

/** Returns the SHA-256 of bytes in hexadecimal. */
export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))

const byText = ([a]: readonly [string, ...Array<unknown>], [b]: readonly [string, ...Array<unknown>]): number =>
  a < b ? -1 : a > b ? 1 : 0

/** Drops empty segments, resolves `.` and `..`, and encodes everything else once more. */
const canonicalPath = (path: string): string => {
  const segments: Array<string> = []
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop()
    else if (segment !== "" && segment !== ".") segments.push(encode(segment))
  }
  return `/${segments.join("/")}${segments.length > 0 && path.endsWith("/") ? "/" : ""}`
}

const canonicalQuery = (query: string): string =>
  [...new URLSearchParams(query)]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => byText([a], [b]) || byText([x], [y]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const signingKey = async (secret: string, parts: ReadonlyArray<string>): Promise<CryptoKey> => {
  let key = await hmacKey(encoder.encode(`AWS4${secret}`))
  for (const part of parts) key = await hmacKey(await hmac(key, part))
  return key
}

const hmacKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])

const hmac = async (key: CryptoKey, text: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)))

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
