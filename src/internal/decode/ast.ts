import type * as SchemaAST from "effect/SchemaAST"

/** The schema behind a deferred one. */
export const resolved = (ast: SchemaAST.AST): SchemaAST.AST => (ast._tag === "Suspend" ? resolved(ast.thunk()) : ast)

/** Whether a schema asks for more than plain JSON does: a transformation, or a check other than that of `Open.struct`. */
export const isBeyondJson = ({ annotations, checks, encoding }: SchemaAST.AST): boolean =>
  encoding !== undefined || (checks !== undefined && annotations?.["~llmfx/struct"] !== true)
