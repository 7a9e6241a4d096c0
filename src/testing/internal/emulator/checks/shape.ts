/** Describes valid requests and finds the first fault in one. Each API has its own words for a {@link Fault}. */
import { isObject, type JsonObject } from "../../../../internal/json/json.ts"

/** Names of properties and positions in arrays, from the body on. */
export type Path = ReadonlyArray<string | number>

/** The kinds of faults. */
export type Problem =
  | { readonly _tag: "Missing" }
  | { readonly _tag: "WrongType"; readonly expected: ReadonlyArray<TypeName>; readonly given: unknown }
  | { readonly _tag: "UnknownValue"; readonly known: ReadonlyArray<string>; readonly given: unknown }
  | { readonly _tag: "UnknownField" }
  | {
      readonly _tag: "OutOfRange"
      readonly side: "below" | "above"
      readonly limit: number
      readonly given: number
      readonly isInteger: boolean
    }
  | {
      readonly _tag: "WrongLength"
      readonly side: "below" | "above"
      readonly limit: number
      readonly given: number
      readonly of: "array" | "string" | "object"
    }
  | { readonly _tag: "WrongPattern"; readonly pattern: string }

export interface Fault {
  readonly path: Path
  readonly problem: Problem
}

export type TypeName = "string" | "boolean" | "number" | "integer" | "object" | "array" | "array of objects"

/**
 * Finds what is wrong with a value; `undefined` if nothing is. Compatible servers know more values and kinds of objects
 * than the API whose form they use: with `isOpen`, unknown ones pass.
 */
export interface Shape {
  readonly types: ReadonlyArray<TypeName>
  readonly accepts: (value: unknown) => boolean
  readonly check: (value: unknown, path: Path, isOpen: boolean) => Fault | undefined
}

export interface Field {
  readonly shape: Shape
  readonly isRequired: boolean
  /** Whether `null` stands for leaving the field out. */
  readonly isNullable: boolean
}

export type Fields = { readonly [name: string]: Field }

export const required = (shape: Shape): Field => ({ shape, isRequired: true, isNullable: false })
export const optional = (shape: Shape): Field => ({ shape, isRequired: false, isNullable: true })

const fault = (path: Path, problem: Problem): Fault => ({ path, problem })

const typed = (
  types: ReadonlyArray<TypeName>,
  accepts: (value: unknown) => boolean,
  check: Shape["check"] = () => undefined
): Shape => ({
  types,
  accepts,
  check: (value, path, isOpen) =>
    accepts(value) ? check(value, path, isOpen) : fault(path, { _tag: "WrongType", expected: types, given: value })
})

interface TextLimits {
  readonly min?: number
  readonly max?: number
  readonly pattern?: RegExp
}

export const string = ({ max, min, pattern }: TextLimits = {}): Shape =>
  typed(
    ["string"],
    (value) => typeof value === "string",
    (value, path) => {
      const text = value as string
      return (
        lengthFault("string", text.length, min, max, path) ??
        (pattern === undefined || pattern.test(text)
          ? undefined
          : fault(path, { _tag: "WrongPattern", pattern: pattern.source }))
      )
    }
  )

/** One of the given strings. */
export const oneOf = (...known: ReadonlyArray<string>): Shape =>
  typed(
    ["string"],
    (value) => typeof value === "string",
    (value, path, isOpen) =>
      isOpen || known.includes(value as string) ? undefined : fault(path, { _tag: "UnknownValue", known, given: value })
  )

export const boolean: Shape = typed(["boolean"], (value) => typeof value === "boolean")

interface Range {
  readonly min?: number
  readonly max?: number
}

const rangeFault = (value: number, { max, min }: Range, path: Path, isInteger: boolean): Fault | undefined => {
  const outside = (side: "below" | "above", limit: number) =>
    fault(path, { _tag: "OutOfRange", side, limit, given: value, isInteger })
  if (min !== undefined && value < min) return outside("below", min)
  return max !== undefined && value > max ? outside("above", max) : undefined
}

export const number = (range: Range = {}): Shape =>
  typed(
    ["number"],
    (value) => typeof value === "number",
    (value, path) => rangeFault(value as number, range, path, false)
  )

export const integer = (range: Range = {}): Shape =>
  typed(
    ["integer"],
    (value) => Number.isInteger(value),
    (value, path) => rangeFault(value as number, range, path, true)
  )

const lengthFault = (
  of: "array" | "string" | "object",
  given: number,
  min: number | undefined,
  max: number | undefined,
  path: Path
): Fault | undefined => {
  const outside = (side: "below" | "above", limit: number) =>
    fault(path, { _tag: "WrongLength", side, limit, given, of })
  if (min !== undefined && given < min) return outside("below", min)
  return max !== undefined && given > max ? outside("above", max) : undefined
}

const first = <A>(values: Iterable<A>, find: (value: A) => Fault | undefined): Fault | undefined => {
  for (const value of values) {
    const found = find(value)
    if (found !== undefined) return found
  }
  return undefined
}

export const array = (item: Shape, { max, min }: Range = {}): Shape =>
  typed(
    [item.types.length === 1 && item.types[0] === "object" ? "array of objects" : "array"],
    Array.isArray,
    (value, path, isOpen) => {
      const items = value as ReadonlyArray<unknown>
      return (
        lengthFault("array", items.length, min, max, path) ??
        first(items.entries(), ([index, one]) => item.check(one, [...path, index], isOpen))
      )
    }
  )

const fieldFault = (
  value: JsonObject,
  name: string,
  { isNullable, isRequired, shape }: Field,
  path: Path,
  isOpen: boolean
): Fault | undefined => {
  const given = value[name]
  if (given === undefined) return isRequired ? fault([...path, name], { _tag: "Missing" }) : undefined
  return given === null && isNullable ? undefined : shape.check(given, [...path, name], isOpen)
}

export const fieldsFault = (value: JsonObject, fields: Fields, path: Path, isOpen = false): Fault | undefined =>
  first(Object.entries(fields), ([name, field]) => fieldFault(value, name, field, path, isOpen))

/** The first field that is none of the documented ones. */
export const unknownFault = (value: JsonObject, names: ReadonlySet<string>, path: Path): Fault | undefined =>
  first(Object.keys(value), (name) => (names.has(name) ? undefined : fault([...path, name], { _tag: "UnknownField" })))

export const object = (
  fields: Fields = {},
  more?: (value: JsonObject, path: Path, isOpen: boolean) => Fault | undefined
): Shape =>
  typed(
    ["object"],
    isObject,
    (value, path, isOpen) =>
      fieldsFault(value as JsonObject, fields, path, isOpen) ?? more?.(value as JsonObject, path, isOpen)
  )

/** An object of any properties, at most `max`, whose values have a shape. */
export const record = (item: Shape, max?: number): Shape =>
  object({}, (value, path, isOpen) => {
    const entries = Object.entries(value)
    return (
      lengthFault("object", entries.length, undefined, max, path) ??
      first(entries, ([name, one]) => item.check(one, [...path, name], isOpen))
    )
  })

/**
 * Objects told apart by a property. One without it has the shape `absent`, or lacks it. A tag of its own has no fields
 * to check if it is only listed in `others`; if `others` is absent, any other tag passes. `isFirm` holds for compatible
 * servers, too.
 */
export const tagged = (
  name: string,
  members: { readonly [tag: string]: Shape },
  {
    absent,
    isFirm,
    others
  }: { readonly absent?: Shape; readonly isFirm?: boolean; readonly others?: ReadonlyArray<string> } = {}
): Shape =>
  object({}, (value, path, isOpen) => {
    const isLoose = isOpen && isFirm !== true
    const tag = value[name]
    if (tag === undefined || tag === null) {
      if (absent !== undefined) return absent.check(value, path, isOpen)
      return isLoose ? undefined : fault([...path, name], { _tag: "Missing" })
    }
    if (typeof tag !== "string") return fault([...path, name], { _tag: "WrongType", expected: ["string"], given: tag })
    if (Object.hasOwn(members, tag)) return members[tag]?.check(value, path, isOpen)
    if (isLoose || others === undefined || others.includes(tag)) return undefined
    const known = [...Object.keys(members), ...others]
    return fault([...path, name], { _tag: "UnknownValue", known, given: tag })
  })

/** A value of one of several types. */
export const anyOf = (...shapes: ReadonlyArray<Shape>): Shape => {
  const types = shapes.flatMap((shape) => shape.types)
  return {
    types,
    accepts: (value) => shapes.some((shape) => shape.accepts(value)),
    check: (value, path, isOpen) => {
      const shape = shapes.find((shape) => shape.accepts(value))
      return shape === undefined
        ? fault(path, { _tag: "WrongType", expected: types, given: value })
        : shape.check(value, path, isOpen)
    }
  }
}

export const anything: Shape = { types: [], accepts: () => true, check: () => undefined }
