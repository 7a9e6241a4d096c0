import { Project } from "ts-morph"
import type { Model } from "../../scripts/codegen/model/Model.ts"
import { makeModel } from "../../scripts/codegen/model/makeModel.ts"
import type { Overrides } from "../../scripts/codegen/overrides.ts"
import { readProject, type Source } from "../../scripts/codegen/read/resources.ts"

/** Overrides that say nothing. */
export const silent: Overrides = {
  package: "sdk",
  clientClass: "Client",
  service: "Service",
  folder: "sdk",
  helpers: {},
  streams: {},
  delegated: {},
  endpoints: {},
  terminal: {},
  behaviours: {},
  events: {},
  fields: [],
  unions: [],
  additions: {},
  modules: { "resources/shared": "Shared" },
  pagination: { Page: "single" },
  docs: [],
  referenceUrl: (id) => `https://example.com/${id}`
}

/** Reads a made-up SDK with one resource, `client.things`. */
export const read = (methods: string, types = "", overrides: Overrides = silent): Source => {
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { moduleResolution: 100 } })
  const file = (path: string, text: string) => project.createSourceFile(`/sdk/src/${path}.ts`, text)
  file(
    "client",
    `import { Things } from "./resources/things"\nexport class Client { things: Things = new Things(this) }`
  )
  file("core/pagination", "export class Page<T> { data: T[] }\nexport interface PageParams { limit?: number }")
  file("core/uploads", "export type Uploadable = Blob")
  file("resources/shared", "export interface Usage { tokens: number }")
  file(
    "resources/things",
    `import { APIResource } from "../core/resource"
import { Page, type PageParams } from "../core/pagination"
import { type Uploadable } from "../core/uploads"
import * as Shared from "./shared"
export class Things extends APIResource {
${methods}
}
export class GoneError extends Error { declare readonly errorCode: "thing_gone" }
${types}`
  )
  return readProject(project, {
    root: "/sdk/src",
    clientClass: overrides.clientClass,
    streams: overrides.streams,
    roots: Object.values(overrides.events).flatMap(({ client, server }) => [...server, ...client])
  })
}

export const modelOf = (methods: string, types = "", overrides: Overrides = silent): Model =>
  makeModel(read(methods, types, overrides), overrides)

export const typeNamed = (source: { readonly declarations: Source["declarations"] }, name: string) =>
  source.declarations.get(`resources/things#${name}`)?.type
