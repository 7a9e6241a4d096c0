/** Runs a bundled worker in workerd: node workerd.mjs <bundle> <settings>. The results are the last line. */
import { Miniflare } from "miniflare"

const [scriptPath, settings] = process.argv.slice(2)
const miniflare = new Miniflare({
  modules: true,
  scriptPath,
  compatibilityDate: "2026-01-01"
})
try {
  const response = await miniflare.dispatchFetch("http://localhost/", { method: "POST", body: settings })
  console.log((await response.text()).replaceAll("\n", " "))
} finally {
  await miniflare.dispose()
}
