import type { Response } from 'express'
import { namespaceOf, OFFICIAL_NAMESPACE, pathOf, type RepositoryName } from '../../oci/repository-name.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'
import { listViewerOf } from '../access/credential.ts'
import { parseQuery, type QueryContext, readPlainQuery } from '../search/parse-query.ts'
import type { SearchAnswers } from '../search/search-answers.ts'
import type { SearchQuery } from '../search/search-query.ts'
import { SearchRefusal } from '../search/search-refusal.ts'
import type { Page } from './app.ts'
import { Problem } from './problem.ts'
import { queryParametersOf } from './query-parameters.ts'

/** What dockerd asks for when it is not told (SRCH-6). */
const DEFAULT_LIMIT = 25
const MAX_LIMIT = 100

/**
 * Clients of containers/image: they never send credentials here, not even after a login, but fall back to the
 * catalogue, with credentials, when they are answered with anything but 200 (SRCH-9).
 */
const FALLS_BACK_TO_CATALOG = /\b(?:containers|buildah|skopeo|libpod|podman)\//i

/** `/v1/_ping` and `/v1/search`: what `docker search` and `podman search` ask. */
export function createDockerSearchPages(deps: {
  readonly search: Pick<SearchAnswers, 'repositories' | 'hasPrivateRepositories'>
  /** Whether clients that can read the catalogue instead are made to, where there is anything private to find. */
  readonly sendsPodmanToCatalog: boolean
  readonly now: () => number
}): Page[] {
  const { search, sendsPodmanToCatalog, now } = deps
  return [
    {
      path: '/v1/_ping',
      name: 'docker ping',
      access: { kind: 'public' },
      async handle(response) {
        setRegistryHeaders(response)
        response.json(true)
      },
    },
    {
      path: '/v1/search',
      name: 'docker search',
      access: { kind: 'public' },
      async handle(response, request, { origin }, identify) {
        setRegistryHeaders(response)
        const { credential } = await identify()
        const isAnonymous = credential.subject.kind === 'anonymous'
        const fallsBack = FALLS_BACK_TO_CATALOG.test(request.headers['user-agent'] ?? '')
        if (sendsPodmanToCatalog && isAnonymous && fallsBack && (await search.hasPrivateRepositories())) {
          throw new Problem(404, 'NOT_FOUND', 'look into the catalogue, which shows what your credentials may see')
        }
        const parameters = queryParametersOf(request)
        const text = parameters.get('q') ?? ''
        const query = readForgiving(text, { now: now(), origin })
        const page = { limit: readLimit(parameters.get('n')), after: undefined }
        const { items } = await search.repositories(listViewerOf(credential), query, page)
        const results = items.map(({ repository }) => showResult(repository))
        response.json({ query: text, num_results: results.length, results })
      },
    },
  ]
}

/** Otherwise docker takes the registry for one of the first version, and sends an empty login over HTTPS (SRCH-1). */
function setRegistryHeaders(response: Response): void {
  response.setHeader('X-Docker-Registry-Standalone', 'false')
}

/** docker shows of a refusal nothing but its status: a query that means nothing is one of plain words. */
function readForgiving(text: string, context: QueryContext): SearchQuery {
  try {
    return parseQuery(text, context)
  } catch (error) {
    if (error instanceof SearchRefusal) return readPlainQuery(text)
    throw error
  }
}

function readLimit(text: string | null): number {
  const limit = Number.parseInt(text ?? '', 10)
  return Number.isNaN(limit) ? DEFAULT_LIMIT : Math.min(Math.max(limit, 1), MAX_LIMIT)
}

function showResult({ name, description, stars }: Repository) {
  return {
    name: shortName(name),
    description,
    star_count: stars,
    is_official: namespaceOf(name) === OFFICIAL_NAMESPACE,
    is_automated: false,
  }
}

/** As one pulls it: docker prints the name, podman with the host before it (SRCH-8). `nginx` leads to `library/nginx`. */
function shortName(name: RepositoryName): string {
  const path = pathOf(name)
  return namespaceOf(name) === OFFICIAL_NAMESPACE && !path.includes('/') ? path : name
}
