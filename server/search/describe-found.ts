import type { Repository, RepositoryStore } from '../../storage/metadata/repositories.ts'
import type { SearchCandidate, SearchIndex } from '../../storage/metadata/search-index.ts'
import { excerpt, type Highlight, highlight } from './highlights.ts'
import type { Hit } from './search-repositories.ts'

/** A repository that was found, as it is now, and where in its texts the words are. */
export interface FoundRepository extends Pick<SearchCandidate, 'kinds' | 'platforms' | 'labels'> {
  readonly repository: Repository
  readonly highlights: readonly Highlight[]
}

/** Looks up what is shown of hits, in their order; what has been deleted since is left out. */
export type DescribeFound = (hits: readonly Hit[]) => Promise<readonly FoundRepository[]>

export function createDescribeFound(deps: {
  readonly searchIndex: Pick<SearchIndex, 'findReadme'>
  readonly repositories: Pick<RepositoryStore, 'findMany'>
}): DescribeFound {
  const { searchIndex, repositories } = deps

  /** A README is only looked into when the words are nowhere else. */
  async function highlightsOf({ candidate, lookup }: Hit): Promise<readonly Highlight[]> {
    if (lookup.terms.length === 0) return []
    const highlights = highlight(candidate, lookup)
    if (highlights.length > 0) return highlights
    const readme = await searchIndex.findReadme(candidate.repository.id)
    const found = readme === undefined ? undefined : excerpt(readme, lookup)
    return found === undefined ? [] : [found]
  }

  return async (hits) => {
    const known = await repositories.findMany(hits.map(({ candidate }) => candidate.repository.id))
    const byId = new Map(known.map((repository) => [repository.id, repository]))
    const found: FoundRepository[] = []
    for (const hit of hits) {
      const { kinds, platforms, labels, repository: indexed } = hit.candidate
      const repository = byId.get(indexed.id)
      // What has become private in this moment may be nothing for this viewer any more.
      if (repository === undefined || repository.visibility !== indexed.visibility) continue
      found.push({ repository, kinds, platforms, labels, highlights: await highlightsOf(hit) })
    }
    return found
  }
}
