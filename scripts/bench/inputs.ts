/** The task of every contender, and the least work that it takes. */
export const key = "bench-key-0123456789"

export const headers = { "content-type": "application/json", authorization: `Bearer ${key}` }

export const inputs = {
  openai: { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "hi" }] },
  anthropic: { model: "claude-sonnet-5", max_tokens: 256, messages: [{ role: "user" as const, content: "hi" }] },
  coze: {
    bot_id: "7380000000000000003",
    user_id: "u1",
    additional_messages: [{ role: "user" as const, content: "hi", content_type: "text" as const }]
  }
}

/** The least work any client does: fetch, cut into events, parse. */
export const bareStream = async (
  url: string,
  body: object,
  onEvent: (event: unknown) => void = () => undefined
): Promise<number> => {
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify({ ...body, stream: true })
  })
  const decoder = new TextDecoder()
  let pending = ""
  let events = 0
  for await (const bytes of response.body ?? []) {
    const lines = (pending + decoder.decode(bytes, { stream: true })).split("\n")
    pending = lines.pop() ?? ""
    for (const line of lines) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue
      onEvent(JSON.parse(line.slice(6)))
      events++
    }
  }
  return events
}
