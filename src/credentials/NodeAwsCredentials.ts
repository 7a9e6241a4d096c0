/**
 * AWS's default credential chain, from `@aws-sdk/credential-providers`: an optional peer that only this module loads.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as NodeAwsCredentials from "llmfx/credentials/NodeAwsCredentials"
 * import * as Bedrock from "llmfx/anthropic/Bedrock"
 *
 * const layer = Layer.unwrap(
 *   Effect.map(NodeAwsCredentials.defaultChain({ profile: "models" }), (credentials) =>
 *     Bedrock.layer({ region: "us-east-1", credentials })
 *   )
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import { importPeer } from "../internal/credentials/importPeer.ts"
import * as AwsCredentials from "./AwsCredentials.ts"
import { type Credential, CredentialError } from "./Credential.ts"

/** The part of `@aws-sdk/credential-providers` that is used. */
interface Library {
  readonly createCredentialChain: (...providers: ReadonlyArray<Provider>) => Provider
  readonly fromEnv: (options: {}) => Provider
  readonly fromNodeProviderChain: (options: { readonly profile?: string }) => Provider
}

type Provider = Parameters<typeof AwsCredentials.fromProvider>[0]

const packageName = "@aws-sdk/credential-providers"

/**
 * Finds access keys in the environment, the shared files (with single sign-on, roles and processes), a web identity, or
 * the role of the container or machine. With `profile`, only in the shared files.
 *
 * @category constructors
 */
export const defaultChain = (options?: {
  readonly profile?: string | undefined
}): Effect.Effect<Credential<AwsCredentials.AccessKeys>, CredentialError> =>
  Effect.flatMap(importPeer(packageName, "The default chain of AWS credentials"), (library) => {
    if (!isLibrary(library)) {
      return Effect.fail(
        new CredentialError({ message: `This version of ${packageName} has no fromNodeProviderChain` })
      )
    }
    const { createCredentialChain, fromEnv, fromNodeProviderChain } = library
    const profile = options?.profile
    // A provider keeps its result, so each refresh makes a new one. By itself it would prefer AWS_PROFILE to keys in
    // the environment, unlike AWS's other tools.
    const provider = () =>
      profile === undefined
        ? createCredentialChain(fromEnv({}), fromNodeProviderChain({}))
        : fromNodeProviderChain({ profile })
    return AwsCredentials.fromProvider(() => provider()())
  })

const isLibrary = (module: object): module is Library =>
  ["createCredentialChain", "fromEnv", "fromNodeProviderChain"].every(
    (name) => typeof Reflect.get(module, name) === "function"
  )
