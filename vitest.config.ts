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

/** What replaces the global `fetch`, of which Effect keeps the first that it sees. */
const needsOwnFetch = ["test/docs.test.ts"]

export default defineConfig({
  plugins: [toSource],
  test: {
    testTimeout: 20_000,
    pool: "threads",
    projects: [
      // Files of a worker share its modules: to load them for each file takes as long as all tests.
      {
        extends: true,
        test: {
          name: "source",
          include: ["test/**/*.test.ts"],
          exclude: [...needsNpm, ...needsOwnFetch],
          isolate: false
        }
      },
      { extends: true, test: { name: "documentation", include: needsOwnFetch } },
      { extends: true, test: { name: "package", include: needsNpm } },
      // One file at a time: they measure, and share services.
      { extends: true, test: { name: "bulk", include: ["test/bulk/*.soak.ts"], fileParallelism: false } }
    ]
  }
})
