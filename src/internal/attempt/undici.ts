/** Which undici is Node's `fetch`; `undefined` in other runtimes. */
export const undiciVersion: number | undefined = /*#__PURE__*/ (() => {
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly undici?: string } } }
  const version = process?.versions?.undici
  return version === undefined ? undefined : Number.parseInt(version, 10)
})()
