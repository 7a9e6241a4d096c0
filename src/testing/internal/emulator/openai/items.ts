/** Checks that items of a response's input that belong together are there. */
import { entryOf, type JsonObject, stringOf } from "../../../../internal/json/json.ts"
import { refuseOpenAi } from "../checks/complaints.ts"
import type * as Exchange from "../exchange.ts"
import { inputItems } from "./requests.ts"

const collection = "/reasoned items"

/** Keeps which item came right after a reasoning item: it cannot be sent back without it. */
export const rememberReasoning = ({ now, server }: Exchange.Exchange, output: ReadonlyArray<JsonObject>): void => {
  for (const [index, item] of output.entries()) {
    const before = output[index - 1]
    const id = stringOf(item["id"])
    if (before?.["type"] === "reasoning" && id !== undefined) {
      server.store.insert(collection, id, { reasoning: before["id"] }, now)
    }
  }
}

const outputs: { readonly [call: string]: string } = {
  function_call: "function_call_output",
  custom_tool_call: "custom_tool_call_output",
  computer_call: "computer_call_output",
  local_shell_call: "local_shell_call_output",
  shell_call: "shell_call_output",
  apply_patch_call: "apply_patch_call_output"
}

const callNames: { readonly [output: string]: string } = Object.fromEntries(
  Object.entries(outputs).map(([call, output]) => [output, call])
)

const words = (type: string): string => type.replaceAll("_", " ")

/** Refuses calls without results, results without calls, and reasoning that is torn from what it led to. */
export const checkItems = (exchange: Exchange.Exchange, history: ReadonlyArray<JsonObject>): void => {
  if (!exchange.server.isStrict) return
  const given = inputItems(exchange.body["input"]).flatMap((item) => known(exchange, item))
  const all = [...history, ...given]
  // A made-up history includes the call that a result is for.
  if (!exchange.server.samplesForMissing) checkPairs(all)
  // A conversation and a previous response bring their reasoning along.
  if (history.length === 0) checkReasoning(exchange, given)
}

/** An item that is only referred to stands for itself if the API knows it. */
const known = ({ now, server }: Exchange.Exchange, item: JsonObject): ReadonlyArray<JsonObject> =>
  item["type"] === "item_reference" && server.store.get(collection, String(item["id"]), now) === undefined ? [] : [item]

const idOf = (item: JsonObject): string => String(item["call_id"] ?? item["id"])

const checkPairs = (items: ReadonlyArray<JsonObject>): void => {
  // References stand for items of any kind: what they bring is not known here.
  if (items.some(({ type }) => type === "item_reference")) return
  const called = new Set<string>()
  const answered = new Set<string>()
  for (const item of items) {
    const type = String(item["type"])
    if (Object.hasOwn(outputs, type)) called.add(`${type} ${idOf(item)}`)
    const call = entryOf(callNames, type)
    if (call === undefined) continue
    const key = `${call} ${idOf(item)}`
    if (!called.has(key)) {
      refuseOpenAi(`No tool call found for ${words(type)} with call_id ${idOf(item)}.`, "input")
    }
    answered.add(key)
  }
  for (const item of items) {
    const type = String(item["type"])
    if (Object.hasOwn(outputs, type) && !answered.has(`${type} ${idOf(item)}`)) {
      refuseOpenAi(`No tool output found for ${words(type)} ${idOf(item)}.`, "input")
    }
  }
}

const checkReasoning = ({ now, server }: Exchange.Exchange, items: ReadonlyArray<JsonObject>): void => {
  const ids = new Set(items.map(({ id }) => id))
  for (const [index, item] of items.entries()) {
    const next = items[index + 1]
    if (item["type"] === "reasoning" && (next === undefined || next["role"] === "user")) {
      refuseOpenAi(
        `Item '${item["id"]}' of type 'reasoning' was provided without its required following item.`,
        "input"
      )
    }
    const reasoning = server.store.get(collection, String(item["id"]), now)?.value["reasoning"]
    if (reasoning !== undefined && !ids.has(reasoning)) {
      refuseOpenAi(
        `Item '${item["id"]}' of type '${item["type"]}' was provided without its required 'reasoning' item: '${reasoning}'.`,
        "input"
      )
    }
  }
}
