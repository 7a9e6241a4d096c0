import { base64Url } from "../../internal/credentials/jwt.ts"

export { signJwt } from "../../internal/credentials/jwt.ts"

/** Returns random bytes as hexadecimal digits. */
export const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Returns the S256 challenge of a PKCE verifier. */
export const challengeOf = async (verifier: string): Promise<string> =>
  base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))))
