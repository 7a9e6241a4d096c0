/** Runs the program on Node, Bun and Deno: the settings are the last argument, the results the last line. */
import process from "node:process"
import { run } from "../program.mjs"

console.log(JSON.stringify(await run(JSON.parse(process.argv.at(-1)))))
process.exit(0)
