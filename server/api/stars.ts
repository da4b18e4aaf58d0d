import type { StarStore } from '../../storage/metadata/stars.ts'
import { viewerOf } from '../access/credential.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showRepository } from './show-repository.ts'
import { shownRepository } from './shown-repository.ts'

/**
 * `/repositories/:repository/star` and `/user/stars`: what people like. A star is the user's own, so none of the user's
 * tokens for some repositories gives or takes one.
 */
export function createStarRoutes({ stars }: { readonly stars: StarStore }): ApiRoute[] {
  return [
    apiRoute({
      method: 'put',
      path: '/repositories/:repository/star',
      summary: 'Star a repository; once is enough',
      access: { kind: 'repository', permission: 'pull', by: 'user' },
      statuses: [204],
      async handle(_request, { account, place }) {
        if (!(await stars.add(account.id, place.repository.id))) throw notFound('such repository')
        return { status: 204 }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/repositories/:repository/star',
      summary: 'Take a star back',
      access: { kind: 'repository', permission: 'pull', by: 'user' },
      statuses: [204],
      async handle(_request, { account, place }) {
        if (!(await stars.remove(account.id, place.repository.id))) throw notFound('star of yours')
        return { status: 204 }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/user/stars',
      summary: 'List what one has starred and may pull',
      access: { kind: 'user' },
      query: pageQuery,
      result: pageOf(shownRepository),
      statuses: [200],
      async handle({ query, credential }, { account }) {
        return {
          status: 200,
          body: showPage(await stars.list(account.id, viewerOf(credential), query), showRepository),
        }
      },
    }),
  ]
}
