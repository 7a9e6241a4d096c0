/** The endpoints of `audio.rooms` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"

/**
 * How to join a room.
 *
 * @category models
 */
export interface Room {
  readonly token: string
  readonly uid: string
  readonly room_id: string
  readonly app_id: string
}
export const Room: Open.Codec<Room> = /*#__PURE__*/ Open.struct(() => ({
  token: Schema.String,
  uid: Schema.String,
  room_id: Schema.String,
  app_id: Schema.String
}))

/**
 * Settings of a room.
 *
 * @category models
 */
export interface RoomConfig {
  readonly video_config?: { readonly stream_video_type: "main" | "screen" | (string & {}) } | undefined
  readonly prologue_content?: string | undefined
  readonly translate_config?: { readonly from: string; readonly to: string } | undefined
  readonly room_mode?: "default" | "s2s" | "podcast" | "translate" | (string & {}) | undefined
  readonly turn_detection?:
    | {
        readonly type?: "server_vad" | "client_vad" | "client_interrupt" | (string & {}) | undefined
      }
    | undefined
}

export interface AudioRoomsCreateParams {
  readonly bot_id: string
  readonly connector_id: string
  readonly conversation_id?: string | undefined
  readonly voice_id?: string | undefined
  readonly uid?: string | undefined
  readonly workflow_id?: string | undefined
  readonly config?: RoomConfig | undefined
}

/**
 * Opens a room for talking with an agent. `POST /v1/audio/rooms`
 *
 * @see https://docs.coze.cn/developer_guides/create_room
 * @category endpoints
 */
export const create: Endpoint.Json<AudioRoomsCreateParams, Room, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "audio.rooms.create",
  method: "POST",
  path: "/v1/audio/rooms",
  body: "json",
  success: Room
})
