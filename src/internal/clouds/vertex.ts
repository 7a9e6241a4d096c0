/** What both services have in common on Google Vertex. */
import * as Redacted from "effect/Redacted"
import type * as Credential from "../../credentials/Credential.ts"
import type { GoogleCredential } from "../../credentials/GoogleCredentials.ts"

/** A token, an Effect that gives one on every try, or a credential of `GoogleCredentials` or `NodeGoogleCredentials`. */
export type CredentialInput = Credential.Input | GoogleCredential

/** A credential that knows its project; `undefined` for another one. */
export const googleCredential = (credential: CredentialInput | undefined): GoogleCredential | undefined =>
  credential !== undefined && !Redacted.isRedacted(credential) && "projectId" in credential ? credential : undefined

/** The project that pays, where the credential names one. */
export const quotaHeader = (credential: GoogleCredential | undefined): { readonly [name: string]: string } =>
  credential?.quotaProjectId === undefined ? {} : { "x-goog-user-project": credential.quotaProjectId }

export const locationProblems = (name: string, location: string | undefined): ReadonlyArray<string> =>
  location === undefined
    ? [`no location: set ${name}`]
    : /^[a-z0-9-]+$/.test(location)
      ? []
      : [`${name} is no location, such as us-east5`]

/** Projects of a domain have a colon and dots in their names. */
export const projectProblems = (name: string, project: string | undefined): ReadonlyArray<string> =>
  project === undefined
    ? [`no project: set ${name}`]
    : /^[\w-][\w.:-]*$/.test(project)
      ? []
      : [`${name} is no name of a project`]

export const credentialProblems = (credential: CredentialInput | undefined): ReadonlyArray<string> =>
  credential === undefined ? ["no credential: give a token, or one of GoogleCredentials or NodeGoogleCredentials"] : []
