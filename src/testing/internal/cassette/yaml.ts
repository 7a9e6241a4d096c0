/** YAML by the package `yaml`: an optional peer that only those need who replay a recording in YAML. */
import * as Effect from "effect/Effect"
import { importPeer } from "../../../internal/credentials/importPeer.ts"
import { messageOf } from "../../../internal/errors/messageOf.ts"

/** The part of `yaml` that is used. */
interface Library {
  readonly parse: (text: string, options: object) => unknown
}

const packageName = "yaml"

/** As PyYAML writes it: YAML 1.1, with bytes as `!!binary` and tags of Python that do not matter. */
const options = { version: "1.1", logLevel: "error", maxAliasCount: -1 }

export const parseYaml = (text: string): Effect.Effect<unknown, Error> =>
  Effect.flatMap(importPeer(packageName, "A recording in YAML"), (library) =>
    isLibrary(library)
      ? Effect.try({
          try: () => library.parse(text, options),
          catch: (thrown) => new Error(`it is not YAML: ${messageOf(thrown)}`)
        })
      : Effect.fail(new Error(`this version of ${packageName} has no parse`))
  )

const isLibrary = (module: object): module is Library => "parse" in module && typeof module.parse === "function"
