import { describe, expect, it } from "@effect/vitest"
import { modelOf, silent } from "./sdk.ts"

const create = (input: string, result = "void") =>
  `create(thingID: string, body: ${input}, options?: RequestOptions): APIPromise<${result}> { return this._client.post(path\`/things/\${thingID}\`, { body, ...options }) }`

describe("inputs", () => {
  it("puts path parameters next to the fields of the body", () => {
    const model = modelOf(create("ThingCreateParams"), "export interface ThingCreateParams { name: string }")
    expect(model.endpoints).toMatchObject([
      { id: "things.create", method: "POST", path: "/things/{thing_id}", kind: "none", body: "json", query: [] }
    ])
    expect(model.declarations).toMatchObject([
      { id: "resources/things#ThingCreateParams", type: { fields: [{ name: "thing_id" }, { name: "name" }] } }
    ])
  })

  it("names an input that the SDK has no type for", () => {
    const model = modelOf(
      `retrieve(thingID: string): APIPromise<void> { return this._client.get(path\`/things/\${thingID}\`, { ...options }) }`
    )
    expect(model.endpoints[0]?.input).toBe("resources/things#ThingRetrieveParams")
  })

  it("stops where two inputs share a name, until an override renames one", () => {
    const types = "export interface P { thing_id: string }"
    expect(() => modelOf(create("P"), types)).toThrow("things.create: two inputs named thing_id")
    const renamed = modelOf(create("P"), types, {
      ...silent,
      endpoints: { "things.create": { reason: "test", rename: { thing_id: "id" } } }
    })
    expect(renamed.endpoints[0]?.path).toBe("/things/{id}")
  })

  it("leaves the stream switch out and makes a twin", () => {
    const model = modelOf(
      `create(body: PNonStreaming): APIPromise<Shared.Usage>
      create(body: PStreaming): APIPromise<Stream<E>>
      create(body: P, options?: RequestOptions): APIPromise<Shared.Usage> | APIPromise<Stream<E>> { return this._client.post('/things', { body, ...options }) }`,
      `interface PBase { name: string }
      interface PNonStreaming extends PBase { stream?: false | null }
      interface PStreaming extends PBase { stream: true }
      export type P = PNonStreaming | PStreaming
      export interface E { type: 'done' }`,
      { ...silent, terminal: { "things.create:stream": ["done"] } }
    )
    expect(model.endpoints.map(({ id, kind, terminal, twin }) => ({ id, kind, terminal, twin }))).toEqual([
      { id: "things.create", kind: "json", terminal: undefined, twin: false },
      { id: "things.create:stream", kind: "stream", terminal: ["done"], twin: true }
    ])
    expect(model.declarations.find(({ id }) => id.endsWith("#P"))?.type).toEqual({
      kind: "object",
      open: false,
      fields: [{ name: "name", type: { kind: "string" }, optional: false }]
    })
  })
})

describe("overrides", () => {
  const types = "export interface P { a: string; b: string }"
  const fields = (override: object) => {
    const model = modelOf(create("P"), types, {
      ...silent,
      fields: [{ at: "resources/things#P.a", reason: "test", ...override }]
    })
    const type = model.declarations[0]?.type
    return type?.kind === "object"
      ? type.fields.map(({ name, optional, type }) => `${name}${optional ? "?" : ""}: ${type.kind}`)
      : []
  }

  it("change, drop and add fields", () => {
    expect(fields({ optional: true })).toEqual(["thing_id: string", "a?: string", "b: string"])
    expect(fields({ type: { kind: "number" } })).toEqual(["thing_id: string", "a: number", "b: string"])
    expect(fields({ omit: true })).toEqual(["thing_id: string", "b: string"])
    expect(fields({ at: "resources/*#*.c", add: { kind: "boolean" } })).toEqual([
      "thing_id: string",
      "a: string",
      "b: string",
      "c?: boolean"
    ])
  })

  it("must name what is there", () => {
    expect(() => fields({ at: "resources/things#P.z" })).toThrow("resources/things#P.z is not there")
    expect(() => fields({ add: { kind: "string" } })).toThrow("is there already")
    expect(() => modelOf("poll(): Promise<void> { return poll(this) }")).toThrow(
      "overrides.ts says nothing: things.poll"
    )
    expect(() => modelOf("", "", { ...silent, helpers: { "things.poll": "test" } })).toThrow(
      "that are not there: things.poll"
    )
  })
})

it("keeps only types that something needs", () => {
  const model = modelOf(
    create("P", "A"),
    "export interface P {}\nexport interface A { b: B }\nexport interface B { n: number }\nexport interface C { n: number }"
  )
  expect(model.declarations.map(({ id }) => id.split("#")[1]).sort()).toEqual(["A", "B", "P"])
})
