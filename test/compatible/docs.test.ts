/** The page about compatible servers says what their tests play. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { servers } from "./servers.ts"

const page = readFileSync(new URL("../../docs/compatible.md", import.meta.url), "utf8")

/** The cells of each row of the table, by the name of the server. */
const rows = new Map(
  page
    .split("\n")
    .filter((line) => /^\| (?!server|---)/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, name = "", ...cells]) => [name, cells])
)

describe("docs/compatible.md", () => {
  it("has a row for each server, and no other", () => {
    expect([...rows.keys()].sort()).toStrictEqual(servers.map(({ name }) => name).sort())
  })

  it.each(servers.map((server) => [server.name, server] as const))("says whether %s has embeddings", (name, server) => {
    expect(rows.get(name)?.[2] !== "no").toBe(server.embeddings !== undefined)
  })

  it("names Coze Studio", () => expect(page).toContain("Coze Studio"))
})
