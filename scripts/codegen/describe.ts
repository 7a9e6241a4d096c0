import type { FieldDocs } from "./fieldDocs.ts"
import type { Declaration, Declarations } from "./Type.ts"

/** Puts the sentences about fields in front of what their types' comments say. */
export const describeFields = (
  declarations: Declarations,
  docs: ReadonlyArray<FieldDocs>
): ReadonlyMap<string, Declaration> => {
  const described = new Map(declarations)
  for (const { at, fields } of docs) {
    const pattern = new RegExp(`^${at.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`)
    const unused = new Set(Object.keys(fields))
    for (const declaration of described.values()) {
      const { id, type } = declaration
      if (type.kind !== "object" || !pattern.test(id)) continue
      const known = type.fields.map((field) => {
        const doc = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined
        if (doc === undefined) return field
        unused.delete(field.name)
        const notes = (field.notes ?? []).filter((note) => !(note.startsWith("Default:") && doc.includes("Default:")))
        return { ...field, notes: [doc, ...notes] }
      })
      described.set(id, { ...declaration, type: { ...type, fields: known } })
    }
    if (unused.size > 0) throw new Error(`fieldDocs.ts: ${at} has no ${[...unused].join(", ")}`)
  }
  return described
}
