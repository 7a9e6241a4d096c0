import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What installs packages, and so may need the network. */
const needsNpm = ["test/consumer.test.ts"]

export default defineConfig({
  resolve: {
    alias: [
      { find: /^llmfx\/(openai|anthropic|coze|testing)$/, replacement: source("./src/$1/index.ts") },
      { find: /^llmfx\/(.+)$/, replacement: source("./src/$1.ts") },
      { find: /^llmfx$/, replacement: source("./src/index.ts") }
    ]
  },
  test: {
    testTimeout: 20_000,
    pool: "threads",
    projects: [
      { extends: true, test: { name: "source", include: ["test/**/*.test.ts"], exclude: needsNpm } },
      { extends: true, test: { name: "package", include: needsNpm } }
    ]
  }
})
