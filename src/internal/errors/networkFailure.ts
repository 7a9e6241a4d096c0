/** Tells a broken connection from a mistake of the program: a `fetch` rejects with either, often with the same class. */

/**
 * Codes of connections, in the words of Node, undici, OpenSSL and Bun. Files have codes like theirs, and a request that
 * cannot be sent has one of undici.
 */
const code =
  /^(?:E(?!RR_|NOENT$|ISDIR$|NOTDIR$|EXIST$)[A-Z0-9]+|EAI_[A-Z]+|UND_ERR_(?!INVALID|NOT_SUPPORTED)[A-Z_]+|HPE_[A-Z_]+|ERR_(?:SSL|TLS|SOCKET|HTTP2|STREAM_PREMATURE_CLOSE|NETWORK|CONNECTION|PROXY)[A-Z_]*|Connection[A-Z]\w*|FailedToOpenSocket|Timeout|UnexpectedRedirect|TooManyRedirects)$/

const isOfCertificate = (code: string): boolean => code.includes("CERT") && /^[A-Z_]+$/.test(code)

const names: ReadonlySet<unknown> = new Set(["AbortError", "TimeoutError", "NetworkError", "FetchError"])

/**
 * What a `fetch` says in a TypeError without a code: Node, Chromium, WebKit, Firefox, Deno, workerd and React Native.
 * Other words of a TypeError are those of an engine about the code that it runs.
 */
const typeErrorWords =
  /^(?:fetch failed|terminated|cancelled|failed to fetch|load failed|networkerror |network (?:error|request failed|connection lost)|error (?:sending request|reading a body|decoding response)|connection (?:closed|reset|error)|the (?:network connection was lost|internet connection appears|request timed out)|could not connect to the server|a server with the specified hostname|internal error)/i

/** What other errors without a code say of a connection. */
const phrases =
  /fetch failed|failed to fetch|timed? ?out|hang ?up|premature close|disconnected|unable to connect|redirect|\bE?CONN(?:REFUSED|RESET|ABORTED)\b|^internal error/i
const connections = /\b(?:network|socket|connection|connect|dns|tls)\b/i
const troubles =
  /\b(?:lost|closed|refused|reset|aborted|error|fail(?:ed|ure)?|timed? ?out|unreachable|down|broken|terminated|interrupted|offline)\b/i

const saysConnectionFailed = (message: string): boolean => {
  if (phrases.test(message)) return true
  const connection = connections.exec(message)
  return connection !== null && troubles.test(message.slice(connection.index))
}

const isCodeError = (error: unknown): boolean =>
  error instanceof ReferenceError || error instanceof RangeError || error instanceof SyntaxError

/** Whether an error or one that it wraps is that of a connection. */
export const isOfNetwork = (thrown: unknown): boolean => levelsOf(thrown).some(isLevelOfNetwork)

const isLevelOfNetwork = (error: object): boolean => {
  const {
    code: own,
    message,
    name
  } = error as {
    readonly code?: unknown
    readonly message?: unknown
    readonly name?: unknown
  }
  if (typeof own === "string" && own !== "") return code.test(own) || isOfCertificate(own)
  if (names.has(name)) return true
  if (typeof message !== "string" || isCodeError(error)) return false
  return error instanceof TypeError ? typeErrorWords.test(message) : saysConnectionFailed(message)
}

/** The errors that one wraps, from the outside in. */
export const levelsOf = (thrown: unknown): ReadonlyArray<object> => {
  const levels: Array<object> = []
  let at = thrown
  while (typeof at === "object" && at !== null && levels.length < 6) {
    levels.push(at)
    const { cause, errors } = at as { readonly cause?: unknown; readonly errors?: unknown }
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined)
  }
  return levels
}

/**
 * The error of the program that a failed send or a broken body hides: at the bottom is an error that only code throws,
 * and nothing around it speaks of a connection.
 */
export const programError = (thrown: unknown): unknown => {
  const bottom = levelsOf(thrown).at(-1)
  const isOfCode = bottom instanceof TypeError || isCodeError(bottom)
  return isOfCode && !isOfNetwork(thrown) ? bottom : undefined
}
