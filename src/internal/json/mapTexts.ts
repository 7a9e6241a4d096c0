import { foldJson } from "./foldJson.ts"

/**
 * The value with all strings and property names mapped; the value itself if none changes. A value that has a `toJSON` is
 * mapped by what that returns. Handles deep nesting.
 */
export const mapTexts = (value: unknown, map: (text: string) => string): unknown =>
  foldJson<unknown>(
    value,
    (json, original) => {
      const plain = typeof json === "string" ? map(json) : json
      return plain === json ? original : plain
    },
    (json, parts, original) => {
      const entries = Object.entries(json)
      const isSame = entries.every(([, part], index) => part === parts[index])
      if (Array.isArray(json)) return isSame ? original : parts
      const names = entries.map(([name]) => map(name))
      return isSame && entries.every(([name], index) => name === names[index])
        ? original
        : Object.fromEntries(names.map((name, index) => [name, parts[index]]))
    }
  )
