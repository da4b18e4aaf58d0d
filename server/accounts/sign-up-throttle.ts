import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import { clientNetwork } from '../access/client-network.ts'

/** Slows down strangers: accounts made by the hundred, names tried out one by one (S26), links guessed. */
export interface SignUpThrottle {
  /**
   * Counts a try from an address.
   * @returns seconds to wait, at least 1, when there were too many; undefined while it may go on.
   */
  take(address: string): Promise<number | undefined>
}

/** Tries from one address. Lenient enough for a class or an office that signs up behind one. */
const PER_ADDRESS = 10

const WINDOW_SECONDS = 60 * 60

/** A throttle that counts in the memory of this process; what it counted ends with it. */
export function createSignUpThrottle(): SignUpThrottle {
  const tries = new RateLimiterMemory({ points: PER_ADDRESS, duration: WINDOW_SECONDS })
  return {
    async take(address) {
      const { consumedPoints, msBeforeNext } = await tries.penalty(clientNetwork(address))
      return consumedPoints > PER_ADDRESS ? Math.max(1, Math.ceil(msBeforeNext / 1000)) : undefined
    },
  }
}
