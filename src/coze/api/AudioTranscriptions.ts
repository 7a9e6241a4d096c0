/** The endpoints of `audio.transcriptions` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import type * as FileSource from "../../files/FileSource.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"

/**
 * The text of an audio file.
 *
 * @category models
 */
export interface Transcription {
  readonly text: string
}
export const Transcription: Open.Codec<Transcription> = /*#__PURE__*/ Open.struct(() => ({ text: Schema.String }))

export interface AudioTranscriptionsCreateParams {
  readonly file: FileSource.FileSource
}

/**
 * Transcribes speech. `POST /v1/audio/transcriptions`
 *
 * @see https://docs.coze.cn/developer_guides/audio_transcriptions
 * @category endpoints
 */
export const create: Endpoint.Json<AudioTranscriptionsCreateParams, Transcription, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "audio.transcriptions.create",
    method: "POST",
    path: "/v1/audio/transcriptions",
    body: "multipart",
    success: Transcription
  }
)
