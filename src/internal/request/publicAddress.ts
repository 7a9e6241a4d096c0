/** Which addresses are of the public Internet, and which lead into a network that its owner keeps to itself. */

import { withoutEnd } from "../text.ts"

/** Whether a host of a URL, as `URL` writes it, may be public: a name that is not local, or a public address. */
export const isPublicHost = (hostname: string): boolean => {
  const host = withoutEnd(hostname, ".").toLowerCase()
  if (host.startsWith("[")) return isPublicAddress(host.slice(1, -1))
  if (/^[\d.]+$/.test(host)) return isPublicAddress(host)
  return host.includes(".") && !privateSuffix.test(host) && !namesAddress.test(host)
}

/** Of machines, home and company networks, clusters and clouds. */
const privateSuffix =
  /\.(?:localhost|localdomain|local|internal|intranet|private|lan|home|corp|domain|workgroup|arpa|svc|cluster|default|pod|consul|docker|invalid|onion)$/

/** Names whose owner lets everybody choose the address, a private one too. */
const namesAddress =
  /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|traefik\.me|vcap\.me|metadata\.tencentyun\.com)$/

/** Whether an IPv4 or IPv6 address is public. What is neither is not. */
export const isPublicAddress = (address: string): boolean => {
  const v4 = parseV4(address)
  if (v4 !== undefined) return isPublicV4(v4)
  const groups = parseV6(address)
  if (groups === undefined) return false
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  // Mapped, translated (RFC 6052) and 6to4 addresses lead to the IPv4 address within.
  const isZero = a === 0 && b === 0 && c === 0 && d === 0
  if (isZero && (e === 0 || e === 0xffff) && (f === 0 || f === 0xffff)) return isPublicV4(bytesOf(g, h))
  if (a === 0x64 && b === 0xff9b) return c === 0 && d === 0 && e === 0 && f === 0 && isPublicV4(bytesOf(g, h))
  if (a === 0x2002) return isPublicV4(bytesOf(b, c))
  // Of what is assigned, 2000::/3, without documentation, Teredo and the other special ranges of 2001::/23.
  return (a & 0xe000) === 0x2000 && !(a === 0x2001 && (b < 0x200 || b === 0xdb8)) && a !== 0x3fff
}

const bytesOf = (high: number, low: number): ReadonlyArray<number> => [high >> 8, high & 255, low >> 8, low & 255]

const isPublicV4 = ([a = 0, b = 0, c = 0, d = 0]: ReadonlyArray<number>): boolean => {
  switch (a) {
    case 168:
      // Azure answers the machines of its customers there.
      return !(b === 63 && c === 129 && d === 16)
    case 0:
    case 10:
    case 127:
      return false
    case 100:
      return b < 64 || b > 127
    case 169:
      return b !== 254
    case 172:
      return b < 16 || b > 31
    case 192:
      return b !== 168 && !(b === 0 && (c === 0 || c === 2)) && !(b === 88 && c === 99)
    case 198:
      return b !== 18 && b !== 19 && !(b === 51 && c === 100)
    case 203:
      return !(b === 0 && c === 113)
    default:
      return a < 224
  }
}

const parseV4 = (text: string): ReadonlyArray<number> | undefined => {
  const parts = text.split(".")
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
    ? parts.map(Number)
    : undefined
}

const parseV6 = (text: string): ReadonlyArray<number> | undefined => {
  const [before = "", after, more] = text.split("%")[0]?.split("::") ?? []
  if (more !== undefined) return undefined
  const left = groupsOf(before)
  const right = after === undefined ? [] : groupsOf(after)
  if (left === undefined || right === undefined) return undefined
  const missing = 8 - left.length - right.length
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  return [...left, ...Array.from({ length: missing }, () => 0), ...right]
}

/** The groups of a part of an IPv6 address, which may end with an IPv4 address. */
const groupsOf = (text: string): ReadonlyArray<number> | undefined => {
  const groups: Array<number> = []
  for (const group of text === "" ? [] : text.split(":")) {
    const v4 = parseV4(group)
    if (v4 !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = v4
      groups.push((a << 8) | b, (c << 8) | d)
    } else if (/^[\da-f]{1,4}$/i.test(group)) groups.push(Number.parseInt(group, 16))
    else return undefined
  }
  return groups
}
