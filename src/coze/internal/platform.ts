import type { Platform } from "../Coze.ts"

/** Which platform is called, or another place that speaks like one. */
export type Place =
  | { readonly platform: Platform; readonly baseUrl?: undefined }
  | { readonly platform?: undefined; readonly baseUrl: string }

const apis: { readonly [K in Platform]: string } = { com: "https://api.coze.com", cn: "https://api.coze.cn" }

export const apiUrl = (place: Place): string => withoutSlash(place.baseUrl ?? apis[place.platform])

/** Where users sign in: `www.` in place of `api.`. */
export const wwwUrl = (place: Place): string => apiUrl(place).replace("://api.", "://www.")

/** Where sockets are: `ws.` in place of `api.`, and without TLS only where the base URL is. */
export const socketUrl = (place: Place): string => apiUrl(place).replace("://api.", "://ws.").replace(/^http/, "ws")

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")
