/** The states of work that a server does on its own. */

/** States in which work goes on, without their separators: all others are final, known to the library or not. */
const underWay: ReadonlySet<string> = new Set([
  "",
  "cancelling",
  "canceling",
  "created",
  "creating",
  "finalizing",
  "importing",
  "indexing",
  "inprogress",
  "initializing",
  "notrunning",
  "notstarted",
  "paused",
  "pending",
  "preparing",
  "processing",
  "queued",
  "running",
  "scheduled",
  "started",
  "starting",
  "submitted",
  "uploaded",
  "uploading",
  "validating",
  "validatingfiles",
  "waiting"
])

/** Whether work goes on, in any spelling. A state that is left out is not final. */
export const isUnderWay = (status: string | null | undefined): boolean =>
  underWay.has((status ?? "").toLowerCase().replace(/[\s_-]/g, ""))
