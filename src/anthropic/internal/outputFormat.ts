import type { Behaviour } from "../../internal/behaviour.ts"
import { isObject } from "../../internal/json/json.ts"

/**
 * Sends `output_format`, the former name of `output_config.format`, under its present name, as the official client
 * does.
 */
export const outputFormat: Behaviour = {
  send: (input) => {
    const { output_config: config, output_format: format, ...rest } = input
    if (!isObject(format) || (isObject(config) && isObject(config["format"]))) return input
    return { ...rest, output_config: { ...(isObject(config) ? config : {}), format } }
  }
}
