import { dirname, join, resolve } from "node:path"

/** The repository. Scripts run as one bundle elsewhere, but keep their own path as an argument. */
export const root = join(dirname(resolve(process.argv[1] ?? "")), "../..")
