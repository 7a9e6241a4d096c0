#!/usr/bin/env node
/** The program `llmfx`. */
import { runProgram } from "./program.ts"

await runProgram(process.argv.slice(2))
