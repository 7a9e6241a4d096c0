import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Emulator } from "llmfx/testing"
import { asker } from "./support.ts"

const hi = [{ role: "user", content: "hi" }]
const chat = "/openai/v1/chat/completions"

describe("pages", () => {
  const page = { origin: "http://localhost:5173" }

  it("of this machine may ask, and read what they get", async () => {
    const ask = asker()
    const before = await ask("OPTIONS", chat, undefined, {
      ...page,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, x-stainless-lang"
    })
    assert.strictEqual(before.status, 204)
    assert.strictEqual(before.headers.get("access-control-allow-headers"), "authorization, x-stainless-lang")
    for (const body of [{ model: "m", messages: hi }, {}]) {
      const { headers } = await ask("POST", chat, body, page)
      assert.strictEqual(headers.get("access-control-allow-origin"), page.origin)
      assert.include(headers.get("access-control-expose-headers"), "x-request-id")
    }
  })

  it("of other origins may not, unless they are allowed", async () => {
    const foreign = { origin: "https://app.example" }
    assert.strictEqual((await asker()("GET", "/openai/v1/models", undefined, foreign)).status, 403)
    assert.strictEqual(
      (await asker()("GET", "/openai/v1/models", undefined, { origin: "http://localhost.app.example" })).status,
      403
    )
    const open = asker({ origins: ["https://app.example"] })
    assert.strictEqual((await open("GET", "/openai/v1/models", undefined, foreign)).status, 200)
    assert.strictEqual((await asker({ origins: "any" })("GET", "/openai/v1/models", undefined, foreign)).status, 200)
  })

  it("and probes get a HEAD without a body", async () => {
    const { headers, status, text } = await asker()("HEAD", "/anthropic/v1/models")
    assert.strictEqual(status, 200)
    assert.strictEqual(text, "")
    assert.isNotNull(headers.get("request-id"))
  })
})

describe("the journal", () => {
  it("has what was asked, and how it went, without keys", async () => {
    const ask = asker()
    await ask("POST", chat, { model: "gpt-5.4", messages: hi }, { authorization: "Bearer quince-secret" })
    await ask("POST", "/anthropic/v1/messages", { messages: "hi" })
    const form = new FormData()
    form.set("purpose", "batch")
    form.set("file", new File(["abc"], "a.txt"))
    await ask("POST", "/openai/v1/files", form)
    const { json, text } = await ask("GET", "/__llmfx/journal")
    assert.notInclude(text, "quince-secret")
    const [first, second, third] = json.data
    assert.deepInclude(first, {
      number: 1,
      provider: "openai",
      endpoint: "chat.completions.create",
      path: "/v1/chat/completions",
      status: 200,
      body: { model: "gpt-5.4", messages: hi }
    })
    assert.strictEqual(second.error.type, "invalid_request_error")
    assert.deepInclude(third.body.file, { name: "a.txt", bytes: 3 })
    assert.strictEqual((await ask("DELETE", "/__llmfx/journal")).status, 204)
    assert.deepStrictEqual((await ask("GET", "/__llmfx/journal")).json.data, [])
  })

  it("keeps the last thousand requests", async () => {
    const emulator = await Effect.runPromise(Emulator.make())
    for (let n = 0; n < 1010; n++) await emulator.fetch(new Request("http://localhost/openai/v1/nope"))
    const entries = await Effect.runPromise(emulator.journal)
    assert.strictEqual(entries.length, 1000)
    assert.strictEqual(entries.at(-1)?.number, 1010)
  })
})

describe("replies of a list", () => {
  const tool = (name: string) => ({
    type: "function",
    function: { name, parameters: { type: "object", properties: {} } }
  })

  it("answer the requests that they are for, so that both tools of a program are called", async () => {
    const ask = asker({
      replies: Emulator.repliesOf([
        { when: { after: "tool", contains: "sunny" }, toolCalls: [{ name: "pack", input: { item: "hat" } }] },
        { when: { after: "tool" }, text: "done" },
        { when: { tool: "weather" }, toolCalls: [{ name: "weather", input: { city: "Paris" } }] },
        { failure: { reason: "rateLimit", retryAfter: "2 seconds" } },
        "last"
      ])
    })
    const tools = [tool("weather"), tool("pack")]
    const messages: Array<unknown> = [...hi]
    const said = async () => (await ask("POST", chat, { model: "m", messages, tools })).json.choices[0].message
    const first = await said()
    assert.strictEqual(first.tool_calls[0].function.name, "weather")
    messages.push(first, { role: "tool", tool_call_id: first.tool_calls[0].id, content: "sunny" })
    const second = await said()
    assert.strictEqual(second.tool_calls[0].function.arguments, '{"item":"hat"}')
    messages.push(second, { role: "tool", tool_call_id: second.tool_calls[0].id, content: "ok" })
    assert.strictEqual((await said()).content, "done")
    const limited = await ask("POST", chat, { model: "m", messages: hi })
    assert.strictEqual(limited.status, 429)
    assert.strictEqual(limited.headers.get("retry-after"), "2")
    assert.strictEqual((await ask("POST", chat, { model: "m", messages: hi })).json.choices[0].message.content, "last")
    assert.strictEqual((await ask("POST", chat, { model: "m", messages: hi })).json.choices[0].message.content, "hi")
  })

  it("say what is wrong with the list", () => {
    assert.throws(() => Emulator.repliesOf({}), "The replies are not a list")
    assert.throws(() => Emulator.repliesOf(["a", { txt: "b" }]), 'Reply 2 has the unknown property "txt"')
    assert.throws(() => Emulator.repliesOf([{ failure: "broken" }]), 'Reply 1 has the unknown failure "broken"')
    assert.throws(() => Emulator.repliesOf([{ when: { name: "x" } }]), 'Reply 1 has the unknown condition "name"')
  })
})

describe("what is asked for", () => {
  it("comes: thinking, reasoning, a tool that is demanded after a result, an older function, arguments", async () => {
    const ask = asker()
    const thinking = await ask("POST", "/anthropic/v1/messages", {
      model: "claude-sonnet-5",
      max_tokens: 2048,
      messages: hi,
      thinking: { type: "enabled", budget_tokens: 1024 }
    })
    assert.deepStrictEqual(
      thinking.json.content.map(({ type }: { type: string }) => type),
      ["thinking", "text"]
    )
    const reasoning = await ask("POST", "/openai/v1/responses", {
      model: "gpt-5",
      input: "hi",
      reasoning: { summary: "auto" },
      include: ["reasoning.encrypted_content"]
    })
    assert.strictEqual(reasoning.json.output[0].type, "reasoning")
    assert.isString(reasoning.json.output[0].encrypted_content)
    const fn = { type: "function", function: { name: "now" } }
    const again = await ask("POST", chat, {
      model: "m",
      messages: [
        ...hi,
        { role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name: "now", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "a", content: "x" }
      ],
      tools: [fn],
      tool_choice: "required"
    })
    assert.strictEqual(again.json.choices[0].message.tool_calls[0].function.arguments, "{}")
    const older = await ask("POST", chat, { model: "m", messages: hi, functions: [{ name: "now" }] })
    assert.deepStrictEqual(older.json.choices[0].message.function_call, { name: "now", arguments: "{}" })
    assert.strictEqual(older.json.choices[0].finish_reason, "function_call")
  })

  it("is there with its defaults: null if a property is always sent, ids of the first and last item", async () => {
    const ask = asker()
    const { json } = await ask("POST", "/openai/v1/responses", { model: "m", prompt: { id: "pmpt_1" } })
    const response = (await ask("POST", "/openai/v1/responses", { model: "m", input: "hi" })).json
    assert.strictEqual(json.object, "response")
    assert.deepInclude(response, { error: null, temperature: 1, tools: [], truncation: "disabled", metadata: {} })
    const message = (await ask("POST", "/anthropic/v1/messages", { model: "m", max_tokens: 9, messages: hi })).json
    assert.deepStrictEqual(Object.keys(message.content[0]).sort(), ["text", "type"])
    assert.isObject(message.usage.cache_creation)
    const list = (await ask("GET", "/openai/v1/files")).json
    assert.deepStrictEqual(list, { object: "list", data: [], first_id: null, last_id: null, has_more: false })
  })
})

describe("Coze's authorization server", () => {
  const oauth = "/coze/api/permission/oauth2"
  const redirect = "http://127.0.0.1:9/back"
  const hash = async (text: string) =>
    Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toString("base64url")
  const authorize = async (ask: ReturnType<typeof asker>, more = "") => {
    const query = `response_type=code&client_id=app&redirect_uri=${encodeURIComponent(redirect)}&state=s${more}`
    const { headers, status } = await ask("GET", `${oauth}/authorize?${query}`)
    assert.strictEqual(status, 302)
    const back = new URL(headers.get("location") ?? "")
    assert.strictEqual(back.searchParams.get("state"), "s")
    return back.searchParams.get("code")
  }
  const grant = { grant_type: "authorization_code", client_id: "app", redirect_uri: redirect }

  it("gives tokens for codes and for refresh tokens, each once", async () => {
    const ask = asker()
    const code = await authorize(ask)
    const token = await ask("POST", `${oauth}/token`, { ...grant, code })
    assert.strictEqual(token.status, 200)
    assert.include((await ask("POST", `${oauth}/token`, { ...grant, code })).text, "used before")
    const refresh = { grant_type: "refresh_token", client_id: "app", refresh_token: token.json.refresh_token }
    assert.strictEqual((await ask("POST", `${oauth}/token`, refresh)).status, 200)
    assert.strictEqual((await ask("POST", `${oauth}/token`, refresh)).status, 400)
    const used = { authorization: `Bearer ${token.json.access_token}` }
    assert.strictEqual((await ask("GET", "/coze/v1/workspaces", undefined, used)).json.code, 0)
  })

  it("checks the verifier of PKCE", async () => {
    const ask = asker()
    const more = `&code_challenge=${await hash("verifier")}&code_challenge_method=S256`
    const wrong = { ...grant, code: await authorize(ask, more), code_verifier: "another" }
    assert.include((await ask("POST", `${oauth}/token`, wrong)).text, "not that of the challenge")
    const right = { ...grant, code: await authorize(ask, more), code_verifier: "verifier" }
    assert.strictEqual((await ask("POST", `${oauth}/token`, right)).status, 200)
  })

  it("lets the user of a device decide first", async () => {
    const ask = asker({ jobDuration: "30 millis" })
    const { json } = await ask("POST", `${oauth}/device/code`, { client_id: "app" })
    const poll = {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      client_id: "app",
      device_code: json.device_code
    }
    assert.strictEqual((await ask("POST", `${oauth}/token`, poll)).json.error, "authorization_pending")
    await new Promise((done) => setTimeout(done, 40))
    assert.strictEqual((await ask("POST", `${oauth}/token`, poll)).status, 200)
  })

  it("reads the claims of a JWT", async () => {
    const ask = asker({ keys: { coze: [] } })
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
    const jwt = (claims: unknown) => ({
      authorization: `Bearer ${part({ alg: "RS256", kid: "k" })}.${part(claims)}.c2ln`
    })
    const body = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", duration_seconds: 900 }
    const good = { iss: "app", aud: "api.coze.com", iat: 1, exp: 4e9, jti: "j" }
    assert.strictEqual((await ask("POST", `${oauth}/token`, body, jwt({ ...good, exp: 5 }))).status, 401)
    const token = await ask("POST", `${oauth}/token`, body, jwt(good))
    assert.strictEqual(token.status, 200)
    const used = { authorization: `Bearer ${token.json.access_token}` }
    assert.strictEqual((await ask("GET", "/coze/v1/workspaces", undefined, used)).json.code, 0)
    assert.strictEqual((await ask("GET", "/coze/v1/workspaces")).status, 401)
  })
})

describe("self-hosted Coze Studio", () => {
  const ask = asker({ cozeDialect: "studio", jobDuration: 0 })

  it("finds a chat with GET alone", async () => {
    const { json } = await ask("POST", "/coze/v3/chat", { bot_id: "1", user_id: "u" })
    const query = `conversation_id=${json.data.conversation_id}&chat_id=${json.data.id}`
    assert.strictEqual((await ask("GET", `/coze/v3/chat/retrieve?${query}`)).json.data.status, "completed")
    assert.strictEqual((await ask("POST", `/coze/v3/chat/retrieve?${query}`)).status, 405)
  })

  it("ends a chat with an event of its own, names those of workflows in lower case, writes ids as numbers", async () => {
    const stream = await ask("POST", "/coze/v3/chat", { bot_id: "1", user_id: "u", stream: true })
    assert.include(
      stream.text,
      "event:conversation.stream.done".replace(":", stream.text.includes("event: ") ? ": " : ":")
    )
    const run = await ask("POST", "/coze/v1/workflow/stream_run", { workflow_id: "1" })
    assert.match(run.text, /event: ?message\b/)
    const made = await ask("POST", "/coze/v1/workflow/run", { workflow_id: "1" })
    assert.match(made.text, /"execute_id":\d+/)
  })
})
