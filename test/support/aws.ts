/** Plays Amazon's part with Node's own primitives: checks signatures and frames event streams. */
import { createHash, createHmac } from "node:crypto"
import { crc32 } from "node:zlib"

/** A request as a server has it. */
export interface Arrived {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  /** In Latin-1: one character a byte. */
  readonly body: string
}

const sha256 = (text: string): string => createHash("sha256").update(text, "latin1").digest("hex")
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text, "utf8").digest()
const escape = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** Returns the problem of a request's signature, if there is one. */
export const signatureProblem = (
  request: Arrived,
  keys: { readonly [accessKeyId: string]: { readonly secret: string; readonly token?: string } },
  now: number
): string | undefined => {
  const header = (name: string): string => String(request.headers[name] ?? "")
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      header("authorization")
    )
  if (parts === null) return "the authorization header is not of AWS4-HMAC-SHA256"
  const [, id = "", day = "", region = "", service = "", signed = "", given = ""] = parts
  const key = keys[id]
  if (key === undefined) return `the access key ${id} is unknown`
  if (header("x-amz-security-token") !== (key.token ?? "")) return "the security token is wrong"
  const date = header("x-amz-date")
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const at = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
  if (!(Math.abs(at - now) < 300_000)) return `Signature expired: ${date}`
  if (!date.startsWith(day)) return "the date and the scope contradict"
  const names = signed.split(";")
  for (const name of ["host", "x-amz-date", "content-type", "x-amz-security-token"]) {
    if (request.headers[name] !== undefined && !names.includes(name)) return `${name} is not signed`
  }
  if (header("x-amz-content-sha256") !== sha256(request.body)) return "the body is not the one that was signed"
  const [path = "", query = ""] = request.url.split("?")
  const canonical = [
    request.method,
    path.split("/").map(escape).join("/"),
    [...new URLSearchParams(query)]
      .map(([name, value]) => `${escape(name)}=${escape(value)}`)
      .sort()
      .join("&"),
    ...names.map((name) => `${name}:${header(name).trim().replace(/ +/g, " ")}`),
    "",
    signed,
    sha256(request.body)
  ].join("\n")
  const scope = `${day}/${region}/${service}/aws4_request`
  const signingKey = [day, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${key.secret}`)
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(Buffer.from(canonical, "utf8").toString("latin1"))].join("\n")
  return hmac(signingKey, toSign).toString("hex") === given ? undefined : "the signature does not match"
}

/** One frame. Headers are text, or numbers as 32-bit integers. */
export const frame = (
  headers: { readonly [name: string]: string | number },
  payload: string | Uint8Array
): Uint8Array => {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const key = Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name)])
      if (typeof value === "number") {
        const number = Buffer.alloc(5)
        number.writeUInt8(4)
        number.writeInt32BE(value, 1)
        return Buffer.concat([key, number])
      }
      const length = Buffer.alloc(3)
      length.writeUInt8(7)
      length.writeUInt16BE(Buffer.byteLength(value), 1)
      return Buffer.concat([key, length, Buffer.from(value)])
    })
  )
  const body = Buffer.from(payload)
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + head.length + body.length, 0)
  prelude.writeUInt32BE(head.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const checked = Buffer.concat([prelude, head, body])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(checked))
  return new Uint8Array(Buffer.concat([checked, checksum]))
}

/** An event of Bedrock's stream. */
export const chunk = (event: unknown): Uint8Array =>
  frame(
    { ":event-type": "chunk", ":content-type": "application/json", ":message-type": "event" },
    JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString("base64"), p: "abcdefghij" })
  )

/** An exception of Bedrock's stream. */
export const exception = (type: string, body: object): Uint8Array =>
  frame(
    { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" },
    JSON.stringify(body)
  )

export const joined = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(parts))
