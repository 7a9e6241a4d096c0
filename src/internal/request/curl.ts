import type { RequestSummary } from "../../ApiError.ts"

const bodies = new WeakMap<RequestSummary, () => string>()

/** Keeps the JSON body for `toCurl` outside the summary, so that printing an error does not print the input. */
export const rememberBody = (request: RequestSummary, body: () => string): void => {
  bodies.set(request, body)
}

/** One argument of a POSIX shell, whatever is in it. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export const toCurl = (request: RequestSummary): string => {
  // `--globoff` and `--data-raw` keep curl from giving brackets and a leading @ a meaning of their own.
  const lines = [`curl --globoff -X ${quote(request.method)} --url ${quote(request.url)}`]
  for (const [name, value] of Object.entries(request.headers)) lines.push(`-H ${quote(`${name}: ${value}`)}`)
  const body = bodies.get(request)
  if (body !== undefined) lines.push(`--data-raw ${quote(body())}`)
  return lines.join(" \\\n  ")
}
