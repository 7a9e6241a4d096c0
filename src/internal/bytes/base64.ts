/** Decodes base64. Returns `undefined` for any other text. */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** Decodes a vector of little-endian 32-bit floats in base64. Returns `undefined` for any other text. */
export const decodeFloats = (text: string): Float32Array | undefined => {
  const bytes = decodeBase64(text)
  if (bytes === undefined || bytes.length % 4 !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true))
}
