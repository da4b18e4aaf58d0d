import type { Digest } from '../../../oci/digest.ts'

/** Lets what changes one blob happen one after the other. Blobs do not wait for each other. */
export class DigestLocks {
  readonly #tails = new Map<Digest, Promise<unknown>>()

  /** Runs a task when those before it are through, however they ended. */
  async hold<T>(digest: Digest, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(digest)
    const mine = before === undefined ? task() : before.then(task, task)
    this.#tails.set(digest, mine)
    try {
      return await mine
    } finally {
      if (this.#tails.get(digest) === mine) this.#tails.delete(digest)
    }
  }
}
