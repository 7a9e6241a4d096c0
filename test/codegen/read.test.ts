import { describe, expect, it } from "@effect/vitest"
import { wireName } from "../../scripts/codegen/read/methods.ts"
import { notesOf } from "../../scripts/codegen/read/notes.ts"
import { read, typeNamed } from "./sdk.ts"

const get = (type: string) => `get(): APIPromise<${type}> { return this._client.get('/things', { ...options }) }`
const only = (methods: string, types = "") => read(methods, types).resources[0]?.methods[0]

describe("types", () => {
  const typeOf = (types: string) => typeNamed(read(get("Thing"), types), "Thing")

  it("reads literals, arrays, records and optional properties", () => {
    const type = typeOf(
      "export interface Thing { id: string; kind?: 'a' | 'b' | null; list: Array<number>; map: { [key: string]: boolean } }"
    )
    expect(type).toEqual({
      kind: "object",
      open: false,
      fields: [
        { name: "id", type: { kind: "string" }, optional: false },
        {
          name: "kind",
          type: {
            kind: "union",
            members: [{ kind: "literal", value: "a" }, { kind: "literal", value: "b" }, { kind: "null" }]
          },
          optional: true
        },
        { name: "list", type: { kind: "array", item: { kind: "number" } }, optional: false },
        { name: "map", type: { kind: "record", value: { kind: "boolean" } }, optional: false }
      ]
    })
  })

  it("flattens bases, Omit and intersections", () => {
    const names = (types: string) => {
      const type = typeOf(types)
      return type?.kind === "object" ? type.fields.map((field) => field.name) : type
    }
    const base = "interface Base { a: string; b: string }\n"
    expect(names(`${base}export interface Thing extends Base { c: string }`)).toEqual(["c", "a", "b"])
    expect(names(`${base}export interface Thing extends Omit<Base, 'a'> { c: string }`)).toEqual(["c", "b"])
    expect(names(`${base}export type Thing = Base & { c: string }`)).toEqual(["c", "a", "b"])
  })

  it("keeps one name of a type that has several", () => {
    const source = read(get("Thing"), "export type Thing = Other\nexport interface Other { id: Shared.Usage }")
    expect([...source.declarations.keys()]).toEqual(["resources/things#Other", "resources/shared#Usage"])
  })

  it("reads nested namespaces, recursion and type parameters' defaults", () => {
    const source = read(
      get("Thing"),
      "export interface Thing<T = string> { self?: Thing; part: Thing.Part; value: T }\nexport namespace Thing { export interface Part { n: number } }"
    )
    expect([...source.declarations.keys()].sort()).toEqual(["resources/things#Thing", "resources/things#Thing.Part"])
    expect(typeNamed(source, "Thing")).toMatchObject({ fields: [{}, {}, { name: "value", type: { kind: "string" } }] })
  })

  it("stops at what it does not understand, and says where", () => {
    expect(() => typeOf("export interface Thing { f: () => void }")).toThrow(
      /things\.get: \S+\/resources\/things\.ts:\d+: a type that the generator does not understand/
    )
    expect(() => typeOf("export interface Thing { f: Promise<string> }")).toThrow(/a type from outside the resources/)
  })
})

describe("methods", () => {
  it("takes path parameters from arguments and from the input", () => {
    const method = only(
      `get(partID: string, params: P, options?: RequestOptions): APIPromise<void> { const { thing_id, ...query } = params; return this._client.get(path\`/things/\${thing_id}/parts/\${partID}\`, { query, ...options }) }`,
      "export interface P { thing_id: string; order?: string }"
    )
    expect(method).toMatchObject({
      verb: "get",
      path: "/things/{thing_id}/parts/{part_id}",
      positional: ["part_id"],
      query: "rest",
      hasBody: false,
      results: [{ kind: "none" }]
    })
  })

  it("tells fixed headers from those that an input fills", () => {
    const method = only(
      `create(params: P, options?: RequestOptions): APIPromise<string> {
        const { betas, 'Idempotency-Key': key, ...body } = params
        return this._client.post('/things', { body, ...options, headers: buildHeaders([
          { 'x-beta': [...(betas ?? []), 'things-1'].toString(), ...(key != null ? { 'Idempotency-Key': key } : undefined) }, options?.headers
        ]), __security: { adminAPIKeyAuth: true } })
      }`,
      "export interface P { betas?: Array<string>; 'Idempotency-Key'?: string; name: string }"
    )
    expect(method).toMatchObject({
      verb: "post",
      hasBody: true,
      admin: true,
      headers: { "x-beta": "things-1" },
      headerParameters: { betas: "x-beta", "Idempotency-Key": "Idempotency-Key" },
      results: [{ kind: "text" }]
    })
  })

  const input = "export interface P { target: Shared.Usage; betas?: Array<string> }"

  it("takes a field that is the whole body", () => {
    const method = only(
      `attach(id: string, params: P, options?: RequestOptions): APIPromise<void> { const { target, betas } = params; return this._client.post(path\`/things/\${id}\`, { body: target, ...options }) }`,
      input
    )
    expect(method).toMatchObject({ bodyField: "target", hasBody: true, partTypes: {} })
  })

  it("takes the media types of parts", () => {
    const method = only(
      "call(body: P, options?: RequestOptions): APIPromise<void> { return this._client.post('/things', encodedMultipartFormRequestOptions({ body, ...options }, this._client, { target: { content_type: 'application/json', json: true } }, 'sdp')) }",
      input
    )
    expect(method).toMatchObject({ bodyField: undefined, partTypes: { target: "application/json" } })
  })

  it("sees that a query leaves out nulls", () => {
    const method = only(
      "usage(query: P, options?: RequestOptions): APIPromise<void> { return this._client.get('/things', { query: Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null)), ...options }) }",
      input
    )
    expect(method).toMatchObject({ query: "rest", dropsNulls: true })
  })

  it("reads pages, streams, files and error codes", () => {
    const source = read(
      `
      list(query: PageParams | null | undefined = {}, options?: RequestOptions): PagePromise<ThingsPage, Shared.Usage> { return this._client.getAPIList('/things', Page<Shared.Usage>, { query, ...options }) }
      /** @throws {GoneError} */
      create(body: P): APIPromise<Shared.Usage>
      create(body: P): APIPromise<Stream<Shared.Usage>>
      create(body: P, options?: RequestOptions): APIPromise<Shared.Usage> | APIPromise<Stream<Shared.Usage>> { return this._client.post('/things', multipartFormRequestOptions({ body, ...options }, this._client, false)) }
      content(id: string, options?: RequestOptions): APIPromise<Response> { return this._client.get(path\`/things/\${id}\`, { ...options, __binaryResponse: true }) }`,
      "export interface P { file: Uploadable }"
    )
    const [list, create, content] = source.resources[0]?.methods ?? []
    expect(list).toMatchObject({ verb: "get", page: "Page", results: [{ kind: "list" }] })
    expect(create).toMatchObject({
      encoding: "multipartFormRequestOptions",
      keepsFolders: true,
      results: [{ kind: "json" }, { kind: "stream" }],
      throws: ["GoneError"]
    })
    expect(content).toMatchObject({ results: [{ kind: "binary" }] })
    expect(source.errorCodes.get("GoneError")).toBe("thing_gone")
    expect(typeNamed(source, "P")).toMatchObject({ fields: [{ type: { kind: "file" } }] })
  })

  it("lists methods that send nothing", () => {
    expect(read("poll(id: string): Promise<void> { return poll(this, id) }").resources[0]?.helpers).toEqual([
      "things.poll"
    ])
  })
})

it("turns names into wire names", () => {
  expect(["fileID", "apiKeyID", "fineTunedModelCheckpoint", "id", "webhookEndpointID"].map(wireName)).toEqual([
    "file_id",
    "api_key_id",
    "fine_tuned_model_checkpoint",
    "id",
    "webhook_endpoint_id"
  ])
})

it("keeps limits, units and formats of comments, not their sentences", () => {
  const note = (text: string, kind: "number" | "string") => notesOf(text, { kind }).notes
  expect(note("The Unix timestamp (in seconds) for when it was made.", "number")).toEqual(["Unix time in seconds."])
  expect(note("A number between 0 and 2. Defaults to 1.", "number")).toEqual(["From 0 to 2.", "Default: 1."])
  expect(note("The name, with a maximum length of 64 characters.", "string")).toEqual(["At most 64 characters."])
  expect(note("Either a URL or the base64 encoded data.", "string")).toBeUndefined()
  expect(note("Nothing to keep here.", "string")).toBeUndefined()
  expect(notesOf("@deprecated use another").deprecated).toBe(true)
  expect(notesOf("Body param: Deprecated: Use another.").deprecated).toBe(true)
  expect(notesOf("Body param: Not Deprecated: yet.").deprecated).toBeUndefined()
})
