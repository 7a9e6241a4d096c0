import type * as Response from "effect/ai/Response"

/** The parts of a whole answer for those of a stream: what came in pieces is put together. */
export const wholeParts = (parts: ReadonlyArray<Response.StreamPartEncoded>): ReadonlyArray<Response.PartEncoded> => {
  const pieces = new Map<string, Array<string>>()
  return parts.flatMap((part): ReadonlyArray<Response.PartEncoded> => {
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
        pieces.set(part.id, [])
        return []
      case "text-delta":
      case "reasoning-delta":
        pieces.get(part.id)?.push(part.delta)
        return []
      case "text-end":
      case "reasoning-end": {
        const { metadata } = part
        const text = (pieces.get(part.id) ?? []).join("")
        return [
          {
            type: part.type === "text-end" ? "text" : "reasoning",
            text,
            ...(metadata === undefined ? {} : { metadata })
          }
        ]
      }
      case "tool-params-start":
      case "tool-params-delta":
      case "tool-params-end":
      case "error":
        return []
      default:
        return [part]
    }
  })
}
