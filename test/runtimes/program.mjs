/** The program that every runtime runs. It uses the packed package, and nothing of its runtime but timers and fetch. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { FileSource, RetryPolicy, ToolLoop, Tools } from "llmfx"
import { Anthropic, MessageStream, Messages } from "llmfx/anthropic"
import * as MessageToolLoop from "llmfx/anthropic/MessageToolLoop"
import { Chat, ChatMessage, ChatStream, Coze } from "llmfx/coze"
import { ChatCompletionStream, ChatCompletions, Files, OpenAi } from "llmfx/openai"
import * as ChatToolLoop from "llmfx/openai/ChatToolLoop"

const assertEqual = (actual, expected) => {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (left !== right) throw new Error(`expected ${right}, found ${left}`)
}

const question = (content) => ({ model: "gpt-5.4-mini", messages: [{ role: "user", content }] })
const asked = (content) => ({ model: "claude-sonnet-5", max_tokens: 1000, messages: [{ role: "user", content }] })
const told = (content) => ({ bot_id: "1", user_id: "2", additional_messages: [ChatMessage.user(content)] })

const textOfCompletion = ({ choices }) => choices[0]?.message.content
const textOfMessage = ({ content }) => content.map(({ text }) => text).join("")

const pieces = (steps) =>
  steps.pipe(
    Stream.filter(({ _tag }) => _tag === "TextDelta"),
    Stream.map(({ delta }) => delta),
    Stream.runCollect
  )

const weather = (cities) =>
  Tools.make({
    name: "weather",
    parameters: Schema.Struct({ city: Schema.String }),
    run: ({ city }) =>
      Effect.sync(() => {
        cities.push(city)
        return "21 degrees"
      })
  })

/** Starts a long stream, aborts at its third piece, and waits until the server stops answering. */
const cancelled = async (runPromise, steps, pending) => {
  const stop = new AbortController()
  const seen = []
  let answering = 0
  const reading = steps.pipe(
    Stream.filter(({ _tag }) => _tag === "TextDelta"),
    Stream.runForEach(({ delta }) =>
      Effect.promise(async () => {
        seen.push(delta)
        if (seen.length < 3) return
        answering = await pending()
        stop.abort()
      })
    )
  )
  const outcome = await runPromise(reading, { signal: stop.signal }).then(
    () => "finished",
    () => "interrupted"
  )
  assertEqual([outcome, seen.length, answering], ["interrupted", 3, 1])
  for (let waits = 0; (await pending()) > 0; waits++) {
    if (waits === 40) throw new Error("the server still answers the cancelled request")
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const reasonOf = (call) => Effect.map(Effect.flip(call), ({ reason }) => reason._tag)

/**
 * Runs all checks and returns what each had to say: `undefined` if it passed.
 *
 * `slow` are the base URLs of an emulator that takes ten seconds for a long stream, `pending` a URL that says how many
 * requests it is answering, `runtime` a name that no other run uses.
 */
export const run = async ({ pendingUrl, runtime, slow, urls }) => {
  const layersOf = ({ anthropic, coze, openai }) =>
    Layer.mergeAll(
      OpenAi.layer({ apiKey: Redacted.make("any"), baseUrl: openai, retry: RetryPolicy.none }),
      Anthropic.layer({ apiKey: Redacted.make("any"), baseUrl: anthropic, retry: RetryPolicy.none }),
      Coze.layer({ token: Redacted.make("any"), baseUrl: coze, retry: RetryPolicy.none })
    ).pipe(Layer.provide(FetchHttpClient.layer))
  const runWith = (layers) => (effect, options) => Effect.runPromise(Effect.provide(effect, layers), options)
  const to = runWith(layersOf(urls))
  const toSlow = runWith(layersOf(slow))
  const retrying = runWith(
    Layer.mergeAll(
      OpenAi.layer({ apiKey: Redacted.make("any"), baseUrl: urls.openai }),
      Anthropic.layer({ apiKey: Redacted.make("any"), baseUrl: urls.anthropic }),
      Coze.layer({ token: Redacted.make("any"), baseUrl: urls.coze })
    ).pipe(Layer.provide(FetchHttpClient.layer))
  )
  const pending = async () => Number(await (await fetch(pendingUrl)).text())
  const long = Array.from({ length: 200 }, (_, index) => index).join(" ")

  const checks = {
    chat: async () => {
      assertEqual(textOfCompletion(await to(ChatCompletions.create(question("one two")))), "one two")
      assertEqual(textOfMessage(await to(Messages.create(asked("one two")))), "one two")
      const { messages } = await to(Chat.createAndPoll(told("one two")))
      assertEqual(ChatMessage.answerOf(messages), "one two")
    },
    stream: async () => {
      const expected = ["one", " two", " three"]
      assertEqual(await to(pieces(ChatCompletionStream.steps(question("one two three")))), expected)
      assertEqual(await to(pieces(MessageStream.steps(asked("one two three")))), expected)
      assertEqual(await to(pieces(ChatStream.steps(told("one two three")))), expected)
    },
    "cancel in the middle": async () => {
      await cancelled(toSlow, ChatCompletionStream.steps(question(long)), pending)
      await cancelled(toSlow, MessageStream.steps(asked(long)), pending)
      await cancelled(toSlow, ChatStream.steps(told(long)), pending)
    },
    "tool loop": async () => {
      const cities = []
      const chat = await to(ToolLoop.finished(ChatToolLoop.run(question("weather?"), [weather(cities)])))
      assertEqual(textOfCompletion(chat.answer), "It is 21 degrees.")
      const message = await to(ToolLoop.finished(MessageToolLoop.run(asked("weather?"), [weather(cities)])))
      assertEqual(textOfMessage(message.answer), "It is 21 degrees.")
      assertEqual(cities, ["Paris", "Paris"])
    },
    upload: async () => {
      const text = "Grüße ".repeat(20_000)
      const file = FileSource.fromText(text, { name: `${runtime}.txt` })
      const { bytes, id } = await to(Files.create({ purpose: "user_data", file }))
      assertEqual(bytes, new TextEncoder().encode(text).length)
      assertEqual((await to(Stream.mkString(Stream.decodeText(Files.content({ file_id: id }))))) === text, true)
      const blob = new File([text], `${runtime}-blob.txt`)
      assertEqual((await to(Files.create({ purpose: "user_data", file: blob }))).bytes, bytes)
    },
    pages: async () => {
      const names = ["a", "b", "c"].map((name) => `${runtime}-${name}.txt`)
      for (const name of names) {
        await to(Files.create({ purpose: "assistants", file: FileSource.fromText("x", { name }) }))
      }
      const pages = await to(Stream.runCollect(Files.list.pages({ limit: 2, order: "asc", purpose: "assistants" })))
      const sizes = pages.map(({ items }) => items.length)
      assertEqual(sizes.length > 1 && sizes.every((size) => size <= 2), true)
      const found = pages.flatMap(({ items }) => items.map(({ filename }) => filename))
      assertEqual(
        found.filter((name) => names.includes(name)),
        names
      )
    },
    "typed errors": async () => {
      assertEqual(await to(reasonOf(ChatCompletions.create(question("too much")))), "RateLimitError")
      assertEqual(await to(reasonOf(Messages.create(asked("too much")))), "RateLimitError")
      const unknown = { ...question("hi"), model: "claude-sonnet-5" }
      assertEqual(await to(reasonOf(ChatCompletions.create(unknown))), "NotFoundError")
      assertEqual(await to(reasonOf(Messages.create({ ...asked("hi"), max_tokens: -1 }))), "InvalidRequestError")
      const nowhere = layersOf({ openai: "http://127.0.0.1:1/v1", anthropic: urls.anthropic, coze: urls.coze })
      assertEqual(await runWith(nowhere)(reasonOf(ChatCompletions.create(question("hi")))), "NetworkError")
    },
    "retry after a wait": async () => {
      const wait = async (call, textOf, content) => {
        const [time, answer] = await retrying(Effect.timed(call))
        assertEqual(textOf(answer), content)
        assertEqual(Duration.toMillis(time) >= 950, true)
      }
      const busy = (provider) => `busy ${provider} ${runtime}`
      await wait(ChatCompletions.create(question(busy("openai"))), textOfCompletion, busy("openai"))
      await wait(Messages.create(asked(busy("anthropic"))), textOfMessage, busy("anthropic"))
    }
  }

  const results = []
  for (const [name, check] of Object.entries(checks)) {
    const problem = await check().then(
      () => undefined,
      (error) => String(error?.stack ?? error)
    )
    results.push({ name, problem })
  }
  return results
}
