import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { RequestOptions } from "../../RequestOptions.ts"
import {
  makeScrub,
  type Scrub,
  type Secrets,
  secretsInHeaders,
  secretsInQuery,
  secretsInUrl
} from "../errors/redact.ts"

/**
 * The secrets of one call: its layer's, its options', and what each of its attempts sent. It does not depend on how many
 * other keys the layer sees. They are looked for only once something is printed.
 */
export class CallSecrets {
  readonly #known: Secrets
  readonly #options: Pick<RequestOptions, "baseUrl" | "headers" | "query">
  readonly #credentials: Array<string> = []
  readonly #requests: Array<HttpClientRequest.HttpClientRequest> = []
  #scrub: Scrub | undefined

  constructor(known: Secrets, options: Pick<RequestOptions, "baseUrl" | "headers" | "query">) {
    this.#known = known
    this.#options = options
  }

  /** Takes note of what an attempt authenticates with. */
  addCredentials(secrets: ReadonlyArray<string>): void {
    this.#credentials.push(...secrets)
    this.#scrub = undefined
  }

  /** Takes note of a request as it was sent, with what middleware has added. */
  addRequest(request: HttpClientRequest.HttpClientRequest): void {
    this.#requests.push(request)
    this.#scrub = undefined
  }

  readonly scrub: Scrub = (text) => {
    this.#scrub ??= this.#makeScrub()
    return this.#scrub(text)
  }

  #makeScrub(): Scrub {
    const { baseUrl, headers, query } = this.#options
    return makeScrub({
      values: [
        ...this.#known.values,
        ...secretsInHeaders(headers),
        ...secretsInQuery(query),
        ...(baseUrl === undefined ? [] : secretsInUrl(baseUrl)),
        ...this.#requests.flatMap((request) => secretsInHeaders(request.headers))
      ],
      credentials: [...this.#known.credentials, ...this.#credentials]
    })
  }
}
