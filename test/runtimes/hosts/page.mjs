/** Offers the program to a page. */
import { run } from "../program.mjs"

globalThis.runProgram = run
