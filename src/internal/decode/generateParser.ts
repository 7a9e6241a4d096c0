/**
 * Generates code for object parsers that run hot: with property names written out, the engine reads them without a
 * lookup.
 *
 * If the runtime forbids code generation (workers, a strict content security policy), parsers stay as they are.
 */
import type { Empty } from "./emptyValue.ts"

/** A property, with checks that decide most values before its parser is called. */
export interface Slot<Parser> {
  readonly key: string
  /** The `typeof` of a plain value. */
  readonly scalar: string | undefined
  /** The only accepted string. */
  readonly literal: string | undefined
  readonly allowsNull: boolean
  readonly allowsUndefined: boolean
  /** Makes a replacement for a missing value. */
  readonly empty: Empty | undefined
  readonly parse: Parser
}

interface Runtime<Parser> {
  readonly mismatch: symbol
  /** Refuses a value that is not an object, or an object without any known property if `isRefused` says so. */
  readonly refuse: Parser
  readonly isRefused: ((input: object) => boolean) | undefined
  /** Sets a property that `JSON.stringify` omits. */
  readonly setHidden: (target: object, key: string, value: unknown) => void
}

let isAllowed: boolean | undefined

const canGenerate = (): boolean => {
  if (isAllowed === undefined) {
    try {
      new Function("return true")
      isAllowed = true
    } catch {
      isAllowed = false
    }
  }
  return isAllowed
}

const condition = ({ allowsNull, allowsUndefined, literal, scalar }: Slot<unknown>): string =>
  [
    scalar === undefined ? undefined : `typeof v===${JSON.stringify(scalar)}`,
    literal === undefined ? undefined : `v===${JSON.stringify(literal)}`,
    allowsUndefined ? "v===void 0" : undefined,
    allowsNull ? "v===null" : undefined
  ]
    .filter((part) => part !== undefined)
    .join("||")

/** Returns an object parser as generated code, or `undefined` if code generation is forbidden. */
export type GenerateObject = <Parser>(
  slots: ReadonlyArray<Slot<Parser>>,
  runtime: Runtime<Parser>
) => Parser | undefined

export const generateObject: GenerateObject = <Parser>(
  slots: ReadonlyArray<Slot<Parser>>,
  runtime: Runtime<Parser>
): Parser | undefined => {
  if (slots.length === 0 || !canGenerate()) return undefined
  const body = slots.map((slot, index) => {
    const key = JSON.stringify(slot.key)
    const simple = condition(slot)
    const full = `r=p${index}(v,f);if(r!==v){if(r===m){f.path.push(${key});return m}i[${key}]=r}`
    const filled =
      slot.empty === undefined
        ? full
        : `if(v===void 0)h(i,${key},e${index}(v));else if(v===null)i[${key}]=e${index}(v);else{${full}}`
    return `v=i[${key}];${simple === "" ? filled : `if(!(${simple})){${filled}}`}`
  })
  const has = slots.map(({ key }) => `${JSON.stringify(key)} in i`).join("||")
  const locals = slots.map((_, index) => `p${index}=s[${index}].parse,e${index}=s[${index}].empty`)
  const source =
    `"use strict";const m=t.mismatch,e=t.refuse,h=t.setHidden,${locals.join(",")};` +
    `return function(i,f){if(typeof i!=="object"||i===null||Array.isArray(i)` +
    `${runtime.isRefused === undefined ? "" : `||!(${has})&&t.isRefused(i)`})return e(i,f);let v,r;${body.join("")}return i}`
  return new Function("s", "t", source)(slots, runtime) as Parser
}
