#!/usr/bin/env node
/** The program `llmfx-emulator`, another name for `llmfx emulator`. */
import { runProgram } from "./program.ts"

await runProgram(["emulator", ...process.argv.slice(2)])
