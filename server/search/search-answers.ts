import type { Viewer } from '../../storage/metadata/repositories.ts'
import type { Search } from './search.ts'

/** What a client of `/api/v1/search` asks for, and under which name (scheme and host) it knows the registry. */
export interface SearchPageRequest {
  readonly q: string
  readonly type: 'repository' | 'tag' | 'organization' | 'user'
  readonly limit: number
  /** The `next` of the page before. */
  readonly after: string | undefined
  readonly origin: string
}

/** All that the API asks the search: plain data goes in and comes out, so that another thread can answer. */
export interface SearchAnswers extends Pick<Search, 'repositories' | 'hasPrivateRepositories'> {
  /**
   * A page of `/api/v1/search`, as JSON in UTF-8: made where it was searched, so that the thread that serves everybody
   * has nothing to do with it but to send it.
   * @throws SearchRefusal for a query that means nothing, or a page that is not of this search.
   */
  page(viewer: Viewer, request: SearchPageRequest): Promise<Uint8Array>
}
