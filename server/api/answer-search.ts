import type { Viewer } from '../../storage/metadata/repositories.ts'
import type { FoundAccount } from '../../storage/metadata/search-index.ts'
import type { FoundRepository } from '../search/describe-found.ts'
import { parseQuery } from '../search/parse-query.ts'
import type { Search } from '../search/search.ts'
import type { SearchAnswers, SearchPageRequest } from '../search/search-answers.ts'
import type { FoundTag } from '../search/search-tags.ts'
import type { ShownItem, ShownResults } from './search-schemas.ts'
import { showRepository } from './show-repository.ts'
import { showTime } from './show-time.ts'

/**
 * Makes what answers the API's questions to the search.
 * @param deps.now milliseconds since the epoch.
 */
export function createSearchAnswers(deps: { readonly search: Search; readonly now: () => number }): SearchAnswers {
  const { search, now } = deps
  const encoder = new TextEncoder()

  async function find(viewer: Viewer, { q, type, origin, ...page }: SearchPageRequest): Promise<ShownResults> {
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
  }

  return {
    async page(viewer, request) {
      return encoder.encode(JSON.stringify(await find(viewer, request)))
    },
    repositories: search.repositories,
    hasPrivateRepositories: search.hasPrivateRepositories,
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
