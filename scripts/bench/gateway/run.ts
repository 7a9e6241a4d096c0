/**
 * Runs one client against the slow server, in its own process, and prints what that took as JSON.
 *
 *     node scripts/run.mjs scripts/bench/gateway/run.ts <client> <provider> <streams|calls|idle> <count> <url>
 */
import type { MakeContender } from "./contender.ts"
import { textOfEvent } from "./events.ts"
import type { Client, Load, Provider, Usage } from "./gateway.ts"

const [client, provider, load, count, url] = process.argv.slice(2) as [Client, Provider, Load, string, string]
const total = Number(count)

/** A process loads its own client and no other, so that its memory is that of a program that uses it. */
const makers: { readonly [C in Client]: () => Promise<MakeContender> } = {
  llmfx: async () => (await import("./llmfx.ts")).make,
  "llmfx over undici": async () => (await import("./llmfx.ts")).makeOverUndici,
  official: async () => (await import("./official.ts")).make,
  "bare fetch": async () => (await import("./bare.ts")).make,
  ai: async () => (await import("./vercel.ts")).make
}

const delays: Array<number> = []

/** Notes how long an event was on its way. */
const arrived = (event: unknown): void => {
  const text = typeof event === "string" ? event : textOfEvent(provider, event)
  const sent = text === undefined ? null : /@(\d+)/.exec(text)
  if (sent !== null) delays.push((performance.timeOrigin + performance.now()) * 1000 - Number(sent[1]))
}

/** Runs `run` `total` times, at most `concurrency` at once. */
const many = async (concurrency: number, run: () => Promise<unknown>): Promise<void> => {
  let left = total
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, total) }, worker))
}

const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) / 1000
}

/** Resident memory in MiB, without garbage. */
const memoryNow = async (): Promise<number> => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return process.memoryUsage().rss / 2 ** 20
}

const { call, stream } = await (await makers[client]())(provider, url)

/** What `total` streams hold that wait after their first event, in MiB. */
const idleMemory = async (): Promise<number> => {
  let opened = 0
  const open = () =>
    new Promise<void>((resolve, reject) => {
      stream(() => {
        opened++
        resolve()
      }).catch(reject)
    })
  for (let index = 0; index < 50; index++) await open()
  const before = await memoryNow()
  opened = 0
  while (opened < total) await Promise.all(Array.from({ length: Math.min(100, total - opened) }, open))
  return (await memoryNow()) - before
}

const measure = async (): Promise<Usage> => {
  if (load === "idle") return { cpu: 0, memory: await idleMemory(), p50: 0, p99: 0 }
  const run = load === "calls" ? call : () => stream(arrived)
  // Compiles what the first call compiles, and opens a connection.
  await run()
  delays.length = 0
  const begun = process.cpuUsage()
  await many(load === "calls" ? 200 : total, run)
  const { system, user } = process.cpuUsage(begun)
  return {
    cpu: (system + user) / 1e6,
    memory: process.resourceUsage().maxRSS / 1024,
    p50: quantile(delays, 0.5),
    p99: quantile(delays, 0.99)
  }
}

process.stdout.write(JSON.stringify(await measure()), () => process.exit(0))
