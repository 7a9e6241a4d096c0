/** Returns whether the runtime is new enough for the fast client. */
export const hasUndici = (): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}
