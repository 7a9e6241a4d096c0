import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { FileSource, RequestOptions, RetryPolicy } from "llmfx"
import { Anthropic, Messages } from "llmfx/anthropic"
import { AudioSpeech, ChatCompletions, Files, Models, OpenAi } from "llmfx/openai"
import { Cassette, Emulator, Faults, Mock, Reply } from "llmfx/testing"
import { reasonOf } from "../support/errors.ts"

/** Without the form of any maker's keys, so that only knowing it helps. */
const secret = "quince0123456789marrow"
const path = "recordings/test.json"

const question = (content: string) => ({ model: "gpt-5.4-mini", messages: [{ role: "user" as const, content }] })

/** Files in memory. */
const memory = (files: Map<string, string> = new Map()) =>
  FileSystem.layerNoop({
    exists: (path) => Effect.succeed(files.has(path)),
    makeDirectory: () => Effect.void,
    readFileString: (path) => Effect.sync(() => files.get(path) ?? ""),
    writeFileString: (path, text) => Effect.sync(() => void files.set(path, text))
  })

const layerOf = (
  options: Omit<Cassette.Options, "path"> & { readonly path?: string },
  network: Layer.Layer<HttpClient.HttpClient>
) =>
  Layer.mergeAll(
    OpenAi.layer({ apiKey: Redacted.make(secret), retry: RetryPolicy.none }),
    Anthropic.layer({ apiKey: Redacted.make(secret), retry: RetryPolicy.none })
  ).pipe(Layer.provide(Cassette.layer({ path, ...options })), Layer.provide(network))

type Services = OpenAi | Anthropic

interface Session {
  readonly files: Map<string, string>
  readonly record: <A, E>(program: Effect.Effect<A, E, Services>) => Effect.Effect<A, unknown>
  readonly replay: <A, E>(
    program: Effect.Effect<A, E, Services>,
    options?: Omit<Cassette.Options, "path">
  ) => Effect.Effect<A, unknown>
}

const noServer = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make(() => Effect.die(new Error("the network was used")))
)

const session = (network: Layer.Layer<HttpClient.HttpClient> = Emulator.layer()): Session => {
  const files = new Map<string, string>()
  return {
    files,
    record: (program) =>
      Effect.provide(program, layerOf({ mode: "record" }, network)).pipe(Effect.provide(memory(files))),
    replay: (program, options = {}) =>
      Effect.provide(program, layerOf(options, noServer)).pipe(Effect.provide(memory(files)))
  }
}

const defectOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) && Cause.hasDies(exit.cause) ? Cause.pretty(exit.cause) : ""

describe("the matchers of a cassette", () => {
  const { body, bodyIgnoring, path: pathMatcher } = Cassette.matchers
  const request = (url: string, sent?: Cassette.Body): Cassette.RecordedRequest => ({
    method: "POST",
    url: `https://api.openai.com${url}`,
    headers: {},
    ...(sent === undefined ? {} : { body: sent })
  })

  it("compare paths decoded, without mixing up slashes", () => {
    assert.isTrue(pathMatcher.matches(request("/models/a%3Ab"), request("/models/a:b")))
    assert.isFalse(pathMatcher.matches(request("/models/a%2Fb"), request("/models/a/b")))
    assert.isFalse(pathMatcher.matches(request("/models/%ff"), request("/models/%fe")))
  })

  it("ignore the fields that they are told to", () => {
    const sent = request("/x", { json: { input: "a", encoding_format: "base64", items: [{ id: 1, text: "t" }] } })
    const recorded = request("/x", { json: { input: "a", items: [{ id: 2, text: "t" }] } })
    assert.isFalse(body.matches(sent, recorded))
    assert.isTrue(bodyIgnoring("encoding_format", "items.*.id").matches(sent, recorded))
    assert.deepStrictEqual(bodyIgnoring("encoding_format").explain(sent, recorded), [
      "body.items[0].id: recorded 2, sent 1"
    ])
  })

  it("take a form whose bytes were not kept for any upload", () => {
    const upload = request("/files", { form: [{ name: "file", filename: "a.txt", text: "a" }] })
    assert.isTrue(body.matches(upload, request("/files")))
    assert.isFalse(body.matches(request("/files", { json: { a: 1 } }), request("/files")))
  })
})

describe("a cassette", () => {
  it.effect("replays what it recorded: JSON, events, forms, bytes and errors", () =>
    Effect.gen(function* () {
      const { files, record, replay } = session()
      const program = Effect.gen(function* () {
        const file = yield* Files.create({
          purpose: "user_data",
          file: FileSource.fromText("grüße", { name: "a.txt" })
        })
        return [
          file,
          yield* ChatCompletions.create(question("hi")),
          yield* Stream.runCollect(ChatCompletions.stream(question("one two"))),
          yield* Stream.runCollect(Messages.stream({ ...question("three"), model: "claude-sonnet-5", max_tokens: 9 })),
          yield* Stream.runCollect(Stream.flattenIterable(Files.content({ file_id: file.id }))),
          yield* Stream.runCollect(
            Stream.flattenIterable(AudioSpeech.create({ model: "tts", voice: "alloy", input: "hi" }))
          ),
          (yield* Effect.flip(Files.retrieve({ file_id: "none" }))).reason._tag
        ]
      })
      const live = yield* record(program)
      assert.deepStrictEqual(yield* replay(program), live)
      const { interactions } = JSON.parse(files.get(path) ?? "") as {
        readonly interactions: ReadonlyArray<Cassette.Interaction>
      }
      assert.deepStrictEqual(interactions[0]?.request.body, {
        form: [
          { name: "purpose", text: "user_data" },
          { name: "file", filename: "a.txt", type: "text/plain", text: "grüße" }
        ]
      })
      const body = interactions[2]?.response?.body
      assert.isTrue(body !== undefined && "chunks" in body && body.chunks.length > 2)
    })
  )

  it.effect("never writes a credential, wherever it stands", () =>
    Effect.gen(function* () {
      const { files, record } = session(
        Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) =>
            Effect.succeed(
              Reply.toClientResponse(
                request,
                Reply.json(
                  { id: "m", object: "model", owned_by: `you sent ${secret}`, client_secret: "hush", jwt: token },
                  { headers: { "set-cookie": "session=1", "x-internal": "host-17", "x-request-id": "req_1" } }
                )
              )
            )
          )
        )
      )
      yield* record(
        Models.retrieve({ model: "m" }).pipe(
          RequestOptions.withHeaders({ "x-team-key": "hush", cookie: "hush" }),
          RequestOptions.withQuery({ api_key: "hush", page_token: "cursor", echo: secret })
        )
      )
      const text = files.get(path) ?? ""
      for (const hidden of [secret, "hush", "session=1", "host-17", token]) assert.notInclude(text, hidden)
      for (const kept of ["page_token=cursor", "req_1", '"object": "model"']) assert.include(text, kept)
    })
  )
  const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc123"

  it.effect("finds a credential that two pieces of a stream cut apart", () =>
    Effect.gen(function* () {
      const halves = [`data: {"text":"${secret.slice(0, 9)}`, `${secret.slice(9)}"}\n\ndata: [DONE]\n\n`]
      const { files, record } = session(
        Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) =>
            Effect.succeed(
              Reply.toClientResponse(request, {
                status: 200,
                headers: { "content-type": "text/event-stream" },
                body: Stream.fromIterable(halves.map((half) => new TextEncoder().encode(half)))
              })
            )
          )
        )
      )
      yield* record(Effect.exit(Stream.runDrain(ChatCompletions.stream(question("hi")))))
      const { interactions } = JSON.parse(files.get(path) ?? "") as {
        readonly interactions: ReadonlyArray<Cassette.Interaction>
      }
      const body = interactions[0]?.response?.body
      const whole = body !== undefined && "chunks" in body ? body.chunks.map(({ text }) => text).join("") : ""
      assert.include(whole, `"text":"<redacted>"`)
    })
  )

  it.effect("writes nothing at all if a secret would be left", () =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode(`${secret}`)
      const { files, record } = session(
        Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) =>
            Effect.succeed(Reply.toClientResponse(request, Reply.bytes(new Uint8Array([255, ...bytes, 254]))))
          )
        )
      )
      const exit = yield* Effect.exit(
        record(Stream.runDrain(AudioSpeech.create({ model: "tts", voice: "alloy", input: "hi" })))
      )
      assert.include(defectOf(exit), "it was not written, because a secret is within the bytes of POST")
      assert.strictEqual(files.size, 0)
    })
  )

  it.effect("explains a request that it cannot answer by the recording that is most like it", () =>
    Effect.gen(function* () {
      const { record, replay } = session()
      yield* record(Effect.all([Models.retrieve({ model: "gpt-5.4" }), ChatCompletions.create(question("hi"))]))
      const exit = yield* Effect.exit(
        replay(RequestOptions.withBody(ChatCompletions.create(question("ho")), { seed: 7 }))
      )
      const text = defectOf(exit)
      assert.include(
        text,
        "No recording in recordings/test.json answers POST https://api.openai.com/v1/chat/completions"
      )
      assert.include(text, `body.messages[0].content: recorded "hi", sent "ho"`)
      assert.include(text, "body.seed: recorded nothing, sent 7")
    })
  )

  it.effect("answers with each recording once, in order, unless told otherwise", () =>
    Effect.gen(function* () {
      const { record, replay } = session(Emulator.layer({ replies: ["first", "second"] }))
      const ask = Effect.map(ChatCompletions.create(question("hi")), ({ choices }) => choices[0]?.message.content)
      yield* record(Effect.all([ask, ask]))
      assert.deepStrictEqual(yield* replay(Effect.all([ask, ask])), ["first", "second"])
      assert.include(defectOf(yield* Effect.exit(replay(Effect.all([ask, ask, ask])))), "it has been replayed already")
      assert.deepStrictEqual(yield* replay(Effect.all([ask, ask, ask]), { allowRepeats: true }), [
        "first",
        "second",
        "first"
      ])
    })
  )

  it.effect("does not mind the order of a body's properties, another credential or another host", () =>
    Effect.gen(function* () {
      const { files, record } = session()
      yield* record(ChatCompletions.create(question("hi")))
      const other = OpenAi.layer({
        apiKey: Redacted.make("sk-another-credential-1234"),
        baseUrl: "https://proxy.example.com/v1"
      }).pipe(Layer.provide(Cassette.layerReplay({ path })), Layer.provide(memory(files)))
      const { messages, model } = question("hi")
      const answer = yield* Effect.provide(ChatCompletions.create({ messages, model }), other)
      assert.strictEqual(answer.choices[0]?.message.content, "hi")
    })
  )

  it.effect("matches as it is told to", () =>
    Effect.gen(function* () {
      const { record, replay } = session()
      yield* record(ChatCompletions.create(question("hi")))
      const { headers, method, path } = Cassette.matchers
      const loose = yield* replay(ChatCompletions.create(question("anything")), { matchers: [method, path] })
      assert.strictEqual(loose.choices[0]?.message.content, "hi")
      const strict = yield* Effect.exit(
        replay(RequestOptions.withHeaders(ChatCompletions.create(question("hi")), { "openai-beta": "x" }), {
          matchers: [method, path, headers("openai-beta")]
        })
      )
      assert.include(defectOf(strict), "headers: recorded openai-beta: , sent openai-beta: x")
    })
  )

  it.effect("in mode auto sends only what it does not have, and adds it", () =>
    Effect.gen(function* () {
      const files = new Map<string, string>()
      let sent = 0
      const network = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(Emulator.make(), ({ client }) =>
          HttpClient.tapRequest(client, () =>
            Effect.sync(() => {
              sent++
            })
          )
        )
      )
      const run = (...models: ReadonlyArray<string>) =>
        Effect.forEach(models, (model) => Models.retrieve({ model })).pipe(
          Effect.provide(layerOf({ mode: "auto" }, network)),
          Effect.provide(memory(files))
        )
      yield* run("gpt-5.4")
      yield* run("gpt-5.4", "gpt-5.4-mini")
      const before = files.get(path)
      yield* run("gpt-5.4-mini", "gpt-5.4")
      assert.strictEqual(sent, 2)
      assert.strictEqual(files.get(path), before)
    })
  )

  it.effect("reports what was replayed and what nothing asked for", () =>
    Effect.gen(function* () {
      const { files, record } = session()
      yield* record(Effect.all([Models.retrieve({ model: "gpt-5.4" }), Models.retrieve({ model: "gpt-5.4-mini" })]))
      const report = yield* Effect.gen(function* () {
        const cassette = yield* Cassette.make({ path })
        yield* RequestOptions.withClient(Models.retrieve({ model: "gpt-5.4-mini" }), cassette.transform).pipe(
          Effect.provide(Mock.layerHttp(OpenAi, { apiKey: Redacted.make(secret) }, []))
        )
        return yield* cassette.report
      }).pipe(Effect.scoped, Effect.provide(memory(files)))
      assert.deepStrictEqual(report, { replayed: 1, recorded: 0, unused: ["GET /v1/models/gpt-5.4"] })
    })
  )

  it.effect("can insist that everything is asked for", () =>
    Effect.gen(function* () {
      const { record, replay } = session()
      yield* record(Effect.all([Models.retrieve({ model: "gpt-5.4" }), Models.retrieve({ model: "gpt-5.4-mini" })]))
      const exit = yield* Effect.exit(replay(Models.retrieve({ model: "gpt-5.4-mini" }), { unused: "fail" }))
      assert.include(defectOf(exit), "were not used: GET /v1/models/gpt-5.4")
    })
  )

  it.effect("keeps the pace of a stream if that is wanted", () =>
    Effect.gen(function* () {
      const { record, replay } = session(Emulator.layer({ pace: "10 seconds" }))
      const timed = Effect.gen(function* () {
        const start = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.forkChild(Stream.runDrain(ChatCompletions.stream(question("one two"))))
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(fiber)
        return start
      })
      const times: Array<number> = []
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          Stream.runForEach(ChatCompletions.stream(question("one two")), () =>
            Effect.map(Clock.currentTimeMillis, (now) => times.push(now))
          )
        )
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(fiber)
      })
      yield* record(timed)
      const start = yield* Clock.currentTimeMillis
      yield* replay(program, { timing: "recorded" })
      assert.deepStrictEqual(
        times.map((time) => time - start),
        [10_000, 20_000, 30_000, 40_000]
      )
      times.length = 0
      const again = yield* Clock.currentTimeMillis
      yield* replay(program)
      assert.deepStrictEqual(new Set(times.map((time) => time - again)), new Set([0]))
    })
  )

  it.effect("replays connections that broke, before the answer and within it", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make(Faults.inOrder(Faults.refuse, Faults.dropAfter(300)))
      const network = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(Emulator.make(), ({ client }) => faults.transform(client))
      )
      const { record, replay } = session(network)
      const program = Effect.all([
        Effect.flip(Models.retrieve({ model: "m" })),
        Effect.flip(Stream.runDrain(ChatCompletions.stream(question("one two"))))
      ])
      for (const [first, second] of [yield* record(program), yield* replay(program)]) {
        assert.strictEqual(reasonOf(first, "NetworkError").code, "ECONNREFUSED")
        assert.strictEqual(reasonOf(second, "StreamTruncatedError").partial.events, 1)
      }
    })
  )

  it.effect("keeps numbers that JavaScript cannot hold", () =>
    Effect.gen(function* () {
      const text = '{"id":"m","object":"model","big":12345678901234567890}'
      const { record, replay } = session(
        Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) =>
            Effect.succeed(
              Reply.toClientResponse(request, Reply.text(text, { headers: { "content-type": "application/json" } }))
            )
          )
        )
      )
      const program = Effect.flatMap(Models.retrieve.raw({ model: "m" }), (response) => response.text)
      yield* record(program)
      assert.strictEqual(yield* replay(program), text)
    })
  )

  it.effect("lets an interaction be changed before it is written", () =>
    Effect.gen(function* () {
      const files = new Map<string, string>()
      yield* ChatCompletions.create(question("my name is Ada")).pipe(
        Effect.provide(
          layerOf(
            {
              mode: "record",
              redact: (interaction) => JSON.parse(JSON.stringify(interaction).replaceAll("Ada", "NAME"))
            },
            Emulator.layer()
          )
        ),
        Effect.provide(memory(files))
      )
      assert.notInclude(files.get(path) ?? "", "Ada")
      assert.include(files.get(path) ?? "", "my name is NAME")
    })
  )

  it.effect("fails to open if the file is missing or is not a cassette", () =>
    Effect.gen(function* () {
      for (const text of ["", "[]", '{"format":"llmfx-cassette","version":2}']) {
        const error = yield* Cassette.make({ path }).pipe(
          Effect.scoped,
          Effect.provide(memory(new Map([[path, text]]))),
          Effect.flip
        )
        assert.include(error.message, "The cassette recordings/test.json cannot be used")
      }
    })
  )
})

describe("a cassette and JSON that is nested more deeply than the stack", () => {
  const deep = `${'{"a":['.repeat(50_000)}"${secret}"${"]}".repeat(50_000)}`
  const model = `{"id":"m","object":"model","created":1,"owned_by":"x","deep":${deep}}`
  const network = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => Effect.succeed(Reply.toClientResponse(request, Reply.text(model, json))))
  )
  const json = { headers: { "content-type": "application/json" } }

  it.effect("records and replays it, without the secrets in it", () =>
    Effect.gen(function* () {
      const { files, record, replay } = session(network)
      const retrieve = Models.retrieve({ model: "m" })
      yield* record(retrieve)
      assert.notInclude(files.get(path), secret)
      assert.deepInclude(yield* replay(retrieve), { id: "m" })
    })
  )

  it.effect("refuses a file that is", () =>
    Effect.gen(function* () {
      const files = new Map([[path, `{"format":"llmfx-cassette","version":1,"interactions":[${deep}]}`]])
      const error = yield* Effect.flip(Effect.scoped(Cassette.make({ path }))).pipe(Effect.provide(memory(files)))
      assert.include(error.message, "nested too deeply")
    })
  )
})

describe("a recording of VCR.py", () => {
  const chat = "https://api.openai.com/v1/chat/completions"
  const stream =
    'data: {"id":"c","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
  const zipped = gzipSync(JSON.stringify({ id: "c", choices: [{ message: { content: "zipped" } }] }))

  /** As VCR.py writes it in JSON: headers are lists, bytes are in base64. */
  const json = JSON.stringify({
    version: 1,
    interactions: [
      {
        request: {
          body: JSON.stringify(question("hi")),
          headers: { Authorization: ["Bearer x"], "content-type": ["application/json"] },
          method: "POST",
          uri: chat
        },
        response: {
          body: { base64_string: zipped.toString("base64") },
          headers: { "Content-Type": ["application/json"], "Content-Encoding": ["gzip"] },
          status: { code: 200, message: "OK" }
        }
      },
      {
        request: { parsed_body: { ...question("hi"), stream: true }, headers: {}, method: "POST", uri: chat },
        response: {
          body: { string: stream },
          headers: { "content-type": ["text/event-stream"] },
          status: { code: 200, message: "OK" }
        }
      }
    ]
  })

  /** As VCR.py writes it with PyYAML: long texts folded in quotes, bytes as binary, equal lists shared. */
  const yaml = `interactions:
- request:
    body: '{"model": "gpt-5.4-mini", "messages": [{"role": "user", "content":
      "hi"}]}'
    headers:
      Accept: &id001
      - application/json
      authorization:
      - DUMMY
      content-type: *id001
    method: POST
    uri: ${chat}
  response:
    body:
      string: !!binary |
${(zipped.toString("base64").match(/.{1,60}/g) ?? []).map((line) => `        ${line}`).join("\n")}
    headers:
      Content-Encoding:
      - gzip
      Content-Type:
      - application/json
      Date:
      - Tue, 06 Jan 2026 10:00:00 GMT
    status:
      code: 200
      message: OK
- request:
    body: !!python/unicode '{"messages": [{"role": "user", "content": "hi"}], "model": "gpt-5.4-mini",
      "stream": true}'
    headers:
      content-type: *id001
    method: POST
    uri: ${chat}
  response:
    body:
      string: ${JSON.stringify(stream)}
    headers:
      content-type:
      - text/event-stream; charset=utf-8
    status:
      code: 200
      message: OK
version: 1
`

  for (const [format, file, content] of [
    ["JSON", "recordings/chat.json", json],
    ["YAML", "recordings/chat.yaml", yaml]
  ] as const) {
    it.effect(`in ${format} is replayed, packed bodies and streams too`, () =>
      Effect.gen(function* () {
        const answer = yield* ChatCompletions.create(question("hi"))
        assert.strictEqual(answer.choices[0]?.message.content, "zipped")
        const [chunk] = yield* Stream.runCollect(ChatCompletions.stream(question("hi")))
        assert.strictEqual(chunk?.choices[0]?.delta.content, "hi")
      }).pipe(
        Effect.provide(layerOf({ path: file, unused: "fail" }, noServer)),
        Effect.provide(memory(new Map([[file, content]])))
      )
    )

    it.effect(`in ${format} is never written`, () =>
      Effect.gen(function* () {
        const files = new Map([[file, content]])
        const error = yield* Cassette.make({ path: file, mode: "auto" }).pipe(
          Effect.scoped,
          Effect.provide(memory(files)),
          Effect.flip
        )
        assert.include(error.message, `not used in mode "auto"`)
        assert.strictEqual(files.get(file), content)
      })
    )
  }

  const refusal = (file: string, content: string) =>
    Effect.map(
      Cassette.make({ path: file }).pipe(
        Effect.scoped,
        Effect.provide(memory(new Map([[file, content]]))),
        Effect.flip
      ),
      ({ message }) => message
    )

  it.effect("that is none is refused", () =>
    Effect.gen(function* () {
      assert.include(yield* refusal("a.json", "{}"), "nor a recording of VCR.py")
      assert.include(yield* refusal("a.yml", "interactions: {}"), "nor a recording of VCR.py")
      assert.include(yield* refusal("a.yml", 'interactions: ["'), "a.yml cannot be used: it is not YAML")
    })
  )
})
