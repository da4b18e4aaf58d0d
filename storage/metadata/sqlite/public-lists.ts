import type { Database } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import type { SearchCandidate } from '../search-index.ts'

/** Candidates that are kept, in all lists together: some 6 MB. */
const MAX_KEPT = 10_000

type List = readonly SearchCandidate[]

/** What was listed of public documents, by what was asked. */
export interface PublicLists {
  /** The list that was kept for a question; else a new one, which is kept. */
  list(question: string, read: () => List): List
}

/**
 * Makes the function that a search calls first, for lists as they are when it begins. What is public is the same for all
 * who ask, and many ask for the same: a list is read once, and again when any public document has changed. The count of
 * such changes is read with them, in the transaction of the search; outside of one it is read before them, and what has
 * changed in between is only too new for it.
 */
export function createPublicLists(db: Database): () => PublicLists {
  const countChanges = db.prepare<[], number>('SELECT public FROM search_change').pluck()
  // A list of nothing needs room, too.
  const kept = new LRUCache<string, List>({ maxSize: MAX_KEPT, sizeCalculation: (list) => list.length + 1 })
  let changes: number | undefined

  const lists: PublicLists = {
    list(question, read) {
      const known = kept.get(question)
      if (known !== undefined) return known
      const list = read()
      kept.set(question, list)
      return list
    },
  }
  return () => {
    const present = countChanges.get()
    if (present !== changes) kept.clear()
    changes = present
    return lists
  }
}
