/** Names of files, models and formats. */

/** Whether a string names a file of the API. */
export const isFileId = (data: string): boolean => /^(?:file|assistant)-/.test(data)

/** Models that reason know the role `developer`, and give their reasoning in encrypted form. */
export const isReasoningModel = (model: string): boolean =>
  /^(?:o\d|gpt-[5-9]|codex|computer-use)/.test(model) && !/chat/.test(model)

/** Letters, digits, `_` and `-`, at most 64. */
export const formatName = (name: string): string => name.replace(/[^\w-]/g, "_").slice(0, 64) || "output"

/** A name for a file that has none: the API tells what kind of file it is by its name. */
export const fileName = (mediaType: string): string => {
  const [, subtype = ""] = mediaType.split("/")
  const known = Object.hasOwn(extensions, mediaType) ? extensions[mediaType] : undefined
  const extension = known ?? (/^[a-z\d]{1,5}$/.test(subtype) ? subtype : undefined)
  return extension === undefined ? "file" : `file.${extension}`
}

const extensions: { readonly [mediaType: string]: string } = {
  "application/msword": "doc",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "image/jpeg": "jpg",
  "text/markdown": "md",
  "text/plain": "txt"
}
