/** A request as a client sends it, without the parts that depend on the client. */
export interface Sent {
  readonly method: string
  readonly path: ReadonlyArray<string>
  readonly query: ReadonlyArray<readonly [string, string]>
  readonly headers: { readonly [name: string]: string }
  readonly contentType: string | undefined
  /** JSON, text, or the parts of a form. */
  readonly body: unknown
}

/** Those that say whose client it is, and what it would like the answer to be. */
const ownHeaders = /^(accept.*|content-.*|connection|host|user-agent|sec-.*|x-stainless-.*)$/

export const sentOf = async (url: string, init: RequestInit | undefined): Promise<Sent> => {
  const request = new Request(url, init?.body == null ? init : Object.assign({}, init, { duplex: "half" }))
  const { pathname, searchParams } = new URL(request.url)
  const contentType = request.headers.get("content-type")?.split(";")[0]
  return {
    method: request.method,
    path: pathname.split("/").map(decodeURIComponent),
    query: byName([...searchParams]),
    headers: Object.fromEntries([...request.headers].filter(([name]) => !ownHeaders.test(name))),
    contentType: init?.body == null ? undefined : contentType,
    body: await bodyOf(request, contentType)
  }
}

const bodyOf = async (request: Request, contentType: string | undefined): Promise<unknown> => {
  if (contentType === "multipart/form-data") {
    const parts = [...(await request.formData())].map(
      async ([name, value]): Promise<ReadonlyArray<string>> =>
        typeof value === "string" ? [name, value] : [name, value.name, value.type, await value.text()]
    )
    return byName(await Promise.all(parts))
  }
  const text = await request.text()
  if (text === "") return undefined
  return contentType === "application/json" ? JSON.parse(text) : text
}

/** Only the order of parameters of one name means something. */
const byName = <A extends ReadonlyArray<string>>(pairs: ReadonlyArray<A>): ReadonlyArray<A> =>
  [...pairs].sort(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0))
