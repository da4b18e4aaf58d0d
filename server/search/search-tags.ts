import type { Viewer } from '../../storage/metadata/repositories.ts'
import type { IndexedRepository } from '../../storage/metadata/search-index.ts'
import type { TagDetails, TagStore } from '../../storage/metadata/tags.ts'
import { countAt, formatCursor, parseCursor, textAt, wrongPage } from './cursor.ts'
import type { SearchQuery } from './search-query.ts'
import type { ResultPage, SearchRepositories } from './search-repositories.ts'

/** A tag, and the repository that it was found in. */
export interface FoundTag {
  readonly repository: IndexedRepository
  readonly details: TagDetails
}

export interface TagResults {
  readonly items: readonly FoundTag[]
  readonly next: string | undefined
}

/**
 * A page of the tags that begin with what was typed behind the colon (`nginx:1.25`), or with the last word if there are
 * any (`nginx 1.25`), in the repositories that fit the rest best; the newest versions first.
 * @throws SearchRefusal when `after` is not of this search.
 */
export type SearchTags = (viewer: Viewer, query: SearchQuery, page: ResultPage) => Promise<TagResults>

/** Repositories that are looked into: whoever wants more has not said which. */
const MAX_REPOSITORIES = 20

interface Place {
  /** Undefined: the first. */
  readonly repository: string | undefined
  readonly after: string | undefined
}

export function createSearchTags(deps: {
  readonly searchRepositories: SearchRepositories
  readonly tags: Pick<TagStore, 'listDetails'>
}): SearchTags {
  const { searchRepositories, tags } = deps

  async function listTags(viewer: Viewer, query: SearchQuery, place: Place, limit: number) {
    const found = await searchRepositories(viewer, query, { limit: MAX_REPOSITORIES, after: undefined })
    const repositories = found.items.map(({ candidate }) => candidate.repository)
    const first = place.repository === undefined ? 0 : repositories.findIndex(({ name }) => name === place.repository)
    if (first < 0) throw wrongPage()
    const items: FoundTag[] = []
    let { after } = place
    for (const repository of repositories.slice(first)) {
      const room = limit - items.length
      // Without room for more, whether there is more is still to be known.
      const request = { order: 'version', prefix: query.tag, after, limit: Math.max(room, 1) } as const
      const page = await tags.listDetails(repository.id, request)
      items.push(...page.items.slice(0, room).map((details) => ({ repository, details })))
      const isMore = room === 0 ? page.items.length > 0 : page.next !== undefined
      if (isMore) return { items, next: { repository: repository.name, after: room === 0 ? after : page.next } }
      after = undefined
    }
    return { items, next: undefined }
  }

  return async (viewer, query, { limit, after }) => {
    const name = `tag ${query.text}`
    const state = after === undefined ? undefined : parseCursor(name, after)
    const place = state && { repository: textAt(state, 1), after: textAt(state, 2) || undefined }
    const readings = [query.withTag, query].filter((reading) => reading !== undefined)
    for (const [index, reading] of readings.entries()) {
      if (state !== undefined && countAt(state, 0) !== index) continue
      const { items, next } = await listTags(viewer, reading, place ?? START, limit)
      if (items.length > 0) {
        return { items, next: next && formatCursor(name, [index, next.repository, next.after ?? '']) }
      }
    }
    return { items: [], next: undefined }
  }
}

const START: Place = { repository: undefined, after: undefined }
