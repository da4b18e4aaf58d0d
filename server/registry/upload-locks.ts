/**
 * Lets requests of one upload session happen one after the other, so that two writers can never mix their bytes (S41).
 * Sessions do not wait for each other.
 */
export interface UploadLocks {
  hold<T>(id: string, work: () => Promise<T>): Promise<T>
}

/** Locks within one process. */
export function createUploadLocks(): UploadLocks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async hold(id, work) {
      const before = tails.get(id)
      const mine = before === undefined ? work() : before.then(work, work)
      tails.set(id, mine)
      try {
        return await mine
      } finally {
        if (tails.get(id) === mine) tails.delete(id)
      }
    },
  }
}
