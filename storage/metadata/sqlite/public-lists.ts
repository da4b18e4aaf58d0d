import type { Database } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import type { SearchCandidate } from '../search-index.ts'

/** What all lists that are kept may take together, in bytes, about: some ten thousand candidates. */
const MAX_BYTES = 8 * 1024 * 1024

/** A list of public documents. */
export interface PublicList {
  readonly candidates: readonly SearchCandidate[]
  /** Roughly what it takes in memory: labels of some may be as long as all else of many. */
  readonly bytes: number
}

/** What was listed of public documents, by what was asked. */
export interface PublicLists {
  /** The list that was kept for a question; else a new one, which is kept. */
  list(question: string, read: () => PublicList): PublicList
}

/**
 * Makes the function that a search calls first, for lists as they are when it begins. What is public is the same for all
 * who ask, and many ask for the same: a list is read once, and again when any public document has changed. The count of
 * such changes is read with them, in the transaction of the search; outside of one it is read before them, and what has
 * changed in between is only too new for it.
 */
export function createPublicLists(db: Database): () => PublicLists {
  const countChanges = db.prepare<[], number>('SELECT public FROM search_change').pluck()
  const kept = new LRUCache<string, PublicList>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }, question) => bytes + question.length,
  })
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
