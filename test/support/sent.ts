import type { FakeHttp } from "./FakeHttp.ts"

/** The JSON body of a request that has been sent. */
export const sentBody = <A extends object = { readonly [field: string]: unknown }>(http: FakeHttp, index = 0): A => {
  const body = http.sent[index]?.body
  if (typeof body !== "object" || body === null) throw new Error(`request ${index} has no JSON body`)
  return body as A
}
