/** Many slow streams at once, and many slow calls at once: what a gateway does all day. */
import { outputOf } from "../child.ts"
import { median, plainRow, type Row, ratioRow } from "../measure.ts"
import { hasUndici } from "../nodeVersion.ts"
import { startServer } from "../servers.ts"

export type Provider = "openai" | "anthropic" | "coze"
export type Client = "llmfx" | "llmfx over undici" | "official" | "bare fetch" | "ai"
export type Load = "streams" | "calls" | "idle"

/**
 * The cost of a run: CPU seconds, memory in MiB (the peak, or what idle streams hold), and milliseconds from the sending
 * of an event to its consumer.
 */
export interface Usage {
  readonly cpu: number
  readonly memory: number
  readonly p50: number
  readonly p99: number
}

export interface GatewayOptions {
  readonly streams: number
  readonly events: number
  /** Milliseconds between two events of a stream. */
  readonly gap: number
  readonly calls: number
  /** Milliseconds until the server answers a call. */
  readonly latency: number
  /** Streams that wait after their first event. */
  readonly idle: number
  readonly rounds: number
}

const usageOf = async (client: Client, provider: Provider, load: Load, count: number, url: string): Promise<Usage> => {
  const flags = load === "idle" ? ["--expose-gc"] : []
  return JSON.parse(await outputOf("gateway/run", [client, provider, load, `${count}`, url], { flags })) as Usage
}

const clientsOf = (provider: Provider): ReadonlyArray<Client> => [
  "bare fetch",
  "official",
  "llmfx",
  ...(hasUndici() ? (["llmfx over undici"] as const) : []),
  ...(provider === "coze" ? [] : (["ai"] as const))
]

/** The median usage of each client; the clients take turns, each run in a process of its own. */
const compare = async (provider: Provider, load: Load, count: number, rounds: number, url: string) => {
  const runs = new Map<Client, Array<Usage>>()
  for (let round = 0; round < rounds; round++) {
    for (const client of clientsOf(provider)) {
      runs.set(client, [...(runs.get(client) ?? []), await usageOf(client, provider, load, count, url)])
    }
  }
  return (client: Client): Usage | undefined => {
    const found = runs.get(client)
    if (found === undefined) return undefined
    const middle = (name: keyof Usage) => median(found.map((usage) => usage[name]))
    return { cpu: middle("cpu"), memory: middle("memory"), p50: middle("p50"), p99: middle("p99") }
  }
}

const defaults: GatewayOptions = { streams: 300, events: 200, gap: 10, calls: 2000, latency: 50, idle: 5000, rounds: 3 }

export const benchGateway = async (given: Partial<GatewayOptions> = {}): Promise<ReadonlyArray<Row>> => {
  const { calls, events, gap, idle, latency, rounds, streams } = { ...defaults, ...given }
  const server = await startServer("gateway/server", [events, gap, latency].map(String))
  const rows: Array<Row> = []
  for (const provider of ["openai", "anthropic", "coze"] as const) {
    for (const [load, count] of [
      ["streams", streams],
      ["calls", calls]
    ] as const) {
      const usage = await compare(provider, load, count, rounds, server.url)
      const [bare, official, own] = [usage("bare fetch"), usage("official"), usage("llmfx")]
      if (bare === undefined || official === undefined || own === undefined) continue
      const what =
        load === "streams"
          ? `${provider}, ${count} streams of ${events} events, ${gap} ms apart`
          : `${provider}, ${count} calls, 200 at once, ${latency} ms each`
      rows.push(
        ratioRow(`${what}: CPU ÷ official SDK`, own.cpu / official.cpu, 0.85, "most"),
        ratioRow(`${what}: CPU ÷ bare fetch`, own.cpu / bare.cpu, 1.2, "most"),
        ratioRow(`${what}: peak memory ÷ official SDK`, own.memory / official.memory, 1, "most")
      )
      if (load === "streams") {
        rows.push(
          ratioRow(`${what}: p99 of delivery ÷ official SDK`, own.p99 / official.p99, 1, "most"),
          plainRow(`${what}: p50 of delivery ÷ official SDK`, own.p50 / official.p50)
        )
      }
      for (const client of ["llmfx over undici", "ai"] as const) {
        const other = usage(client)
        if (other !== undefined)
          rows.push(plainRow(`${what}: CPU of ${client} ÷ official SDK`, other.cpu / official.cpu))
      }
    }
  }
  server.stop()
  rows.push(...(await idleRows(idle, rounds)))
  return rows
}

/** An hour between two events. */
const silence = 3_600_000

const idleRows = async (count: number, rounds: number): Promise<ReadonlyArray<Row>> => {
  const server = await startServer("gateway/server", ["2", `${silence}`, "0"])
  const usage = await compare("openai", "idle", count, rounds, server.url)
  server.stop()
  const [official, own] = [usage("official"), usage("llmfx")]
  if (official === undefined || own === undefined) return []
  const kilobytes = (memory: number) => ((memory * 1024) / count).toFixed(0)
  const what = `${count} idle streams: memory ÷ official SDK`
  return [
    ratioRow(
      `${what} (${kilobytes(own.memory)} and ${kilobytes(official.memory)} KiB a stream)`,
      own.memory / official.memory,
      1,
      "most"
    )
  ]
}
