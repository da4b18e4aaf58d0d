import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * A way to make V8 collect what is young, at once. Node allocates 64 KiB for whatever it reads from a socket; V8 learns
 * late that they are garbage, and meanwhile, by what is allocated outside of a small heap, takes that heap for full: it
 * marks all of it two or three times in an upload of 200 MiB, or ten times on busy cores
 * (docs/decisions/0019-large-uploads.md).
 */
export function createYoungGarbageCollection(): () => void {
  // Only contexts made from now on see it: this one, which ends here.
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect !== 'function')
    throw new Error('this Node does not let garbage be collected; use one that is supported')
  return () => void collect({ type: 'minor' })
}
