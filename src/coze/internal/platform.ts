import { withoutEnd } from "../../internal/text.ts"
import type { Platform } from "../Coze.ts"

/** A platform, or the base URL of a compatible server. */
export type Place =
  | { readonly platform: Platform; readonly baseUrl?: undefined }
  | { readonly platform?: undefined; readonly baseUrl: string }

const apis: { readonly [K in Platform]: string } = { com: "https://api.coze.com", cn: "https://api.coze.cn" }

export const apiUrl = (place: Place): string => withoutEnd(place.baseUrl ?? apis[place.platform], "/")

/** The URL where users sign in: `www.` instead of `api.`. */
export const wwwUrl = (place: Place): string => apiUrl(place).replace("://api.", "://www.")

/** The URL of the sockets: `ws.` instead of `api.`, without TLS only if the base URL has none. */
export const socketUrl = (place: Place): string => apiUrl(place).replace("://api.", "://ws.").replace(/^http/, "ws")
