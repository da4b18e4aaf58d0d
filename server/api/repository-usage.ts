import { z } from 'zod'
import type { ContentUsageStore } from '../../storage/metadata/content-usage.ts'
import { listViewerOf } from '../access/credential.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const bytes = z.int().nonnegative()

const repositoryUsage = z
  .strictObject({
    bytes: bytes.meta({ description: 'Everything in the repository, each blob once' }),
    uniqueBytes: bytes.meta({ description: 'Of these, what no other repository has that one may pull' }),
    sharedBytes: bytes.meta({ description: 'The rest' }),
    blobs: z.int().nonnegative(),
  })
  .meta({ id: 'RepositoryUsage', description: 'What others have in private counts for nothing here' })

/** `/repositories/:repository/usage`: how much there is, and how much of it is here alone. */
export function createRepositoryUsageRoutes(deps: {
  readonly contentUsage: Pick<ContentUsageStore, 'ofRepository'>
}): ApiRoute[] {
  return [
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/usage',
      summary: 'Tell how many bytes a repository has, and how many of them others have as well',
      access: { kind: 'repository', permission: 'pull' },
      result: repositoryUsage,
      statuses: [200],
      async handle({ credential }, { place }) {
        return {
          status: 200,
          body: await deps.contentUsage.ofRepository(place.repository.id, listViewerOf(credential)),
        }
      },
    }),
  ]
}
