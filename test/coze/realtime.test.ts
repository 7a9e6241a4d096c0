import { NodeWS } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import * as WebsocketsAudioSimultInterpretation from "../../src/coze/api/WebsocketsAudioSimultInterpretation.ts"
import * as WebsocketsAudioSpeech from "../../src/coze/api/WebsocketsAudioSpeech.ts"
import * as WebsocketsAudioTranscriptions from "../../src/coze/api/WebsocketsAudioTranscriptions.ts"
import * as WebsocketsChat from "../../src/coze/api/WebsocketsChat.ts"
import { CozeRealtime, type RealtimeOptions } from "../../src/coze/CozeRealtime.ts"
import { failureOf } from "../support/errors.ts"
import { type SocketServer, socketServer, tell } from "./support/socketServer.ts"

const secret = "pat_secret-7d2f"

const realtime = ({ url }: SocketServer, options?: Pick<RealtimeOptions, "tokenIn" | "bufferLimit" | "openTimeout">) =>
  CozeRealtime.layer({ platform: "com", socketUrl: url, token: Redacted.make(secret), ...options }).pipe(
    Layer.provide(NodeWS.layerWebSocketConstructor)
  )

/** Waits for something that is about to happen. Dies if it does not. */
const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry(Schedule.spaced(5)),
    Effect.timeout("5 seconds"),
    Effect.orDie
  )

describe("a Coze session", () => {
  it.live("of speech sends text and gives sound back, until the server says that it is done", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({
        onOpen: (socket) => tell(socket, "speech.created"),
        onMessage: (socket, { event_type }) => {
          if (event_type !== "input_text_buffer.complete") return
          tell(socket, "speech.audio.update", { delta: "UklGRg==" })
          tell(socket, "speech.audio.completed")
        }
      })
      const events = yield* Effect.gen(function* () {
        const session = yield* WebsocketsAudioSpeech.create({ entity_type: "bot", entity_id: "b 1" })
        yield* session.send({ event_type: "input_text_buffer.append", id: "own", data: { delta: "Hello" } })
        yield* session.send({ event_type: "input_text_buffer.complete" })
        return yield* session.events.pipe(
          Stream.takeUntil(({ event_type }) => event_type === "speech.audio.completed"),
          Stream.runCollect
        )
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.deepStrictEqual(
        events.map(({ event_type }) => event_type),
        ["speech.created", "speech.audio.update", "speech.audio.completed"]
      )
      const sound = events.flatMap((event) => (event.event_type === "speech.audio.update" ? [event.data.delta] : []))
      assert.deepStrictEqual(sound, ["UklGRg=="])
      assert.strictEqual(server.handshakes[0]?.url, "/v1/audio/speech?entity_type=bot&entity_id=b+1")
      assert.deepInclude(server.received[0], { id: "own", event_type: "input_text_buffer.append" })
      assert.match(String(server.received[1]?.["id"]), /^[0-9a-f-]{36}$/)
    })
  )

  it.live("carries the token in a header, not in the URL", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({})
      yield* WebsocketsChat.create({ bot_id: "b1", workflow_id: "w1" }).pipe(
        Effect.scoped,
        Effect.provide(realtime(server))
      )
      assert.strictEqual(server.handshakes[0]?.headers.authorization, `Bearer ${secret}`)
      assert.strictEqual(server.handshakes[0]?.url, "/v1/chat?bot_id=b1&workflow_id=w1")
    })
  )

  it.live("carries the token in the URL if it is told to, for browsers", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({})
      yield* WebsocketsChat.create({ bot_id: "b1" }).pipe(
        Effect.scoped,
        Effect.provide(realtime(server, { tokenIn: "query" }))
      )
      const url = new URL(server.handshakes[0]?.url ?? "", "http://localhost")
      assert.strictEqual(url.searchParams.get("authorization"), `Bearer ${secret}`)
      assert.isUndefined(server.handshakes[0]?.headers.authorization)
    })
  )

  it.live("says so if the platform's sockets know no headers", () =>
    Effect.gen(function* () {
      const layer = CozeRealtime.layer({ platform: "cn", token: Redacted.make(secret) }).pipe(
        Layer.provide(Socket.layerWebSocketConstructorGlobal)
      )
      const error = yield* failureOf(WebsocketsChat.create({ bot_id: "b1" }).pipe(Effect.scoped, Effect.provide(layer)))
      assert.strictEqual(error.reason._tag, "ConnectError")
      assert.include(error.message, "tokenIn")
      assert.notInclude(JSON.stringify(error), secret)
    })
  )

  it.live("of a chat decodes states, messages, sound and errors, and keeps what it does not know", () =>
    Effect.gen(function* () {
      const chat = { id: "c", conversation_id: "v", status: "in_progress" }
      const message = { id: "m", role: "assistant", type: "answer", content: "hi", content_type: "text" }
      const server = yield* socketServer({
        onOpen: (socket) => {
          tell(socket, "chat.created")
          tell(socket, "chat.updated", { chat_config: { user_id: "u" }, input_audio: { sample_rate: 24000 } })
          tell(socket, "conversation.chat.created", chat)
          tell(socket, "conversation.message.delta", message)
          tell(socket, "conversation.audio.delta", { ...message, content: "UklGRg==", content_type: "audio" })
          tell(socket, "conversation.audio_transcript.completed", { content: "hello" })
          tell(socket, "error", { code: 4000, msg: "bad event" })
          tell(socket, "conversation.future", { x: 1 })
          socket.close(1000)
        }
      })
      const events = yield* Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        return yield* Stream.runCollect(session.events)
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.strictEqual(events.length, 8)
      const failures = events.flatMap((event) => (event.event_type === "error" ? [event.data?.code] : []))
      assert.deepStrictEqual(failures, [4000])
      const last = events.at(-1)
      assert.strictEqual(last?.event_type === "~unknown" ? last.tag : undefined, "conversation.future")
    })
  )

  it.live("of a chat answers tool calls", () =>
    Effect.gen(function* () {
      const call = { id: "t1", type: "function", function: { name: "time", arguments: "{}" } }
      const server = yield* socketServer({
        onOpen: (socket) =>
          tell(socket, "conversation.chat.requires_action", {
            id: "c",
            conversation_id: "v",
            required_action: { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls: [call] } }
          }),
        onMessage: (socket) => socket.close(1000)
      })
      yield* Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        yield* Stream.runForEach(session.events, (event) => {
          if (event.event_type !== "conversation.chat.requires_action") return Effect.void
          const calls = event.data.required_action?.submit_tool_outputs?.tool_calls ?? []
          return session.send({
            event_type: "conversation.chat.submit_tool_outputs",
            data: {
              chat_id: event.data.id,
              tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: "12:00" }))
            }
          })
        })
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.deepStrictEqual(server.received[0]?.["data"], {
        chat_id: "c",
        tool_outputs: [{ tool_call_id: "t1", output: "12:00" }]
      })
    })
  )

  it.live("of a transcription writes down what was said", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({
        onMessage: (socket, { event_type }) => {
          if (event_type !== "input_audio_buffer.complete") return
          tell(socket, "transcriptions.message.update", { content: "hel" })
          tell(socket, "transcriptions.message.completed", { content: "hello" })
          socket.close(1000)
        }
      })
      const texts = yield* Effect.gen(function* () {
        const session = yield* WebsocketsAudioTranscriptions.create()
        yield* session.send({ event_type: "transcriptions.update", data: { input_audio: { codec: "pcm" } } })
        yield* session.send({ event_type: "input_audio_buffer.append", data: { delta: "AAAA" } })
        yield* session.send({ event_type: "input_audio_buffer.complete" })
        const events = yield* Stream.runCollect(session.events)
        return events.flatMap((event) =>
          event.event_type === "transcriptions.message.completed" ? [event.data?.content] : []
        )
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.deepStrictEqual(texts, ["hello"])
    })
  )

  it.live("of an interpretation gives both languages", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({
        onMessage: (socket) => {
          tell(socket, "simult_interpretation.transcription.delta", { delta: "Guten Tag" })
          tell(socket, "simult_interpretation.translation.delta", { delta: "Good day" })
          socket.close(1000)
        }
      })
      const texts = yield* Effect.gen(function* () {
        const session = yield* WebsocketsAudioSimultInterpretation.create()
        yield* session.send({
          event_type: "simult_interpretation.update",
          data: { translate_config: { from: "de", to: "en" } }
        })
        const events = yield* Stream.runCollect(session.events)
        return events.flatMap((event) =>
          event.event_type === "simult_interpretation.transcription.delta" ||
          event.event_type === "simult_interpretation.translation.delta"
            ? [event.data.delta]
            : []
        )
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.deepStrictEqual(texts, ["Guten Tag", "Good day"])
    })
  )

  it.live("fails with the status of a refused handshake", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({ refuse: 401 })
      const error = yield* failureOf(
        WebsocketsChat.create({ bot_id: "b" }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      )
      assert.strictEqual(error.reason._tag === "ConnectError" ? error.reason.status : undefined, 401)
      assert.notInclude(JSON.stringify(error), secret)
    })
  )

  it.live("fails with the code and the words of any other end", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({
        onOpen: (socket) => {
          tell(socket, "chat.created")
          socket.close(4001, "idle for too long")
        }
      })
      const { error, seen } = yield* Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        const seen: Array<string> = []
        const error = yield* failureOf(
          Stream.runForEach(session.events, ({ event_type }) => Effect.sync(() => seen.push(event_type)))
        )
        return { error, seen }
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.deepStrictEqual(seen, ["chat.created"])
      assert.strictEqual(error.reason._tag, "ClosedError")
      assert.deepInclude(error.reason, { code: 4001, closeReason: "idle for too long" })
    })
  )

  it.live("fails if the connection just breaks", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({ onOpen: (socket) => setTimeout(() => socket.terminate(), 10) })
      const error = yield* Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        return yield* failureOf(Stream.runDrain(session.events))
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.deepInclude(error.reason, { _tag: "ClosedError", code: 1006 })
    })
  )

  it.live("fails with an event that is not JSON", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({ onOpen: (socket) => socket.send("hello?") })
      const error = yield* Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        return yield* failureOf(Stream.runDrain(session.events))
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.deepInclude(error.reason, { _tag: "EventDecodeError", raw: "hello?" })
    })
  )

  it.live("cannot be sent to once it is over", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({ onOpen: (socket) => socket.close(1000) })
      const error = yield* Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        yield* Stream.runDrain(session.events)
        return yield* failureOf(session.send({ event_type: "conversation.clear" }))
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      assert.strictEqual(error.reason._tag, "ClosedError")
    })
  )

  it.live("is closed politely by its scope", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({})
      yield* Effect.scoped(WebsocketsChat.create({ bot_id: "b" })).pipe(Effect.provide(realtime(server)))
      yield* until(() => server.closeCodes.length === 1)
      assert.deepStrictEqual(server.closeCodes, [1000])
      assert.strictEqual(server.open(), 0)
    })
  )

  it.live("is closed politely by hand", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({})
      yield* Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        yield* session.close
        yield* Stream.runDrain(session.events)
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      yield* until(() => server.closeCodes.length === 1)
      assert.deepStrictEqual(server.closeCodes, [1000])
      assert.strictEqual(server.open(), 0)
    })
  )

  it.live("is closed when its program is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* socketServer({})
      const program = Effect.gen(function* () {
        const session = yield* WebsocketsChat.create({ bot_id: "b" })
        yield* Stream.runDrain(session.events)
      }).pipe(Effect.scoped, Effect.provide(realtime(server)))
      const fiber = yield* Effect.forkChild(program)
      yield* until(() => server.open() === 1)
      yield* Fiber.interrupt(fiber)
      yield* until(() => server.open() === 0)
    })
  )

  it.live("lets a fast sender wait for a slow server", () =>
    Effect.gen(function* () {
      const delta = "A".repeat(256 * 1024)
      const server = yield* socketServer({ onOpen: (socket) => socket.pause() })
      const scope = yield* Scope.make()
      const session = yield* WebsocketsAudioTranscriptions.create().pipe(
        Scope.provide(scope),
        Effect.provide(realtime(server, { bufferLimit: 512 * 1024 }))
      )
      let sent = 0
      const fiber = yield* Effect.forkChild(
        Effect.forever(
          Effect.tap(session.send({ event_type: "input_audio_buffer.append", data: { delta } }), () =>
            Effect.sync(() => {
              sent++
            })
          )
        )
      )
      yield* Effect.sleep("300 millis")
      const before = sent
      yield* Effect.sleep("300 millis")
      assert.isAbove(sent, 1)
      assert.strictEqual(sent, before)
      yield* Fiber.interrupt(fiber)
      yield* Scope.close(scope, Exit.void)
    })
  )
})
