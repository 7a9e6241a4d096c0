/**
 * Signs in a device without a browser: the user confirms a code elsewhere. Then calls the API with the user's token,
 * which is renewed while the program runs.
 *
 *     node scripts/run.mjs examples/coze-oauth-device.ts
 *
 * Set COZE_CLIENT_ID (an OAuth app for devices) and COZE_PLATFORM (com or cn) to sign in on the platform.
 */
import * as Effect from "effect/Effect"
import { Coze, CozeAuth, Users } from "llmfx/coze"
import { oauthApp, runExample } from "./support/coze.ts"

const program = Effect.gen(function* () {
  const app = yield* oauthApp
  const first = yield* CozeAuth.device(app, ({ userCode, verificationUrl, verificationUrlComplete }) =>
    Effect.sync(() => {
      console.log(`Go to ${verificationUrl} and type ${userCode},`)
      console.log(`or open ${verificationUrlComplete}`)
    })
  )

  // A real program stores the token in a file or a database.
  const token = yield* CozeAuth.oauthCredential(app, CozeAuth.memoryStore(first))
  const { clientId: _, ...place } = app
  const user = yield* Effect.provide(Users.me(), Coze.layer({ ...place, token }))
  console.log(
    `Signed in as ${user.nick_name ?? user.user_name}, until ${new Date(first.expiresAt).toLocaleTimeString()}.`
  )
})

runExample(Effect.scoped(program))
