import { lookup as resolve } from "node:dns"
import * as Http from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as NodeRemoteFile from "llmfx/files/NodeRemoteFile"
import * as RemoteFile from "llmfx/files/RemoteFile"

/** The first and the last address of each special range of IPv4, and machines with a special meaning. */
const privateV4 = [
  "0.0.0.0 0.255.255.255",
  "10.0.0.0 10.255.255.255",
  "100.64.0.0 100.127.255.255 100.100.100.200",
  "127.0.0.0 127.255.255.255",
  "169.254.0.0 169.254.255.255 169.254.169.254 169.254.170.2",
  "172.16.0.0 172.31.255.255",
  "192.0.0.0 192.0.0.255 192.0.0.192",
  "192.0.2.0 192.0.2.255",
  "192.88.99.0 192.88.99.255",
  "192.168.0.0 192.168.255.255",
  "198.18.0.0 198.19.255.255",
  "198.51.100.0 198.51.100.255",
  "203.0.113.0 203.0.113.255",
  "224.0.0.0 239.255.255.255",
  "240.0.0.0 255.255.255.255",
  "168.63.129.16"
].flatMap((range) => range.split(" "))

const publicV4 =
  "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255".split(
    " "
  )

/** The groups of IPv6 that hold an IPv4 address, in hexadecimal. */
const groupsOf = (v4: string): string => {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split(".").map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

/** The ways to write an IPv4 address in IPv6: mapped, translated, compatible, NAT64, 6to4. */
const inV6: { readonly [name: string]: (v4: string) => string } = {
  mapped: (v4) => `::ffff:${v4}`,
  "mapped, in hexadecimal": (v4) => `::ffff:${groupsOf(v4)}`,
  "mapped, in full": (v4) => `0:0:0:0:0:FFFF:${groupsOf(v4)}`,
  translated: (v4) => `::ffff:0:${groupsOf(v4)}`,
  compatible: (v4) => `::${v4}`,
  "behind NAT64": (v4) => `64:ff9b::${v4}`,
  "of 6to4": (v4) => `2002:${groupsOf(v4)}::1`
}

const privateV6 =
  ":: ::1 fe80::1 fe80::1%eth0 febf::1 fec0::1 fc00::1 fd00:ec2::254 fdff::1 ff02::1 100::1 64:ff9b:1::8.8.8.8 2001::1 2001:1ff::1 2001:db8::1 2001:db8:ffff::1 3fff::1 3fff:fff::1 4000::1 5f00::1 e000::1".split(
    " "
  )
const publicV6 = "2000::1 2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1 3ffe::1".split(" ")

const names: { readonly [kind: string]: ReadonlyArray<string> } = {
  "local machine": [
    "localhost",
    "localhost.",
    "localhost..",
    "LOCALHOST",
    "a.localhost",
    "ip6-localhost",
    "x.localdomain"
  ],
  "local network": [
    "printer",
    "printer.local",
    "nas.lan",
    "a.home",
    "a.home.arpa",
    "a.corp",
    "a.intranet",
    "a.private"
  ],
  cluster: ["kubernetes.default", "kubernetes.default.svc", "a.b.svc.cluster.local", "a.consul", "a.docker", "a.pod"],
  cloud: ["metadata.google.internal", "instance-data.ec2.internal", "metadata.tencentyun.com", "a.b.compute.internal."],
  "anybody's choice": ["127.0.0.1.nip.io", "10-0-0-1.sslip.io", "a.localtest.me", "a.lvh.me", "10.0.0.1.traefik.me"]
}

const isPublic = (host: string): boolean => RemoteFile.isPublic(new URL(`http://${host}/x`))

describe("the host of a file that a user chooses", () => {
  for (const address of privateV4) {
    it(`must not be ${address}, however it is written`, () => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number)
      const number = ((a << 24) >>> 0) + (b << 16) + (c << 8) + d
      for (const host of [
        address,
        `${address}.`,
        String(number),
        `0x${number.toString(16)}`,
        `${a}.${number & 0xffffff}`
      ]) {
        assert.isFalse(isPublic(host), host)
      }
      assert.isFalse(RemoteFile.isPublicAddress(address))
      for (const [name, write] of Object.entries(inV6)) {
        assert.isFalse(RemoteFile.isPublicAddress(write(address)), name)
        assert.isFalse(isPublic(`[${write(address)}]`), name)
      }
    })
  }

  for (const address of publicV4) {
    it(`may be ${address}`, () => {
      assert.isTrue(isPublic(address))
      for (const [name, write] of Object.entries(inV6)) assert.isTrue(isPublic(`[${write(address)}]`), name)
    })
  }

  it("must not be a special address of IPv6", () => {
    for (const address of privateV6) assert.isFalse(RemoteFile.isPublicAddress(address), address)
    for (const address of publicV6) assert.isTrue(RemoteFile.isPublicAddress(address), address)
  })

  for (const [kind, hosts] of Object.entries(names)) {
    it(`must not be a name of ${kind}`, () => {
      for (const host of hosts) assert.isFalse(isPublic(host), host)
    })
  }

  it("may be a name of the Internet, also one that looks like a private one", () => {
    for (const host of [
      "example.com",
      "internal.example.com",
      "local.example.org",
      "mynip.io",
      "xn--bcher-kva.example"
    ]) {
      assert.isTrue(isPublic(host), host)
    }
  })
})

describe("lookup of NodeRemoteFile", () => {
  const lookup = (host: string, all: boolean) =>
    new Promise<{ readonly code: string | undefined; readonly address: unknown; readonly family: unknown }>((done) =>
      NodeRemoteFile.lookup(host, { all }, (error, address, family) => done({ code: error?.code, address, family }))
    )

  it("refuses a name that resolves to an address that is not public", async () => {
    for (const host of ["localhost", "127.0.0.1", "::1", "169.254.169.254"]) {
      for (const all of [true, false]) assert.strictEqual((await lookup(host, all)).code, "EACCES", host)
    }
  })

  it("gives public addresses in the form that is asked for", async () => {
    assert.deepStrictEqual(await lookup("8.8.8.8", true), {
      code: undefined,
      address: [{ address: "8.8.8.8", family: 4 }],
      family: undefined
    })
    assert.deepInclude(await lookup("8.8.8.8", false), { address: "8.8.8.8", family: 4 })
  })

  it("passes on that a name does not resolve", async () => {
    const error = await new Promise<NodeJS.ErrnoException | null>((done) =>
      resolve("no.invalid", (error) => done(error))
    )
    assert.strictEqual((await lookup("no.invalid", true)).code, error?.code)
  })

  it("keeps an agent from connecting to a name of the local machine", async () => {
    const server = Http.createServer((_, response) => response.end("secret"))
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const { port } = server.address() as { readonly port: number }
    const agent = new Http.Agent({ lookup: NodeRemoteFile.lookup } as Http.AgentOptions)
    const code = await new Promise((done) =>
      Http.get({ host: "localhost", port, agent }, () => done("answered")).on("error", (error: NodeJS.ErrnoException) =>
        done(error.code)
      )
    )
    server.close()
    assert.strictEqual(code, "EACCES")
  })
})
