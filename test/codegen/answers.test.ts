/**
 * Compares every endpoint's schema with the official types: what they allow decodes, and what they do not is refused.
 */
import { isDeepStrictEqual } from "node:util"
import { beforeAll, describe, expect, it } from "@effect/vitest"
import type { Declarations } from "../../scripts/codegen/Type.ts"
import * as ApiError from "../../src/ApiError.ts"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import { type Pair, pairsOf, providers } from "./support/clients.ts"
import { type Choices, sampleOf } from "./support/samples.ts"

/** Reading the sources of an SDK and making thousands of values takes time while other tests run. */
const patience = 240_000

/** The types say nothing about this, so nothing can be wrong with it. */
const anything = "<anything>"

const answers = (turn: number, includes: Choices["includes"]): Choices => ({
  pick: (count) => turn % count,
  includes,
  text: (name) => `${name}-1`,
  anything: () => anything
})

const turns = Array.from({ length: 16 }, (_, turn) => turn)

type Path = ReadonlyArray<string | number>
type Container = { [key: string | number]: unknown }

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null

/** The places in a value, with what holds them. */
const placesIn = (
  value: unknown,
  path: Path = []
): ReadonlyArray<{ readonly path: Path; readonly owner: Container; readonly key: string | number }> => {
  if (!isContainer(value)) return []
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return keys.flatMap((key) => [{ path: [...path, key], owner: value, key }, ...placesIn(value[key], [...path, key])])
}

/** Some servers write an object that is no more than its type as a text. */
const isOnlyType = (value: unknown): boolean => isContainer(value) && Object.keys(value).join() === "type"

/** A value of another type than the given one. */
const wrong = (value: unknown): unknown => {
  if (Array.isArray(value)) return 7
  if (isContainer(value)) return "wrong"
  return typeof value === "string" ? { wrong: 1 } : ["wrong"]
}

for (const [name, provider] of Object.entries(providers)) {
  describe(name, () => {
    let declarations: Declarations
    let pairs: ReadonlyArray<Pair>

    beforeAll(() => {
      const all = pairsOf(provider)
      declarations = all.declarations
      pairs = all.pairs.filter(({ endpoint }) => endpoint.success !== undefined)
    }, patience)

    const valuesOf = (pair: Pair, includes: Choices["includes"]): ReadonlyArray<unknown> => {
      const values = pair.answers.flatMap((type) =>
        turns.map((turn) => JSON.stringify(sampleOf(declarations, type, answers(turn, includes))))
      )
      return [...new Set(values)].map((json) => JSON.parse(json))
    }

    const full: Choices["includes"] = (_, depth) => depth < 9

    /** `"same"` if a value decodes and is written as it arrived. */
    const verdict = (pair: Pair, value: unknown) => {
      try {
        const decoded = schemaDecoder(pair.endpoint.success, "open")(structuredClone(value))
        return { result: isDeepStrictEqual(JSON.parse(JSON.stringify(decoded)), value) ? "same" : decoded }
      } catch (error) {
        if (error instanceof ApiError.DecodeError) return { error }
        throw error
      }
    }

    it("decodes what the SDK's types allow, and loses nothing", { timeout: patience }, () => {
      for (const pair of pairs) {
        expect(pair.answers.length, pair.endpoint.id).toBeGreaterThan(0)
        for (const includes of [full, () => false]) {
          for (const value of valuesOf(pair, includes))
            expect(verdict(pair, value), pair.endpoint.id).toEqual({ result: "same" })
        }
      }
    })

    /** Returns the value once for each of its places, with a replacement in that place. */
    const changed = function* (value: unknown, replacementsOf: (old: unknown) => ReadonlyArray<unknown>) {
      for (const { key, owner, path } of placesIn(value)) {
        const old = owner[key]
        for (const replacement of replacementsOf(old)) {
          if (replacement !== undefined) owner[key] = replacement
          else if (Array.isArray(owner)) continue
          else delete owner[key]
          yield { old, path, replacement }
        }
        owner[key] = old
      }
    }

    it("decodes what newer and compatible servers send", { timeout: patience }, () => {
      for (const pair of pairs) {
        for (const value of valuesOf(pair, full).slice(0, 4)) {
          const replacements = changed(value, (old) => [
            undefined,
            null,
            ...(typeof old === "string" ? ["not known yet"] : [])
          ])
          for (const { path } of replacements) {
            const { error, result } = verdict(pair, value)
            // Without the property that tells what a thing is, nothing does; and some of an answer has to be there.
            const isNecessary =
              error !== undefined &&
              /^At .*: expected (a string|"|an object with)/.test(error.message) &&
              isDeepStrictEqual(error.path, path)
            if (!isNecessary && path.length > 1)
              expect([result, error?.message], `${pair.endpoint.id}: ${path.join(".")}`).toEqual(["same", undefined])
          }
        }
      }
    })

    it("notices a wrong type in a known field, and where it is", { timeout: patience }, () => {
      let [seen, all] = [0, 0]
      const low: Array<string> = []
      for (const pair of pairs) {
        const decode = schemaDecoder(pair.endpoint.success, "open")
        let [ownSeen, ownAll] = [0, 0]
        for (const value of valuesOf(pair, full)) {
          const mistakes = (old: unknown) => (old === anything || old === null || isOnlyType(old) ? [] : [wrong(old)])
          for (const { path } of changed(value, mistakes)) {
            ownAll++
            try {
              decode(value)
            } catch (error) {
              if (isDeepStrictEqual((error as ApiError.DecodeError).path.slice(0, path.length), path)) ownSeen++
            }
          }
        }
        ;[seen, all] = [seen + ownSeen, all + ownAll]
        if (ownSeen < 0.9 * ownAll) low.push(pair.endpoint.id)
      }
      expect(low).toEqual([])
      expect(seen / all).toBeGreaterThan(0.98)
    })
  })
}
