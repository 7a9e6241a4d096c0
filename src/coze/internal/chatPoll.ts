/** Waiting for the end of a chat that was started without a stream. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import { type ApiError, local, TimeoutError } from "../../ApiError.ts"
import { quietly } from "../../internal/quietly.ts"
import { isUnderWay } from "../../internal/stream/status.ts"
import * as RequestOptions from "../../RequestOptions.ts"
import type * as Chat from "../api/Chat.ts"
import * as ChatMessages from "../api/ChatMessages.ts"
import type { Coze } from "../Coze.ts"
import { chatFailure } from "./chatFailure.ts"

/** How to wait for a chat. */
export interface PollOptions {
  /** The waits between polls; polling stops when the schedule ends. Default: 0.5 s, growing to 5 s. */
  readonly schedule?: Schedule.Schedule<unknown, Chat.ChatObject> | undefined
  /** How long the whole wait may take. */
  readonly deadline?: Duration.Input | undefined
}

/** A chat that has ended, and its messages. */
export interface ChatResult {
  /** If `requires_action`, run the tools in `chat.required_action` and submit their outputs. */
  readonly status: "completed" | "requires_action" | "canceled" | (string & {})
  readonly chat: Chat.ChatObject
  readonly messages: ReadonlyArray<ChatMessages.Message>
}

/** How a chat ended, in the cloud's spelling; `undefined` if it goes on. */
const endOf = (status: string | null | undefined): string | undefined => {
  if (isUnderWay(status)) return undefined
  const end = (status ?? "").toLowerCase()
  return end === "cancelled" ? "canceled" : end === "required_action" ? "requires_action" : end
}

/** 0.5 s, growing by half each time, up to 5 s. */
const defaultSchedule: Schedule.Schedule<unknown, unknown> = /*#__PURE__*/ Schedule.modifyDelay(
  /*#__PURE__*/ Schedule.exponential("500 millis", 1.5),
  ({ duration }) => Effect.succeed(Duration.min(duration, Duration.seconds(5)))
)

/** The endpoints of a chat. */
interface ChatApi {
  readonly create: (params: Chat.ChatCreateParams) => Effect.Effect<Chat.ChatObject, ApiError, Coze>
  readonly retrieve: (params: Chat.ChatRetrieveParams) => Effect.Effect<Chat.ChatObject, ApiError, Coze>
  readonly cancel: (params: Chat.ChatCancelParams) => Effect.Effect<Chat.ChatObject, ApiError, Coze>
}

export const createAndPoll = (
  api: ChatApi,
  params: Omit<Chat.ChatCreateParams, "auto_save_history">,
  options: PollOptions | undefined
): Effect.Effect<ChatResult, ApiError, Coze> =>
  bounded(
    "chat.createAndPoll",
    options,
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(api.create({ ...params, auto_save_history: true })), (chat) =>
        cancelling(api, chat, restore(follow(api, "chat.createAndPoll", chat, options)))
      )
    )
  )

export const poll = (
  api: ChatApi,
  params: Chat.ChatRetrieveParams,
  options: PollOptions | undefined
): Effect.Effect<ChatResult, ApiError, Coze> => {
  const chat = { id: params.chat_id, conversation_id: params.conversation_id }
  return bounded("chat.poll", options, cancelling(api, chat, follow(api, "chat.poll", chat, options)))
}

const follow = (
  api: ChatApi,
  endpoint: string,
  started: Chat.ChatObject,
  options: PollOptions | undefined
): Effect.Effect<ChatResult, ApiError, Coze> =>
  Effect.flatMap(Schedule.toStepWithSleep(options?.schedule ?? defaultSchedule), (step) => {
    const params = { conversation_id: started.conversation_id, chat_id: started.id }
    const look = (chat: Chat.ChatObject): Effect.Effect<ChatResult, ApiError, Coze> => {
      const status = endOf(chat.status)
      if (status === "failed") return Effect.fail(chatFailure(endpoint, chat))
      if (status !== undefined) {
        return Effect.map(ChatMessages.list(params), (messages) => ({ status, chat, messages }))
      }
      return Pull.matchEffect(step(chat), {
        onSuccess: () => Effect.flatMap(api.retrieve(params), look),
        onFailure: Effect.failCause,
        onDone: () => Effect.fail(gaveUp(endpoint, "The schedule ended before the chat did", Duration.zero))
      })
    }
    return look(started)
  })

const bounded = <R>(
  endpoint: string,
  options: PollOptions | undefined,
  self: Effect.Effect<ChatResult, ApiError, R>
): Effect.Effect<ChatResult, ApiError, R> => {
  if (options?.deadline === undefined) return self
  const duration = Duration.fromInputUnsafe(options.deadline)
  return Effect.timeoutOrElse(self, {
    duration,
    orElse: () => Effect.fail(gaveUp(endpoint, `The chat did not end within ${Duration.format(duration)}`, duration))
  })
}

const cancelling = <R>(
  api: ChatApi,
  chat: Chat.ChatObject,
  self: Effect.Effect<ChatResult, ApiError, R>
): Effect.Effect<ChatResult, ApiError, R | Coze> =>
  Effect.onExit(self, (exit) => (isAbandoned(exit) ? cancelQuietly(api, chat) : Effect.void))

const isAbandoned = (exit: Exit.Exit<unknown, ApiError>): boolean => {
  if (Exit.isSuccess(exit)) return false
  if (Cause.hasInterrupts(exit.cause)) return true
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return error?.reason._tag === "TimeoutError" && error.reason.which === "total"
}

/** The expired deadline must not stop this call as well. */
const cancelQuietly = (api: ChatApi, chat: Chat.ChatObject): Effect.Effect<void, never, Coze> =>
  api.cancel({ conversation_id: chat.conversation_id, chat_id: chat.id }).pipe(
    Effect.updateService(RequestOptions.Current, (options) => ({ ...options, deadline: undefined })),
    Effect.timeoutOption("5 seconds"),
    quietly
  )

const gaveUp = (endpoint: string, message: string, duration: Duration.Duration): ApiError =>
  local({ provider: "coze", id: endpoint }, new TimeoutError({ message, which: "total", duration, attempt: 1 }))
