import type { Handlers } from "../exchange.ts"
import { batches } from "./batches.ts"
import { chatCompletions } from "./chatCompletions.ts"
import { files } from "./files.ts"
import { others } from "./others.ts"
import { responses } from "./responses.ts"
import { threads } from "./threads.ts"

export const openAiHandlers: Handlers = {
  ...chatCompletions,
  ...responses,
  ...files,
  ...batches,
  ...threads,
  ...others
}
