import * as Effect from "effect/Effect"
import { CredentialError } from "../../credentials/Credential.ts"
import { messageOf } from "../errors/messageOf.ts"

/** Imports an optional peer when it is first used. If it is missing, the error says how to install it. */
export const importPeer = (name: string, purpose: string): Effect.Effect<object, CredentialError> =>
  Effect.tryPromise({
    try: (): Promise<object> => import(/* @vite-ignore */ /* webpackIgnore: true */ name),
    catch: (thrown) =>
      new CredentialError({
        message: isMissing(thrown, name)
          ? `${purpose} needs the package ${name}, which is not installed: npm install ${name}`
          : `The package ${name} cannot be loaded: ${messageOf(thrown)}`
      })
  })

const isMissing = (thrown: unknown, name: string): boolean =>
  thrown instanceof Error &&
  (("code" in thrown && thrown.code === "ERR_MODULE_NOT_FOUND") ||
    /cannot find|failed to (load|resolve)/i.test(thrown.message)) &&
  thrown.message.includes(name)
