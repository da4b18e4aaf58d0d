import type { SearchIndex } from '../../storage/metadata/search-index.ts'
import { excerpt, type Highlight, highlight } from './highlights.ts'
import type { FoundRepository } from './search-repositories.ts'

/** Where in a found repository's texts the words are; its README is only looked into when they are nowhere else. */
export type ExplainMatch = (found: FoundRepository) => Promise<readonly Highlight[]>

export function createExplainMatch(searchIndex: Pick<SearchIndex, 'findReadme'>): ExplainMatch {
  return async ({ candidate, lookup }) => {
    if (lookup.terms.length === 0) return []
    const highlights = highlight(candidate, lookup)
    if (highlights.length > 0) return highlights
    const readme = await searchIndex.findReadme(candidate.repository.id)
    const found = readme === undefined ? undefined : excerpt(readme, lookup)
    return found === undefined ? [] : [found]
  }
}
