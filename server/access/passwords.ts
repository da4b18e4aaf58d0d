import { createHmac, randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { LRUCache } from 'lru-cache'
import { MAX_PASSWORD_BYTES } from '../../config/secret.ts'
import { RegistryError } from '../../oci/error-codes.ts'

/** argon2id as OWASP advises for logins: 19 MiB, two passes, one lane; 9–21 ms on a small machine. */
const ARGON2 = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

/** At most this many hashes at once: each takes 19 MiB and a thread. */
const MAX_CONCURRENT = 2

/** At most this many wait, for about two seconds; more would only make everybody wait in vain, and cost memory. */
const MAX_WAITING = 200

/** Kubelets and build farms ask for tokens in bursts; within this time a password is hashed once. */
const BURST_MS = 60_000

/** The hash of a password that nobody knows, made like every other: what a guess at an unknown user is checked against. */
const DECOY = '$argon2id$v=19$m=19456,t=2,p=1$l7XI+ewWW3ljkz3EeuqOng$TyeW7fI3feuYR5dxRwGSvdhzXCufkwHE7DvzPuWTThM'

/** Hashing and checking of passwords, bounded in memory, and done at most once per burst. */
export interface Passwords {
  /**
   * @returns an argon2id hash in PHC form.
   * @throws RegistryError UNAVAILABLE when too many wait already.
   */
  hash(password: string): Promise<string>
  /**
   * Whether a password fits the stored hash of a user. With no hash (no such user, no password set) it takes as long
   * and is false, so that the time tells nothing (S25).
   * @throws RegistryError UNAVAILABLE when too many wait already; that is no answer, and counts as no wrong try.
   */
  verify(username: string, storedHash: string | undefined, password: string): Promise<boolean>
}

/** @param options.maxWaiting how many may wait for their turn. */
export function createPasswords({ maxWaiting = MAX_WAITING }: { readonly maxWaiting?: number } = {}): Passwords {
  const slots = createSlots(MAX_CONCURRENT, maxWaiting)
  // Keyed by an HMAC under a secret of this process: what is remembered is of no use to whoever reads the memory later.
  const secret = randomBytes(32)
  const recent = new LRUCache<string, Promise<boolean>>({ max: 10_000, ttl: BURST_MS })

  function check(username: string, storedHash: string, password: string): Promise<boolean> {
    const key = createHmac('sha256', secret)
      .update(JSON.stringify([username, storedHash, password]))
      .digest('base64')
    const known = recent.get(key)
    if (known !== undefined) return known
    const verdict = slots(() => verify(storedHash, password))
    recent.set(key, verdict)
    // Only what was right is remembered: a wrong guess that got faster would tell which users do not exist (S26).
    const forget = () => recent.delete(key)
    verdict.then((isRight) => isRight || forget(), forget)
    return verdict
  }

  return {
    hash: (password) => slots(() => hash(password, ARGON2)),
    async verify(username, storedHash, password) {
      if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false
      const isRight = await check(username, storedHash ?? DECOY, password)
      return isRight && storedHash !== undefined
    },
  }
}

/** Lets at most `count` pieces of work run at once and `maxWaiting` others wait their turn; what is more is refused. */
function createSlots(count: number, maxWaiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free -= 1
    else if (waiting.length >= maxWaiting) throw busy()
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}

function busy(): RegistryError {
  return new RegistryError('UNAVAILABLE', {
    message: 'too many passwords are being checked at once; try again in a second',
    headers: { 'Retry-After': '1' },
  })
}
