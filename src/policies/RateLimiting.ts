/**
 * Queues calls so they stay within an account's limits of requests and tokens.
 *
 * The tokens of a call are estimated when it starts and corrected when its usage is known. Limits are set by you,
 * learned from response headers, or both. Make one limiter and share it: each limiter counts for itself.
 *
 * A twentieth of a limit may be used at once, and the rest becomes free evenly over the window. So no window, wherever
 * it starts, has more requests than the limit, and an API that counts in windows of its own does not refuse calls. A
 * single call that takes more tokens than a twentieth is sent once they are free.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Middleware, RateLimiting } from "llmfx"
 * import { Responses } from "llmfx/openai"
 *
 * const program = Effect.gen(function* () {
 *   const limiter = yield* RateLimiting.make({ limits: { requests: 500, tokens: 200_000 }, maxWait: "2 minutes" })
 *   return yield* Responses.create({ model: "gpt-5.4-mini", input: "hi" }).pipe(Middleware.use(limiter))
 * })
 * ```
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as RateLimiter from "effect/persistence/RateLimiter"
import type * as Scope from "effect/Scope"
import * as ApiError from "../ApiError.ts"
import { optionsOf, providerKey } from "../internal/attempt/optionsOf.ts"
import { refusalDetail } from "../internal/errors/refusal.ts"
import { quietly } from "../internal/quietly.ts"
import { estimateTokens, type TokenEstimate } from "../internal/usage/estimateTokens.ts"
import { countsOf, usageIn } from "../internal/usage/usageFields.ts"
import { metered } from "../internal/usage/usageMeter.ts"
import { type Answer, make as around, type Call, type Middleware, type Next } from "../Middleware.ts"
import * as RequestOptions from "../RequestOptions.ts"
import type { Tokens } from "../telemetry/Usage.ts"
import * as RateLimit from "./RateLimit.ts"

/**
 * The limits, named as in the providers' headers. `tokens` counts input and output together.
 *
 * @category models
 */
export type Dimension = "requests" | "tokens" | "input-tokens" | "output-tokens"

/**
 * Options of {@link make} and {@link fromLimiter}.
 *
 * @category models
 */
export interface Options {
  /**
   * How much a window allows. If the server's headers say less, the lower number applies. Sent steadily, calls use nine
   * tenths of a limit of 20 or more, and all of a smaller one.
   */
  readonly limits?: { readonly [D in Dimension]?: number } | undefined
  /** Default: one minute. */
  readonly window?: Duration.Input | undefined
  /** Whether to learn limits and remaining amounts from response headers. Default: `true`. */
  readonly learn?: boolean | undefined
  /**
   * The longest wait in the queue, for each attempt. A call that would wait longer fails at once. Default: no limit.
   */
  readonly maxWait?: Duration.Input | undefined
  /**
   * Estimates the tokens of a call. Default: a quarter of the characters of its input, plus the output it allows (at
   * most 1,000). A call whose input does not name a `model` counts as zero.
   */
  readonly estimate?: ((call: Call) => TokenEstimate) | undefined
  /**
   * Calls with the same key share limits. The call has the options of the program around it. Default: calls of the same
   * provider and model, and of the same base URL if the options name one.
   */
  readonly key?: ((call: Call) => string) | undefined
  /** Whether to send or refuse calls while the store of a shared limiter fails. Default: `"allow"`. */
  readonly onStoreError?: "allow" | "fail" | undefined
}

/**
 * Makes a limiter that counts the calls of this process.
 *
 * **Details**
 *
 * It counts for at most 1,000 keys at a time, so tenants who choose the model cannot fill the memory. A new key replaces
 * the one that was not used for longest, if that has not been used for a window. If there is none, new keys share the
 * limits of a single one.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Middleware> =>
  Effect.sync(() => limiting(RateLimiter.make.pipe(Effect.provide(RateLimiter.layerStoreMemory)), options))

/**
 * Makes a limiter on top of Effect's `RateLimiter`, whose store many processes can share (Redis, for instance).
 *
 * **Details**
 *
 * A call waits for its turn before each attempt. Only the `total` timeout covers that wait. If it would exceed
 * `maxWait`, the call fails with `RateLimitError` and the code `client_rate_limit`. A 429 with `retry-after` makes all
 * calls with the same key wait.
 *
 * @category constructors
 */
export const fromLimiter = (limiter: RateLimiter.RateLimiter, options: Options = {}): Middleware =>
  limiting(Effect.succeed(limiter), options)

/** `limiterOf` runs once for each account. */
const limiting = (limiterOf: Effect.Effect<RateLimiter.RateLimiter>, options: Options): Middleware => {
  const { estimate = estimateTokens, key: keyOf = defaultKey, learn = true } = options
  const enter = makeAccounts(limiterOf, options)
  return around((call, next) =>
    Effect.flatMap(optionsOf(call), (merged) =>
      Effect.flatMap(enter(call.endpoint.provider, keyOf({ ...call, options: merged })), (account) =>
        limited(call, next, account, costsOf(estimate(call)), learn)
      )
    )
  )
}

/** Longer names of models are cut: a key is kept for as long as its account. */
const maxNameLength = 256

const defaultKey = ({ endpoint, input, options }: Call): string => {
  const name = (usageIn(input).model ?? endpoint.id).slice(0, maxNameLength)
  return `${providerKey(endpoint, options)}:${name}`
}

/** How many accounts are kept. */
const maxAccounts = 1000

/** How many accounts are looked at to find an idle one. Those in use go to the end, so each gets its turn. */
const maxLooks = 8

/** The account of keys that come while all others are in use. */
const sharedKey = "llmfx:other-keys"

interface Entry {
  readonly provider: string
  readonly account: Account
  /** How many calls are under way. */
  users: number
}

/**
 * Keeps the accounts by key, the least recently used one first.
 *
 * An account is dropped only if it was full for a whole window, so the one that replaces it cannot let more than the
 * limit through. The limits that it has learned are those of new accounts of its provider until a server tells theirs.
 */
const makeAccounts = (limiterOf: Effect.Effect<RateLimiter.RateLimiter>, options: Options) => {
  const entries = new Map<string, Entry>()
  const inherited = new Map<string, Costs>()
  let shared: Entry | undefined

  const isIdle = ({ account, users }: Entry, now: number): boolean => users === 0 && account.idleAt() <= now

  const makeEntry = (limiter: RateLimiter.RateLimiter, provider: string, key: string): Entry => ({
    provider,
    account: makeAccount(limiter, key, options, inherited.get(provider) ?? {}),
    users: 0
  })

  const hasRoom = (now: number): boolean => {
    if (entries.size < maxAccounts) return true
    let looks = 0
    for (const [key, entry] of entries) {
      entries.delete(key)
      if (isIdle(entry, now)) {
        const { account, provider } = entry
        inherited.set(provider, lowest(inherited.get(provider) ?? {}, account.learned()))
        return true
      }
      entries.set(key, entry)
      if (++looks === maxLooks) return false
    }
    return false
  }

  const kept = (key: string): Entry | undefined => {
    const found = entries.get(key)
    if (found === undefined) return undefined
    entries.delete(key)
    entries.set(key, found)
    return found
  }

  const added = (limiter: RateLimiter.RateLimiter, provider: string, key: string, now: number): Entry => {
    // A key that has just used the shared account would have its limit twice.
    if (shared !== undefined && !isIdle(shared, now)) return shared
    if (!hasRoom(now)) return (shared ??= makeEntry(limiter, provider, sharedKey))
    const entry = makeEntry(limiter, provider, key)
    entries.set(key, entry)
    return entry
  }

  const entryOf = (provider: string, key: string): Effect.Effect<Entry> =>
    Effect.suspend(() => {
      const found = kept(key)
      if (found !== undefined) return Effect.succeed(found)
      // Another call may have added the key while the limiter was made.
      return Effect.zipWith(
        limiterOf,
        Clock.currentTimeMillis,
        (limiter, now) => kept(key) ?? added(limiter, provider, key, now)
      )
    })

  return (provider: string, key: string): Effect.Effect<Account, never, Scope.Scope> =>
    Effect.map(
      Effect.acquireRelease(
        Effect.map(entryOf(provider, key), (entry) => {
          entry.users++
          return entry
        }),
        (entry) =>
          Effect.sync(() => {
            entry.users--
          })
      ),
      ({ account }) => account
    )
}

const lowest = (a: Costs, b: Costs): Costs => ({
  ...a,
  ...Object.fromEntries(
    Object.entries(b).map(([dimension, limit]) => [dimension, Math.min(limit, a[dimension as Dimension] ?? Infinity)])
  )
})

const limited = (call: Call, next: Next, account: Account, costs: Costs, learn: boolean): Answer =>
  Effect.suspend(() => {
    let reserved: Costs = {}
    const options = RequestOptions.merge(call.options, {
      transformAttempt: (attempt) =>
        Effect.flatMap(account.reserve(call, costs), (reservation) => {
          reserved = reservation.costs
          return Effect.onExit(attempt, (exit) =>
            Exit.isSuccess(exit) ? Effect.void : account.failed(reservation, failureOf(exit), learn)
          )
        })
    })
    const answer = Effect.tap(next({ ...call, options }), ({ rateLimit }) =>
      learn && rateLimit !== undefined ? account.follow(rateLimit) : Effect.void
    )
    return metered(call, answer, ({ usage }) => {
      const counts = countsOf(usage)
      return counts === undefined ? Effect.void : account.settle(reserved, actualCosts(counts))
    })
  })

const failureOf = <A>(exit: Exit.Failure<A, ApiError.ApiError>): ApiError.ApiError | undefined => {
  const error = Exit.findErrorOption(exit)
  return error._tag === "Some" ? error.value : undefined
}

type Costs = { readonly [D in Dimension]?: number }

const costsOf = ({ input, output }: TokenEstimate): Costs => ({
  requests: 1,
  tokens: input + output,
  "input-tokens": input,
  "output-tokens": output
})

/** Input read from a cache does not count toward the limits. */
const actualCosts = ({ cacheRead, input, output }: Tokens): Costs => ({
  requests: 1,
  tokens: input + output,
  "input-tokens": input - cacheRead,
  "output-tokens": output
})

interface Reservation {
  readonly costs: Costs
  /** Identifies the request to Effect's limiter when a 429 is reported. */
  readonly epoch: number
}

/** The state that calls with the same key share. */
interface Account {
  readonly reserve: (call: Call, costs: Costs) => Effect.Effect<Reservation, ApiError.ApiError>
  /** Gives back the tokens of an attempt that the server refused, and records the server's limits. */
  readonly failed: (
    reservation: Reservation,
    error: ApiError.ApiError | undefined,
    learn: boolean
  ) => Effect.Effect<void>
  /** Takes the tokens used beyond the reservation, or gives back the unused ones. */
  readonly settle: (reserved: Costs, actual: Costs) => Effect.Effect<void>
  /** Takes what other programs used of the same account. */
  readonly follow: (info: RateLimit.RateLimitInfo) => Effect.Effect<void>
  /** When the account will have been full for a whole window, in milliseconds since 1970. */
  readonly idleAt: () => number
  /** The limits that servers have told. */
  readonly learned: () => Costs
}

const dimensions: ReadonlyArray<Dimension> = ["requests", "tokens", "input-tokens", "output-tokens"]

/** The share of a limit that may be used at once. As much stays unused, for requests that arrive earlier or later. */
const burstShare = 1 / 20

/**
 * How a token bucket spends a limit. It holds what may be used at once, and is refilled while it is used: a bucket of the
 * whole limit would let through twice the limit in the first window.
 */
interface Pace {
  readonly burst: number
  /** How long a token takes to become free, in milliseconds. */
  readonly perToken: number
}

const paceOf = (limit: number, window: Duration.Duration): Pace => {
  const share = Math.floor(limit * burstShare)
  const burst = Math.max(1, share)
  return { burst, perToken: Duration.toMillis(window) / Math.max(1, limit - burst + 1 - share) }
}

/** The token buckets of an account, one for each dimension that has a limit. */
interface Buckets {
  readonly limitOf: (dimension: Dimension) => number | undefined
  /** Takes tokens, or gives them back if their number is negative. Waiting for them is left to the caller. */
  readonly take: (
    dimension: Dimension,
    limit: number,
    tokens: number
  ) => Effect.Effect<RateLimiter.ConsumeResult, RateLimiter.RateLimiterError>
  readonly takeAll: (costs: Costs) => Effect.Effect<void>
  readonly follow: Account["follow"]
  readonly idleAt: Account["idleAt"]
  readonly learned: Account["learned"]
  /** Counts an account as in use until a window after this time. */
  readonly useUntil: (time: number) => void
}

const makeBuckets = (
  limiter: RateLimiter.RateLimiter,
  key: string,
  window: Duration.Duration,
  limits: Options["limits"],
  inherited: Costs
): Buckets => {
  const learned: { [D in Dimension]?: number } = { ...inherited }
  let idleAt = 0

  const useUntil: Buckets["useUntil"] = (time) => {
    idleAt = Math.max(idleAt, time + Duration.toMillis(window))
  }

  const limitOf = (dimension: Dimension): number | undefined => {
    const [set, found] = [limits?.[dimension], learned[dimension]]
    return set === undefined || found === undefined ? (set ?? found) : Math.min(set, found)
  }

  const take: Buckets["take"] = (dimension, limit, tokens) => {
    const { burst, perToken } = paceOf(limit, window)
    // A call that is larger than the bucket may use what has become free since the last call.
    const capacity = Math.max(burst, tokens)
    const result = limiter.consume({
      algorithm: "token-bucket",
      onExceeded: "delay",
      key: `${key}:${dimension}`,
      window: Duration.millis(perToken * capacity),
      limit: capacity,
      tokens
    })
    return Effect.tap(result, ({ resetAfter }) =>
      Effect.map(Clock.currentTimeMillis, (now) => useUntil(now + Duration.toMillis(resetAfter)))
    )
  }

  return {
    limitOf,
    take,
    useUntil,
    idleAt: () => idleAt,
    learned: () => learned,
    takeAll: (costs) =>
      quietly(
        Effect.forEach(dimensions, (dimension) => {
          const limit = limitOf(dimension)
          const cost = Math.ceil(costs[dimension] ?? 0)
          return limit === undefined || cost === 0 ? Effect.void : take(dimension, limit, cost)
        })
      ),
    follow: (info) =>
      quietly(
        Effect.forEach(dimensions, (dimension) => {
          const { limit: found, remaining } = info[dimension] ?? none
          if (found !== undefined && found > 0) learned[dimension] = found
          const limit = limitOf(dimension)
          if (limit === undefined || remaining === undefined) return Effect.void
          return Effect.flatMap(take(dimension, limit, 0), ({ remaining: left }) =>
            left > remaining ? take(dimension, limit, left - remaining) : Effect.void
          )
        })
      )
  }
}

const makeAccount = (limiter: RateLimiter.RateLimiter, key: string, options: Options, inherited: Costs): Account => {
  const window = Duration.fromInputUnsafe(options.window ?? "1 minute")
  const longest = options.maxWait === undefined ? Infinity : Duration.toMillis(options.maxWait)
  const buckets = makeBuckets(limiter, key, window, options.limits, inherited)
  const { follow, limitOf, take, takeAll } = buckets

  /** Waits while a 429 holds all calls back. */
  const pause = (
    call: Call,
    waited: number
  ): Effect.Effect<
    { readonly waited: number; readonly epoch: number },
    ApiError.ApiError | RateLimiter.RateLimiterError
  > =>
    Effect.flatMap(
      limiter.adaptiveConsume({ key, tokens: 1, fallbackLimit: limitOf("requests") ?? 1, fallbackWindow: window }),
      ({ delay, epoch, phase }) => {
        const wait = Duration.toMillis(delay)
        if (waited + wait > longest) return Effect.fail(tooLong(call, waited + wait))
        const after = { waited: waited + wait, epoch }
        if (wait === 0) return Effect.succeed(after)
        return Effect.andThen(
          Effect.sleep(delay),
          phase === "cooldown" ? pause(call, after.waited) : Effect.succeed(after)
        )
      }
    )

  /** Takes from every bucket into `taken`; returns how long the slowest one makes the call wait, in milliseconds. */
  const takeEach = (costs: Costs, taken: { [D in Dimension]?: number }) =>
    Effect.map(
      Effect.forEach(dimensions, (dimension) => {
        const limit = limitOf(dimension)
        // A call larger than a whole window counts as a whole one.
        const cost = Math.ceil(Math.min(costs[dimension] ?? 0, limit ?? 0))
        if (limit === undefined || cost === 0) return Effect.succeed(0)
        return Effect.map(take(dimension, limit, cost), ({ delay }) => {
          taken[dimension] = cost
          return Duration.toMillis(delay)
        })
      }),
      (waits) => Math.max(...waits)
    )

  const reserve = (call: Call, costs: Costs) =>
    Effect.flatMap(pause(call, 0), ({ epoch, waited }) => {
      const taken: { [D in Dimension]?: number } = {}
      return takeEach(costs, taken).pipe(
        Effect.flatMap((wait) => {
          if (waited + wait > longest) return Effect.fail(tooLong(call, waited + wait))
          return wait === 0 ? Effect.void : Effect.sleep(wait)
        }),
        Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Effect.suspend(() => takeAll(negative(taken))))),
        Effect.as<Reservation>({ costs: taken, epoch })
      )
    })

  const failed: Account["failed"] = Effect.fnUntraced(function* ({ costs, epoch }, error, learn) {
    if (error?.response === undefined || error.response.status < 400) return
    const { headers, status } = error.response
    const { requests, ...tokens } = costs
    yield* takeAll(negative(tokens))
    if (!learn) return
    const now = yield* Clock.currentTimeMillis
    const info = RateLimit.fromHeaders(headers, now)
    if (info !== undefined) yield* follow(info)
    if (error.reason._tag !== "RateLimitError") return
    const { retryAfter } = error.reason
    buckets.useUntil(now + Duration.toMillis(retryAfter ?? window))
    yield* quietly(limiter.adaptiveFeedback({ key, epoch, tokens: 1, status, retryAfter }))
  })

  return {
    reserve: (call, costs) =>
      Effect.catchTag(reserve(call, costs), "RateLimiterError", (error) =>
        options.onStoreError === "fail"
          ? Effect.fail(
              refused(call, "client_rate_limit_unknown", `The limiter's store failed: ${error.message}`, undefined)
            )
          : Effect.succeed<Reservation>({ costs: {}, epoch: 0 })
      ),
    failed,
    settle: (reserved, actual) => takeAll(unsettled(reserved, actual)),
    follow,
    idleAt: buckets.idleAt,
    learned: buckets.learned
  }
}

/** Returns the tokens used beyond the reservation; negative if fewer were used. */
const unsettled = (reserved: Costs, actual: Costs): Costs =>
  Object.fromEntries(
    dimensions.flatMap((dimension) => {
      const cost = reserved[dimension]
      return cost === undefined ? [] : [[dimension, (actual[dimension] ?? 0) - cost]]
    })
  )

const none: Partial<RateLimit.Limit> = {}

const negative = (costs: Costs): Costs =>
  Object.fromEntries(Object.entries(costs).map(([dimension, cost]) => [dimension, -cost]))

const tooLong = (call: Call, wait: number): ApiError.ApiError => {
  const retryAfter = Duration.millis(wait)
  return refused(
    call,
    "client_rate_limit",
    `The rate limiter would hold this call back for ${Duration.format(retryAfter)}; nothing was sent`,
    retryAfter
  )
}

const refused = (
  call: Call,
  code: string,
  message: string,
  retryAfter: Duration.Duration | undefined
): ApiError.ApiError =>
  ApiError.local(
    call.endpoint,
    new ApiError.RateLimitError({ ...refusalDetail(code, message), retryAfter, limits: undefined })
  )
