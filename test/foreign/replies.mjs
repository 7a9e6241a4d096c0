/** How often a check can ask for a text whose first request fails. */
const busyTexts = 40

/** The replies of the emulated model, which repeats anything else. */
export const replies = [
  {
    when: { contains: "too much" },
    failure: { reason: "rateLimit", message: "Slow down.", retryAfter: "1 second" }
  },
  ...Array.from({ length: busyTexts }, (_, index) => ({
    when: { contains: `once busy ${index}.` },
    times: 1,
    failure: { reason: "overloaded", message: "Busy." }
  })),
  { when: { after: "tool", tool: "weather" }, text: "It is 21 degrees in Paris." },
  { when: { tool: "weather" }, toolCalls: [{ name: "weather", input: { city: "Paris" } }] },
  ...["person", "json", "format_output"].map((tool) => ({
    when: { tool },
    toolCalls: [{ name: tool, input: { name: "Ada", age: 36 } }]
  })),
  { when: { contains: "Who is Ada?" }, text: '{"name":"Ada","age":36}' }
]
