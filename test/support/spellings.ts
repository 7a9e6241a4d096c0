/** How a server may write a secret that it repeats. */

const entities = (text: string): string => text.replace(/[^\w]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`)

export const spellings: { readonly [name: string]: (secret: string) => string } = {
  "as it is": (secret) => secret,
  "percent-encoded": encodeURIComponent,
  "percent-encoded twice, in lower case": (secret) =>
    encodeURIComponent(encodeURIComponent(secret)).replace(/%25[\dA-F]{2}/g, (code) => code.toLowerCase()),
  "with slashes escaped": (secret) => JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
  "in HTML entities": entities,
  "in base64, with a user": (secret) => btoa(`user:${secret}`)
}
