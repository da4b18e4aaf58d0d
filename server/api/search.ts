import { listViewerOf } from '../access/credential.ts'
import type { SearchAnswers } from '../search/search-answers.ts'
import { SearchRefusal } from '../search/search-refusal.ts'
import { Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { searchQuery, searchResults } from './search-schemas.ts'

/** `/search`: finds repositories, tags, organizations and users. */
export function createSearchRoutes(deps: { readonly search: Pick<SearchAnswers, 'page'> }): ApiRoute[] {
  const { search } = deps

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
        const json = await search.page(listViewerOf(credential), { q, type, limit, after, origin }).catch(toProblem)
        return { status: 200, json }
      },
    }),
  ]
}

/** @throws Problem for what the search refuses. */
function toProblem(error: unknown): never {
  if (error instanceof SearchRefusal) throw new Problem(400, error.code, error.message)
  throw error
}
