// @ts-check
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/**
 * Installs the packages of a folder with a lockfile of its own, unless they are there.
 *
 * @param {string} folder
 * @param {ReadonlyArray<string>} [options]
 */
export const installPackages = (folder, options = []) => {
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8")
  const installed = join(folder, "node_modules/.installed-lock.json")
  if (existsSync(installed) && readFileSync(installed, "utf8") === lock) return
  console.log(`installing the packages of ${folder}`)
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...options], {
    cwd: folder,
    stdio: "inherit"
  })
  if (status !== 0) throw new Error(`npm ci failed in ${folder}. It needs the npm registry.`)
  writeFileSync(installed, lock)
}
