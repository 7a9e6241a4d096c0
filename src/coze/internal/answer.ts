import { textOf } from "../../internal/json/json.ts"

/** Whether a message is what the bot says to the user. Some servers leave out the type of what is nothing else. */
export const isAnswer = ({ role, type }: { readonly role?: unknown; readonly type?: unknown }): boolean =>
  type === "answer" || (textOf(type) === "" && (textOf(role) === "" || role === "assistant"))
