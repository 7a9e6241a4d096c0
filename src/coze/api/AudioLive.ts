/** The endpoints of `audio.live` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"

/**
 * One stream of a live session: the original audio or a translation.
 *
 * @category models
 */
export interface LiveStream {
  readonly stream_id: string
  readonly name?: string | null | undefined
  readonly live_type?: "origin" | "translation" | (string & {}) | null | undefined
}
export const LiveStream: Open.Codec<LiveStream> = /*#__PURE__*/ Open.struct(() => ({
  stream_id: Schema.String,
  name: Open.optional(Schema.String),
  live_type: Open.optional(Open.literals("origin", "translation"))
}))

/**
 * Streams to listen to.
 *
 * @category models
 */
export interface Live {
  readonly app_id: string
  readonly stream_infos?: ReadonlyArray<LiveStream> | null | undefined
}
export const Live: Open.Codec<Live> = /*#__PURE__*/ Open.struct(() => ({
  app_id: Schema.String,
  stream_infos: Open.optional(Open.array(LiveStream))
}))

export interface AudioLiveRetrieveParams {
  readonly live_id: string
}

/**
 * Returns the streams of a live session. `GET /v1/audio/live/{live_id}`
 *
 * @category endpoints
 */
export const retrieve: Endpoint.Json<AudioLiveRetrieveParams, Live, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "audio.live.retrieve",
  method: "GET",
  path: "/v1/audio/live/{live_id}",
  success: Live
})
