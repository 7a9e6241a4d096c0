import type * as Responses from "../api/Responses.ts"

/** Whether the server stores the conversation, so only new items are sent. */
export const isKept = ({ conversation }: Responses.ResponseCreateParams): boolean =>
  conversation !== undefined && conversation !== null

/** Returns the input as items. */
export const itemsOf = ({ input }: Responses.ResponseCreateParams): ReadonlyArray<Responses.ResponseInputItem> =>
  input === undefined ? [] : typeof input === "string" ? [{ role: "user", content: input }] : input

/** The output of a response as input of the next request, without what the API does not take back. */
export const inputItemsOf = (
  output: ReadonlyArray<Responses.ResponseOutputItem>
): ReadonlyArray<Responses.ResponseInputItem> =>
  output.flatMap((item): ReadonlyArray<Responses.ResponseInputItem> => {
    const { created_by: _, ...plain } = item as typeof item & { readonly created_by?: unknown }
    switch (item.type) {
      case "~unknown":
        return [item]
      case "additional_tools":
        return item.role === "developer" ? [plain as Responses.ResponseInputItem] : []
      case "shell_call_output":
        return [
          { ...plain, output: item.output.map(({ created_by: _, ...chunk }) => chunk) } as Responses.ResponseInputItem
        ]
      case "custom_tool_call_output": {
        const { status, ...output } = plain as typeof item
        return status === "completed" ? [output] : []
      }
      case "computer_call_output":
        return item.status === "failed" ? [] : [plain as Responses.ResponseInputItem]
      default:
        // Every other item of an output is one of an input, too.
        return [plain as Responses.ResponseInputItem]
    }
  })
