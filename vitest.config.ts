import { defineConfig, type Plugin } from "vitest/config"
import { sourceOf } from "./scripts/sources.mjs"

/** Imports of the package lead to its sources. */
const toSource: Plugin = {
  name: "llmfx-source",
  enforce: "pre",
  resolveId: (id) => sourceOf(id) ?? null
}

/** What installs packages, and so may need the network. */
const needsNpm = ["test/consumer.test.ts"]

export default defineConfig({
  plugins: [toSource],
  test: {
    testTimeout: 20_000,
    pool: "threads",
    projects: [
      { extends: true, test: { name: "source", include: ["test/**/*.test.ts"], exclude: needsNpm } },
      { extends: true, test: { name: "package", include: needsNpm } },
      // One file at a time: they measure, and share services.
      { extends: true, test: { name: "bulk", include: ["test/bulk/*.soak.ts"], fileParallelism: false } }
    ]
  }
})
