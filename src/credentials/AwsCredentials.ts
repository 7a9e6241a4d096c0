/**
 * Access keys of AWS, for models on Amazon Bedrock.
 *
 * Keys in the environment do not need the AWS SDK. For the SDK's default chain, use `NodeAwsCredentials`.
 *
 * @example
 * ```ts
 * import * as Redacted from "effect/Redacted"
 * import * as Bedrock from "llmfx/anthropic/Bedrock"
 *
 * const BedrockLive = Bedrock.layer({
 *   region: "eu-central-1",
 *   credentials: { accessKeyId: "AKIA…", secretAccessKey: Redacted.make("…") }
 * })
 * ```
 */
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { messageOf } from "../internal/errors/messageOf.ts"
import { secretVariable, settings, variable } from "../internal/provider.ts"
import * as Credential from "./Credential.ts"

/**
 * A pair of keys, and a session token if they are temporary.
 *
 * @category models
 */
export interface AccessKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted
  readonly sessionToken?: Redacted.Redacted | undefined
}

/**
 * The credentials that a layer accepts: keys, an Effect that runs on every attempt, or a credential.
 *
 * @category models
 */
export type Input =
  | AccessKeys
  | Effect.Effect<AccessKeys, Credential.CredentialError>
  | Credential.Credential<AccessKeys>

/**
 * Makes a credential.
 *
 * @category constructors
 */
export const make = (input: Input): Credential.Credential<AccessKeys> => {
  if (Effect.isEffect(input)) return { get: input }
  return "get" in input ? input : { get: Effect.succeed(input) }
}

/** The result of a credential provider of the AWS SDK. */
interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/**
 * Uses a credential provider of the AWS SDK, such as `fromIni()` or `fromWebToken(…)`. Its keys are cached until they
 * expire.
 *
 * @category constructors
 */
export const fromProvider = (provider: () => Promise<Identity>): Effect.Effect<Credential.Credential<AccessKeys>> =>
  Credential.cached<AccessKeys>({
    acquire: Effect.map(
      Effect.tryPromise({
        try: provider,
        catch: (thrown) => new Credential.CredentialError({ message: `No AWS credentials: ${messageOf(thrown)}` })
      }),
      ({ accessKeyId, expiration, secretAccessKey, sessionToken }) => ({
        value: {
          accessKeyId,
          secretAccessKey: Redacted.make(secretAccessKey),
          sessionToken: sessionToken === undefined ? undefined : Redacted.make(sessionToken)
        },
        expiresAt: expiration?.getTime()
      })
    )
  })

/**
 * Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Returns `undefined` if they are not set.
 *
 * @category constructors
 */
export const fromEnvironment: Effect.Effect<AccessKeys | undefined, ConfigProvider.SourceError> =
  /*#__PURE__*/ Effect.map(
    /*#__PURE__*/ settings({
      accessKeyId: /*#__PURE__*/ variable("AWS_ACCESS_KEY_ID"),
      secretAccessKey: /*#__PURE__*/ secretVariable("AWS_SECRET_ACCESS_KEY"),
      sessionToken: /*#__PURE__*/ secretVariable("AWS_SESSION_TOKEN")
    }),
    ({ accessKeyId, secretAccessKey, sessionToken }) =>
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey, sessionToken }
  )
