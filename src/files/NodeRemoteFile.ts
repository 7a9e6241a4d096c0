/**
 * Keeps Node's HTTP clients to the public Internet by the address that a name is resolved to: nobody can point a name of
 * their own into the network of the program, not even between a check and the connection.
 *
 * Give `lookup` to the agent of the `HttpClient` that a `RemoteFile` is fetched with. The `fetch` of other runtimes, and
 * Node's own without a dispatcher, does not let a program see the address: there only names are checked.
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import * as NodeRemoteFile from "llmfx/files/NodeRemoteFile"
 *
 * const http = NodeHttpClient.layerNodeHttpOptions({ lookup: NodeRemoteFile.lookup })
 * ```
 */
import * as dns from "node:dns"
import type { LookupFunction } from "node:net"
import { isPublicAddress } from "../internal/request/publicAddress.ts"

/**
 * Resolves a name like Node does. Fails with `EACCES` if any of its addresses is not public.
 *
 * @category constants
 */
export const lookup: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, [])
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) {
      const refused = new Error(`${hostname} does not resolve to a public address`)
      return callback(Object.assign(refused, { code: "EACCES" }), [])
    }
    const [first] = addresses
    if (options.all === true || first === undefined) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}
