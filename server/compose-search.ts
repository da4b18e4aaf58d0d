import { Worker } from 'node:worker_threads'
import type { MetadataStore } from '../storage/metadata/metadata-store.ts'
import { createSearchAnswers } from './api/answer-search.ts'
import { createSearch } from './search/search.ts'
import type { SearchAnswers } from './search/search-answers.ts'
import { createSearchThreads } from './search/search-threads.ts'

/** Beside this file, in whichever form that is run. */
const THREAD = new URL(import.meta.url.replace(/compose-search(\.\w+)$/, 'search-thread$1'))

/** In MB: a search needs a few; one that needs more than this fails alone. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 } as const

/** A search that must be closed. */
export type OpenSearch = SearchAnswers & { close(): Promise<void> }

/**
 * Makes the search, in threads of its own unless there are to be none.
 * @param deps.now milliseconds since the epoch, for a search without threads; these go by the system's clock.
 */
export function composeSearch(deps: {
  readonly threads: number
  readonly metadata: MetadataStore
  readonly databasePath: string
  readonly now: () => number
}): OpenSearch {
  const { threads, metadata, databasePath, now } = deps
  if (threads === 0)
    return { ...createSearchAnswers({ search: createSearch({ ...metadata, now }), now }), async close() {} }
  return createSearchThreads({
    startThread: () => new Worker(THREAD, { workerData: databasePath, resourceLimits: THREAD_LIMITS }),
    count: threads,
  })
}
