/** Subtypes by extension. */
const types: { readonly [type: string]: { readonly [extension: string]: string } } = {
  audio: {
    aac: "aac",
    flac: "flac",
    m4a: "mp4",
    mp3: "mpeg",
    mpeg: "mpeg",
    mpga: "mpeg",
    oga: "ogg",
    ogg: "ogg",
    opus: "ogg",
    wav: "wav"
  },
  image: {
    avif: "avif",
    gif: "gif",
    heic: "heic",
    jpeg: "jpeg",
    jpg: "jpeg",
    png: "png",
    svg: "svg+xml",
    webp: "webp"
  },
  text: {
    c: "x-c",
    cpp: "x-c++",
    cs: "x-csharp",
    css: "css",
    csv: "csv",
    go: "x-golang",
    html: "html",
    java: "x-java",
    js: "javascript",
    md: "markdown",
    php: "x-php",
    py: "x-python",
    rb: "x-ruby",
    tex: "x-tex",
    txt: "plain"
  },
  application: {
    doc: "msword",
    docx: "vnd.openxmlformats-officedocument.wordprocessingml.document",
    gz: "gzip",
    json: "json",
    jsonl: "jsonl",
    pdf: "pdf",
    pptx: "vnd.openxmlformats-officedocument.presentationml.presentation",
    sh: "x-sh",
    tar: "x-tar",
    ts: "typescript",
    xlsx: "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    xml: "xml",
    yaml: "yaml",
    yml: "yaml",
    zip: "zip"
  },
  video: {
    mov: "quicktime",
    mp4: "mp4",
    webm: "webm"
  }
}

/** The media type that a file name suggests. */
export const mediaTypeOf = (name: string): string => {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase()
  for (const [type, subtypes] of Object.entries(types)) {
    if (Object.hasOwn(subtypes, extension)) return `${type}/${subtypes[extension]}`
  }
  return "application/octet-stream"
}
