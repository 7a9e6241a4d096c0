/** Returns the message of a thrown value, in one line. */
export const messageOf = (thrown: unknown): string => {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return text.split("\n")[0] ?? ""
}
