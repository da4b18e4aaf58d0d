import type { FoundAccount } from '../../storage/metadata/search-index.ts'
import { listViewerOf } from '../access/credential.ts'
import type { FoundRepository } from '../search/describe-found.ts'
import { parseQuery } from '../search/parse-query.ts'
import type { Search } from '../search/search.ts'
import { SearchRefusal } from '../search/search-refusal.ts'
import type { ResultPage } from '../search/search-repositories.ts'
import type { FoundTag } from '../search/search-tags.ts'
import { showTime } from './fields.ts'
import { Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { type ShownItem, type ShownResults, searchQuery, searchResults } from './search-schemas.ts'
import { showRepository } from './shown-repository.ts'

/** `/search`: finds repositories, tags, organizations and users. */
export function createSearchRoutes(deps: { readonly search: Search; readonly now: () => number }): ApiRoute[] {
  const { search, now } = deps

  return [
    apiRoute({
      method: 'get',
      path: '/search',
      summary: 'Find repositories, tags, organizations and users',
      access: { kind: 'public' },
      query: searchQuery,
      result: searchResults,
      statuses: [200],
      async handle({ query: { q, type, limit, after }, credential, origin }) {
        const viewer = listViewerOf(credential)
        const page: ResultPage = { limit, after }
        const body = await refusing(async (): Promise<ShownResults> => {
          const query = parseQuery(q, { now: now(), origin })
          if (type === 'repository') {
            const { items, facets, next, correctedTo = null } = await search.repositories(viewer, query, page)
            return toResults(items.map(showFound), next, { facets: facets ?? null, correctedTo })
          }
          if (type === 'tag') {
            const { items, next } = await search.tags(viewer, query, page)
            return toResults(items.map(showTag), next)
          }
          const { items, next } = await search.accounts(viewer, type, query, page)
          return toResults(items.map(showAccount), next)
        })
        return { status: 200, body }
      },
    }),
  ]
}

/** @throws Problem for what the search refuses. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SearchRefusal) throw new Problem(400, error.code, error.message)
    throw error
  }
}

function toResults(
  items: ShownItem[],
  next: string | undefined,
  more: Pick<ShownResults, 'facets' | 'correctedTo'> = { facets: null, correctedTo: null },
): ShownResults {
  return { items, ...more, ...(next === undefined ? {} : { next }) }
}

function showFound({ repository, ...found }: FoundRepository): ShownItem {
  return { type: 'repository', ...showRepository(repository), ...found }
}

function showTag({ repository, details }: FoundTag): ShownItem {
  const { tag, digest, kind, platforms, pushedAt, pulls } = details
  return { type: 'tag', repository: repository.name, tag, digest, kind, platforms, pushedAt: showTime(pushedAt), pulls }
}

function showAccount({ kind, name, displayName }: FoundAccount): ShownItem {
  return { type: kind, name, displayName: displayName ?? null }
}
