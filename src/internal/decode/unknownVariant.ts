const TypeId = "~llmfx/UnknownVariant"

class Variant {
  readonly tag: string
  readonly raw: { readonly [key: string]: unknown }
  readonly [key: string]: unknown

  constructor(discriminator: string, tag: string, raw: { readonly [key: string]: unknown }) {
    Object.defineProperty(this, TypeId, { value: TypeId })
    Object.defineProperty(this, discriminator, { value: "~unknown", enumerable: true })
    this.tag = tag
    this.raw = raw
  }

  toJSON(): unknown {
    return this.raw
  }
}

/** Returns a variant for an object whose tag is not in `known`, `undefined` for everything else. */
export const unknownVariant = (discriminator: string, known: object, input: unknown): Variant | undefined => {
  if (typeof input !== "object" || input === null) return undefined
  if (input instanceof Variant) return input
  const raw = input as { readonly [key: string]: unknown }
  const tag = raw[discriminator]
  return typeof tag === "string" && !Object.hasOwn(known, tag) ? new Variant(discriminator, tag, raw) : undefined
}

/** Returns a variant of an object that is known to be none of the declared ones; without a tag, its tag is `""`. */
export const variantOf = (discriminator: string, raw: { readonly [key: string]: unknown }): object => {
  const tag = raw[discriminator]
  return new Variant(discriminator, typeof tag === "string" ? tag : "", raw)
}

/** Returns the variant that replaces a missing object. */
export const missingVariant = (discriminator: string): object => variantOf(discriminator, {})
