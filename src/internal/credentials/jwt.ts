/** RS256 tokens, signed with WebCrypto. */
import { withoutEnd } from "../text.ts"

type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()

/** Base64 with the URL alphabet, without padding. */
export const base64Url = (bytes: Uint8Array): string =>
  withoutEnd(btoa(String.fromCharCode(...bytes)), "=")
    .replaceAll("+", "-")
    .replaceAll("/", "_")

const json = (value: unknown): string => base64Url(encoder.encode(JSON.stringify(value)))

/** Signs claims. Rejects if the key is not an RSA private key in PEM. */
export const signJwt = async (pem: string, header: object, claims: object): Promise<string> => {
  const key = await crypto.subtle.importKey(
    "pkcs8",
    pkcs8Of(pem),
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    false,
    ["sign"]
  )
  const content = `${json({ alg: "RS256", typ: "JWT", ...header })}.${json(claims)}`
  const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, encoder.encode(content))
  return `${content}.${base64Url(new Uint8Array(signature))}`
}

const pkcs8Of = (pem: string): Bytes => {
  const match = /-----BEGIN (RSA )?PRIVATE KEY-----([^-]+)-----END (RSA )?PRIVATE KEY-----/.exec(
    pem.replace(/\\n/g, "\n")
  )
  if (match === null) throw new Error("The private key is not PEM text that begins with BEGIN PRIVATE KEY")
  const der = Uint8Array.from(atob((match[2] ?? "").replace(/\s+/g, "")), (char) => char.charCodeAt(0))
  return match[1] === undefined ? der : wrapped(der)
}

/** WebCrypto reads only PKCS #8, so an RSA key in PKCS #1 is wrapped in its envelope. */
const wrapped = (pkcs1: Uint8Array): Bytes => {
  const version = Uint8Array.of(0x02, 0x01, 0x00)
  const rsaEncryption = Uint8Array.of(
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    0x86,
    0x48,
    0x86,
    0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  )
  return der(0x30, version, rsaEncryption, der(0x04, pkcs1))
}

const der = (tag: number, ...contents: ReadonlyArray<Uint8Array>): Bytes => {
  const length = contents.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const digits = length < 0x80 ? [length] : lengthDigits(length)
  return Uint8Array.from([tag, ...digits, ...contents.flatMap((content) => [...content])])
}

const lengthDigits = (length: number): ReadonlyArray<number> => {
  const digits: Array<number> = []
  for (let rest = length; rest > 0; rest >>= 8) digits.unshift(rest & 0xff)
  return [0x80 | digits.length, ...digits]
}
