import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

/** The annotation of a schema made by `OpenSchema.taggedUnion`. */
export interface TaggedUnion {
  readonly discriminator: string
  readonly members: { readonly [tag: string]: Schema.Constraint }
  readonly absent: string | undefined
}

export const taggedUnionOf = (ast: SchemaAST.AST): TaggedUnion | undefined =>
  ast.annotations?.["~llmfx/taggedUnion"] as TaggedUnion | undefined
