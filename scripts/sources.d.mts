import type { Plugin } from "esbuild"

export declare const root: string
export declare const sourceOf: (specifier: string) => string | undefined
export declare const toSource: Plugin
