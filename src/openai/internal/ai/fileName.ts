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
