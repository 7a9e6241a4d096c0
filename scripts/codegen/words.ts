/** `chat` → `Chat`. */
export const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** `Batches` → `Batch`, `Policies` → `Policy`, `Files` → `File`. */
export const singular = (name: string): string =>
  /(ss|us|is|news)$/i.test(name) || !name.endsWith("s")
    ? name
    : /ies$/.test(name)
      ? name.replace(/ies$/, "y")
      : /(ch|sh|x|ss|us)es$/.test(name)
        ? name.replace(/es$/, "")
        : name.replace(/s$/, "")
