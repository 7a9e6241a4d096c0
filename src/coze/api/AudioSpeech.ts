/** The endpoints of `audio.speech` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface AudioSpeechCreateParams {
  /** Up to 1,024 characters. */
  readonly input: string
  readonly voice_id: string
  /** Default: `mp3`. */
  readonly response_format?: "wav" | "pcm" | "ogg" | "opus" | "ogg_opus" | "mp3" | (string & {}) | undefined
  /** 0.2 to 3. */
  readonly speed?: number | undefined
  /** In Hz, 8,000 to 48,000. Default: 24,000. */
  readonly sample_rate?: number | undefined
  readonly emotion?: string | undefined
  /** 1 to 5. */
  readonly emotion_scale?: number | undefined
}

/**
 * Reads text aloud. `POST /v1/audio/speech`
 *
 * @see https://docs.coze.cn/developer_guides/text_to_speech
 * @category endpoints
 */
export const create: Endpoint.Binary<AudioSpeechCreateParams, Coze> = /*#__PURE__*/ Endpoint.binary(Coze, {
  id: "audio.speech.create",
  method: "POST",
  path: "/v1/audio/speech",
  body: "json",
  prepare: (input) => ({ ...input, sample_rate: input["sample_rate"] ?? 24000 })
})
