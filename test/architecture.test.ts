import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("..", import.meta.url))
const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8")

describe("ARCHITECTURE.md", () => {
  it("names only files and folders that exist", () => {
    const named = page.match(/\b(?:src|scripts|docs|examples|test)\/[\w/.-]*|\b[A-Z]+\.md\b|\bpackage\.json\b/g) ?? []
    const paths = [...new Set(named.map((path) => path.replace(/[.,]$/, "")))]
    expect(paths.length).toBeGreaterThan(40)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it("names every room of the library", () => {
    const foldersOf = (path: string) =>
      readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [`${path}/${entry.name}/`] : []
      )
    const rooms = [...foldersOf("src"), ...foldersOf("src/internal")]
    expect(rooms.length).toBeGreaterThan(20)
    expect(rooms.filter((room) => !page.includes(room))).toEqual([])
  })
})
