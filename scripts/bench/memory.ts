import { spawn } from "node:child_process"
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
): Promise<number> =>
  new Promise((resolve, reject) => {
    const args = [
      `${repository}/scripts/run.mjs`,
      `${repository}/scripts/bench/memoryRun.ts`,
      way,
      client,
      String(size)
    ]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    child.stdout.on("data", (text) => {
      output += String(text)
    })
    child.once("error", reject)
    child.once("close", (code) =>
      code === 0 ? resolve(Number(output)) : reject(new Error(`the ${way} over ${client} ended with ${code}`))
    )
  })

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
