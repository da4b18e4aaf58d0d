import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import { clientNetwork } from './client-network.ts'

/** One try to log in. */
export interface LoginAttempt {
  /** As it was sent; whether there is such an account makes no difference (S26). */
  readonly username: string
  /** The client's IP address. */
  readonly address: string
}

/** Slows down whoever guesses passwords (S47). Only wrong tries count: builds that log in all day are never held up. */
export interface LoginThrottle {
  /**
   * Seconds to wait before another try is heard, at least 1; undefined when it may be tried now. Ask before the password
   * is checked, and once more afterwards, before the try is counted and whether it was right or wrong: of many guesses
   * sent at once, those checked after the limit was reached get the same answer, which does not tell the right one.
   */
  secondsToWait(attempt: LoginAttempt): Promise<number | undefined>
  /** Counts a wrong try. */
  failed(attempt: LoginAttempt): Promise<void>
  /** Remembers that this account logs in from this address: others' wrong guesses do not lock it out there. */
  succeeded(attempt: LoginAttempt): Promise<void>
}

/** How many wrong tries are heard. */
export interface LoginLimits {
  /** For one account, from all addresses together. */
  readonly perAccount: number
  /** From one address, at all accounts together. */
  readonly perAddress: number
  /** How long, from the first of them, wrong tries are remembered. */
  readonly windowSeconds: number
}

/** Lenient, for clients try twice (containerd) and offices share an address; still only 2,880 guesses a day. */
export const LOGIN_LIMITS: LoginLimits = { perAccount: 10, perAddress: 100, windowSeconds: 5 * 60 }

const FAMILIAR_MS = 24 * 60 * 60 * 1000

/** How many pairs of account and address are remembered; beyond, the oldest are throttled like anybody's. */
const MAX_FAMILIAR = 10_000

/** A throttle that counts in the memory of this process; what it counted ends with it. */
export function createLoginThrottle(limits: Partial<LoginLimits> = {}): LoginThrottle {
  const { perAccount, perAddress, windowSeconds } = { ...LOGIN_LIMITS, ...limits }
  const byAccount = new RateLimiterMemory({ points: perAccount, duration: windowSeconds })
  const byAddress = new RateLimiterMemory({ points: perAddress, duration: windowSeconds })
  const familiar = new LRUCache<string, true>({ max: MAX_FAMILIAR, ttl: FAMILIAR_MS })

  return {
    async secondsToWait(attempt) {
      const { account, network, pair } = keysOf(attempt)
      const forAddress = await secondsLeft(byAddress, network)
      const forAccount = familiar.has(pair) ? undefined : await secondsLeft(byAccount, account)
      if (forAddress === undefined || forAccount === undefined) return forAddress ?? forAccount
      return Math.max(forAddress, forAccount)
    },

    async failed(attempt) {
      const { account, network, pair } = keysOf(attempt)
      const { consumedPoints } = await byAddress.penalty(network)
      // Names are free to invent, addresses are not (an answer has to arrive there): as one address adds no more than
      // `perAddress` names in a window, what is kept is bounded by the addresses that somebody really holds.
      if (consumedPoints > perAddress) return
      // Nor does the forgotten password of one machine lock its owner out on the others.
      if (!familiar.has(pair)) await byAccount.penalty(account)
    },

    async succeeded(attempt) {
      familiar.set(keysOf(attempt).pair, true)
    },
  }
}

async function secondsLeft(limiter: InstanceType<typeof RateLimiterMemory>, key: string): Promise<number | undefined> {
  const counted = await limiter.get(key)
  // What has run out stays until its timer is called, which a busy process may do late.
  if (counted === null || counted.consumedPoints < limiter.points || counted.msBeforeNext <= 0) return undefined
  return Math.ceil(counted.msBeforeNext / 1000)
}

function keysOf({ username, address }: LoginAttempt) {
  // A digest, as the name may be as long as a header; in lower case, as accounts are found.
  const account = createHash('sha256').update(username.toLowerCase()).digest('base64')
  const network = clientNetwork(address)
  return { account, network, pair: `${account} ${network}` }
}
