/** Runs the program in a worker: the settings are the body of a request, the results that of its response. */
import { run } from "../program.mjs"

export default {
  fetch: async (request) => Response.json(await run(await request.json()))
}
