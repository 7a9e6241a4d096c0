/**
 * Bundles the program `llmfx`: what reads the arguments, with the parts of `effect` that it needs, in one file, because
 * finding and loading a hundred small files takes longer than to run them. The tasks stay modules of their own.
 */
import { dirname, join } from "node:path"
import { rolldown } from "rolldown"
import { source } from "./modules.ts"

/** Writes the programs of package.json's `bin`. */
export const bundleProgram = async (dist: string): Promise<void> => {
  const build = await rolldown({
    input: {
      NodeMain: join(source, "cli/NodeMain.ts"),
      NodeEmulatorMain: join(source, "cli/NodeEmulatorMain.ts")
    },
    plugins: [
      {
        name: "tasks",
        resolveId: (id, importer) =>
          id.startsWith("./tasks/") && importer !== undefined
            ? { id: join(dirname(importer), id).replace(/\.ts$/, ".js"), external: "relative" }
            : undefined
      }
    ],
    platform: "node"
  })
  await build.write({
    dir: join(dist, "cli"),
    format: "esm",
    minify: true,
    comments: false,
    chunkFileNames: "[name].js"
  })
  await build.close()
}
