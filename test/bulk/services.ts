/** PostgreSQL and Redis of this machine, for the tests of jobs on many machines. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { createServer } from "node:net"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"

const urlOf = (variable: string, local: string): string | undefined => {
  const value = process.env[variable]
  return value === undefined || value === "" ? undefined : value === "1" ? local : value
}

/** A database on the server in which databases can be made. */
export const postgres = urlOf("LLMFX_TEST_POSTGRES", "postgres://root:postgres@127.0.0.1:5432/test")

export const redis = urlOf("LLMFX_TEST_REDIS", "redis://127.0.0.1:6379")

export const onDatabase = <A, E>(url: string, effect: Effect.Effect<A, E, SqlClient.SqlClient>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, PgClient.layer({ url: Redacted.make(url), maxConnections: 2 })))

const command = (url: string, text: string) =>
  onDatabase(
    url,
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text))
  )

/** Makes a database of its own for a test. */
export const makeDatabase = async (
  server: string
): Promise<{ readonly url: string; readonly remove: () => Promise<unknown> }> => {
  const name = `llmfx_bulk_${process.pid}_${Date.now()}`
  await command(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, remove: () => command(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

/** Debian's command for a cluster of PostgreSQL; `undefined` if this machine does not have it, or the user must not. */
const control = (server: string): ((action: "restart" | "stop" | "start") => void) | undefined => {
  if (!["127.0.0.1", "localhost"].includes(new URL(server).hostname) || process.getuid?.() !== 0) return undefined
  if (!existsSync("/usr/bin/pg_ctlcluster")) return undefined
  const version = readdirSync("/etc/postgresql").at(-1) ?? ""
  return (action) => {
    const mode = action === "start" ? [] : ["-m", "fast"]
    execFileSync("pg_ctlcluster", ["--skip-systemctl-redirect", version, "main", action, ...mode], { stdio: "ignore" })
  }
}

/** Stops the server for a while; if that cannot be done, breaks its connections. Says which. */
export const interruptPostgres = async (
  server: string,
  database: string,
  millis: number
): Promise<"stopped" | "cut"> => {
  const run = control(server)
  if (run === undefined) {
    await command(
      database,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return "cut"
  }
  run("stop")
  await new Promise((resolve) => setTimeout(resolve, millis))
  run("start")
  return "stopped"
}

/** A Redis of its own, which can be stopped and started; `undefined` if it is not installed. */
export const startRedis = async (): Promise<
  { readonly url: string; readonly stop: () => Promise<void>; readonly start: () => Promise<void> } | undefined
> => {
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
  let child: ChildProcess
  const start = () =>
    new Promise<void>((resolve, reject) => {
      child = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"], {
        stdio: ["ignore", "pipe", "ignore"]
      })
      child.once("error", reject)
      child.stdout?.on("data", (data) => {
        if (String(data).includes("Ready to accept connections")) resolve()
      })
    })
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once("close", () => resolve())
      child.kill("SIGKILL")
    })
  try {
    await start()
  } catch {
    return undefined
  }
  return { url: `redis://127.0.0.1:${port}`, stop, start }
}
