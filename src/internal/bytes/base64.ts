/** The bytes of a text in base64; `undefined` where it is not. */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** The numbers of a vector that came as 32-bit floats, little end first, in base64; `undefined` where it did not. */
export const decodeFloats = (text: string): Float32Array | undefined => {
  const bytes = decodeBase64(text)
  if (bytes === undefined || bytes.length % 4 !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true))
}
