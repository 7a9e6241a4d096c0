import { type Behaviour, isObject } from "../../internal/dialect.ts"

/** The former name of `output_config.format` goes under the present one, as the official client sends it. */
const renamed: Behaviour = {
  send: (input) => {
    const { output_config: config, output_format: format, ...rest } = input
    if (!isObject(format) || (isObject(config) && isObject(config["format"]))) return input
    return { ...rest, output_config: { ...(isObject(config) ? config : {}), format } }
  },
  receive: (body) => body
}

export const outputFormat = {
  "beta.messages.create": renamed,
  "beta.messages.create:stream": renamed,
  "beta.messages.countTokens": renamed
}
