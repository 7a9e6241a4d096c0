/** Shared by OpenAI's and Anthropic's layers on Google Vertex. */
import * as Redacted from "effect/Redacted"
import type * as Credential from "../../credentials/Credential.ts"
import type { GoogleCredential } from "../../credentials/GoogleCredentials.ts"

/**
 * A token, an Effect that returns one for every attempt, or a credential of `GoogleCredentials` or
 * `NodeGoogleCredentials`.
 */
export type CredentialInput = Credential.Input | GoogleCredential

/** Returns the credential if it knows its project, otherwise `undefined`. */
export const googleCredential = (credential: CredentialInput | undefined): GoogleCredential | undefined =>
  credential !== undefined && !Redacted.isRedacted(credential) && "projectId" in credential ? credential : undefined

/** Names the project to bill, if the credential has one. */
export const quotaHeader = (credential: GoogleCredential | undefined): { readonly [name: string]: string } =>
  credential?.quotaProjectId === undefined ? {} : { "x-goog-user-project": credential.quotaProjectId }

export const locationProblems = (name: string, location: string | undefined): ReadonlyArray<string> =>
  location === undefined
    ? [`no location: set ${name}`]
    : /^[a-z0-9-]+$/.test(location)
      ? []
      : [`${name} is no location, such as us-east5`]

/** Projects that belong to a domain have a colon and dots in their names. */
export const projectProblems = (name: string, project: string | undefined): ReadonlyArray<string> =>
  project === undefined
    ? [`no project: set ${name}`]
    : /^[\w-][\w.:-]*$/.test(project)
      ? []
      : [`${name} is no name of a project`]

export const credentialProblems = (credential: CredentialInput | undefined): ReadonlyArray<string> =>
  credential === undefined ? ["no credential: give a token, or one of GoogleCredentials or NodeGoogleCredentials"] : []
