import type * as SchemaAST from "effect/SchemaAST"

/**
 * How the members of a union are told apart if no property does so. `OpenSchema.union` brings it along, so that a
 * program without such unions is bundled without it.
 */
export interface Comparison {
  /**
   * Returns the members that have fields for most of the value's properties, and the members that take any. The others
   * would treat a wrong-typed field as an unknown property.
   */
  readonly likeliest: <Member extends { readonly ast: SchemaAST.AST }>(
    members: ReadonlyArray<Member>,
    value: unknown
  ) => ReadonlyArray<Member>
  /** How well a value that no member accepts matches one of them. */
  readonly score: (member: SchemaAST.AST, value: unknown) => number
}

/** The comparison of a union made by `OpenSchema.union`. */
export const comparisonOf = (ast: SchemaAST.AST): Comparison | undefined =>
  ast.annotations?.["~llmfx/comparison"] as Comparison | undefined
