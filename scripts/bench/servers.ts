import { fork } from "node:child_process"
import { root } from "./paths.ts"

/** Starts a server of this folder in its own process. */
export const startServer = (
  name: "server" | "memoryServer" | "gateway/server" = "server",
  args: ReadonlyArray<string> = []
): Promise<{ readonly url: string; readonly stop: () => void }> =>
  new Promise((resolve, reject) => {
    const child = fork(`${root}/scripts/run.mjs`, [`${root}/scripts/bench/${name}.ts`, ...args])
    child.once("error", reject)
    child.once("message", (message: { readonly port: number }) =>
      resolve({ url: `http://127.0.0.1:${message.port}`, stop: () => child.disconnect() })
    )
  })
