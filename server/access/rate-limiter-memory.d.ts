/** The one class that we use: the whole package loads a client for every database there is, which costs 10 MB. */
declare module 'rate-limiter-flexible/lib/RateLimiterMemory.js' {
  import type { RateLimiterMemory } from 'rate-limiter-flexible'

  const ofMemory: typeof RateLimiterMemory
  export default ofMemory
}
