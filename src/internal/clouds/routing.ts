/** Shared by the routes to other back ends. */
import { RequestError } from "../../ApiError.ts"
import type { Route } from "../request/wire.ts"

/** Encodes one path segment. Characters that a path may contain stay, such as the colon in a model's version. */
export const pathSegment = (name: string, value: unknown): string => {
  if (typeof value !== "string" || value === "" || value === "." || value === "..") {
    throw new RequestError({ message: `${name} must be part of the path, so it cannot be ${JSON.stringify(value)}` })
  }
  try {
    return value.replace(/[^\w.~!$&'()*+,;=:@-]+/g, encodeURIComponent)
  } catch {
    throw new RequestError({ message: `${name} is not valid Unicode text` })
  }
}

/** Replaces the endpoint's path in a URL and keeps the base URL's prefix. */
export const replacePath = (url: URL, endpointPath: string, path: string): URL => {
  const [own = ""] = endpointPath.split("?")
  const copy = new URL(url)
  copy.pathname = copy.pathname.slice(0, copy.pathname.length - own.length) + path
  return copy
}

/** Removes a query parameter and leaves the others as they are written. */
export const withoutQuery = (url: URL, name: string): URL => {
  const copy = new URL(url)
  const parts = copy.search.slice(1).split("&")
  copy.search = parts.filter((part) => part !== name && !part.startsWith(`${name}=`)).join("&")
  return copy
}

/** Removes headers. */
export const withoutHeaders = (
  headers: { readonly [name: string]: string },
  ...names: ReadonlyArray<string>
): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

/** Refuses to send a cloud's credential to another origin that a single call names. */
export const pinnedTo =
  (baseUrl: string, route: Route): Route =>
  (draft, endpoint) => {
    const { origin } = new URL(baseUrl)
    if (draft.url.origin !== origin) {
      throw new RequestError({
        message: `This layer's credentials are for ${origin}: give another base URL to the layer, not to the call`
      })
    }
    return route(draft, endpoint)
  }
