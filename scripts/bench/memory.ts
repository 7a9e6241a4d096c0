import { outputOf } from "./child.ts"
import type { Row } from "./measure.ts"
import { hasUndici } from "./nodeVersion.ts"
import { root } from "./paths.ts"

/** Ways to move bytes that must not need much memory. */
export const ways = [
  "upload of a stream",
  "upload of a path",
  "upload of a Blob",
  "upload of a path in parts",
  "download",
  "download to a path",
  "server-sent events",
  "JSON lines"
] as const

/** Returns how much a fresh process grows while it moves this many MiB, in MiB. */
export const growth = (
  way: (typeof ways)[number],
  client: "fetch" | "undici",
  size: number,
  repository: string = root
): Promise<number> => outputOf("memoryRun", [way, client, String(size)], { folder: repository }).then(Number)

const bound = 64

/** Moves a gigabyte each way over loopback. */
export const benchMemory = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const client of hasUndici() ? (["fetch", "undici"] as const) : (["fetch"] as const)) {
    for (const way of ways) {
      const grown = await growth(way, client, 1024)
      rows.push({
        what: `growth of memory over 1 GiB, ${way}${client === "fetch" ? "" : ` over ${client}`}`,
        measured: `${grown} MiB`,
        bar: `≤ ${bound} MiB`,
        holds: grown <= bound
      })
    }
  }
  return rows
}
