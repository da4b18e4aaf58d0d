import type { LastUse, LastUseStore, UsedSecret } from '../../storage/metadata/last-uses.ts'

/** When secrets were used last, gathered in memory and written now and then: reading must not write (I3). */
export interface LastUses {
  note(use: LastUse): void
  /** The last use that is not written yet. */
  find(secret: UsedSecret): LastUse | undefined
  /** Writes what was gathered. */
  flush(): Promise<void>
}

export function createLastUses({ store }: { readonly store: LastUseStore }): LastUses {
  let gathered = new Map<string, LastUse>()
  return {
    note(use) {
      gathered.set(keyOf(use.secret), use)
    },
    find: (secret) => gathered.get(keyOf(secret)),
    async flush() {
      if (gathered.size === 0) return
      const writing = gathered
      gathered = new Map()
      try {
        await store.record([...writing.values()])
      } catch (error) {
        gathered = new Map([...writing, ...gathered])
        throw error
      }
    },
  }
}

function keyOf({ kind, id }: UsedSecret): string {
  return `${kind} ${id}`
}
