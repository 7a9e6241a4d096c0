/** Models, embeddings, images and audio. */

import { arrayOf, type JsonObject } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import { hashOf, makeRandom } from "../../random.ts"
import { countTokens } from "../chat.ts"
import * as Exchange from "../exchange.ts"
import { type Handler, type Handlers, Refusal, seconds } from "../exchange.ts"
import { isFileField } from "../incoming.ts"
import { sampleEvents } from "../shape.ts"
import { countOf, required } from "./requests.ts"

const models = ["gpt-5.4", "gpt-5.4-mini", "gpt-4o-mini-transcribe", "gpt-image-1", "text-embedding-3-small"]

const model = (id: string): JsonObject => ({ id, object: "model", created: 1_767_225_600, owned_by: "openai" })

/** The models that are listed, and all fine-tuned ones. */
const retrieveModel: Handler = ({ params, server }) => {
  const id = params["model"] ?? ""
  if (models.includes(id) || id.startsWith("ft:") || server.samplesForMissing) return Exchange.value(model(id))
  throw new Refusal(
    Failure.notFound({
      message: `The model '${id}' does not exist or you do not have access to it.`,
      code: "model_not_found",
      param: "model"
    })
  )
}

/** The numbers of all embeddings of a request: 2,048 inputs of 1,536 dimensions fit. */
const maxNumbers = 4_000_000

/** How much is computed for one request. The words of a long text beyond that do not count. */
const maxSteps = 50_000_000

/** A unit vector that only the text determines: texts are as near as the words that they share. */
const vectorOf = (text: string, dimensions: number, most: number): ReadonlyArray<number> => {
  const values = Array.from({ length: dimensions }, () => 0)
  for (const word of (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]).slice(0, most)) {
    const random = makeRandom(hashOf(word))
    for (const index of values.keys()) values[index] = (values[index] ?? 0) + random.next() * 2 - 1
  }
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1
  return values.map((value) => value / norm)
}

const base64 = (bytes: Uint8Array): string => {
  let binary = ""
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

const asBase64 = (vector: ReadonlyArray<number>): string => base64(new Uint8Array(new Float32Array(vector).buffer))

const embeddings: Handler = ({ body, server }) => {
  const input = required(body, "input")
  const isTokens = Array.isArray(input) && typeof input[0] === "number"
  const texts = (isTokens || !Array.isArray(input) ? [input] : input).map((item) =>
    typeof item === "string" ? item : arrayOf(item).join(" ")
  )
  const dimensions = countOf(body, "dimensions", 1536, 4096)
  if (texts.length * dimensions > maxNumbers) {
    throw new Refusal(
      Failure.invalidRequest({
        message: `The emulator makes at most ${maxNumbers} numbers for one request: send fewer inputs, or ask for fewer dimensions`,
        param: "input"
      })
    )
  }
  const most = Math.max(1, Math.floor(maxSteps / dimensions / texts.length))
  const tokens = texts.reduce((total, text) => total + countTokens(text), 0)
  server.spend(tokens)
  return Exchange.value({
    object: "list",
    model: required(body, "model"),
    data: texts.map((text, index) => {
      const vector = vectorOf(text, dimensions, most)
      return {
        object: "embedding",
        index,
        embedding: body["encoding_format"] === "base64" ? asBase64(vector) : vector
      }
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens }
  })
}

/** A picture of one transparent point. */
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

const images: Handler = ({ body, now }) =>
  Exchange.value({
    created: seconds(now),
    data: Array.from({ length: countOf(body, "n", 1, 10) }, () =>
      body["response_format"] === "url" ? { url: "https://example.com/image.png" } : { b64_json: png }
    )
  })

const imageEvents: Handler = ({ endpoint }) =>
  Exchange.events(
    sampleEvents(endpoint.success, endpoint.terminal).map((event) => ({ ...(event as JsonObject), b64_json: png }))
  )

const textOfFile = ({ body }: Exchange.Exchange): string => {
  const { file } = body
  return isFileField(file) ? `${file.name}, ${file.bytes.length} bytes` : "text"
}

const transcription: Handler = (exchange) => {
  const spoken = textOfFile(exchange)
  switch (exchange.body["response_format"]) {
    case "text":
      return Exchange.text(`${spoken}\n`)
    case "srt":
      return Exchange.text(`1\n00:00:00,000 --> 00:00:01,000\n${spoken}\n\n`)
    case "vtt":
      return Exchange.text(`WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${spoken}\n\n`)
    default:
      return Exchange.value({ text: spoken })
  }
}

const transcriptionEvents: Handler = (exchange) => {
  const text = textOfFile(exchange)
  return Exchange.events([
    { type: "transcript.text.delta", delta: text },
    { type: "transcript.text.done", text }
  ])
}

/** Silence: the frames that the format begins with do not matter to a client. */
const speech: Handler = ({ body }) => {
  required(body, "input")
  const format = String(body["response_format"] ?? "mp3")
  return Exchange.bytes(new Uint8Array(2048), format === "mp3" ? "audio/mpeg" : `audio/${format}`)
}

export const others: Handlers = {
  "models.list": () => Exchange.items(models.map(model)),
  "models.retrieve": retrieveModel,
  "embeddings.create": embeddings,
  "images.generate": images,
  "images.edit": images,
  "images.createVariation": images,
  "images.generate:stream": imageEvents,
  "images.edit:stream": imageEvents,
  "audio.transcriptions.create": transcription,
  "audio.transcriptions.create:stream": transcriptionEvents,
  "audio.translations.create": transcription,
  "audio.speech.create": speech
}
