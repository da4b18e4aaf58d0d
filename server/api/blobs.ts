import { z } from 'zod'
import { type Digest, parseDigest } from '../../oci/digest.ts'
import type { BlobUse, ContentUsageStore } from '../../storage/metadata/content-usage.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import { listViewerOf } from '../access/credential.ts'
import { shownTime, visibility } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showTime } from './show-time.ts'

const MAX_USES = 100

const shownBlob = z
  .strictObject({
    digest: z.string(),
    sizeBytes: z.int().nonnegative(),
    linkedAt: shownTime.meta({ description: 'When it came into this repository' }),
    uses: z
      .array(
        z.strictObject({
          manifest: z.string().meta({ description: 'The digest of the manifest that needs it' }),
          role: z.enum(['config', 'layer', 'manifest']),
          tags: z.array(z.string()).meta({
            description: 'Tags that point to the manifest, or to an index of it; some of them when there are many',
          }),
        }),
      )
      .meta({ description: `What needs it in this repository, the newest ${MAX_USES}` }),
    repositories: pageOf(z.strictObject({ name: z.string(), visibility })).meta({
      description: 'Where it is, of all the repositories that one may pull; this one among them',
    }),
  })
  .meta({ id: 'Blob' })

/** `/repositories/:repository/blobs`: who uses a layer. */
export function createBlobRoutes(deps: {
  readonly contentUsage: Pick<ContentUsageStore, 'findBlob' | 'listUses' | 'listRepositories'>
}): ApiRoute[] {
  const { contentUsage } = deps

  /** @throws Problem 404 for a blob that the repository does not have, whoever else has it (I4, I5). */
  async function findBlob(id: RepositoryId, digest: Digest) {
    const blob = await contentUsage.findBlob(id, digest)
    if (blob === undefined) throw notFound('such blob in this repository')
    return blob
  }

  return [
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/blobs/:digest',
      summary: 'Tell what needs a blob, and which other repositories have it',
      access: { kind: 'repository', permission: 'pull' },
      query: pageQuery,
      result: shownBlob,
      statuses: [200],
      async handle({ parameters, query, credential }, { place }) {
        const { id } = place.repository
        const { digest, size, linkedAt } = await findBlob(id, parseDigest(parameters['digest'] ?? ''))
        const uses = await contentUsage.listUses(id, digest, MAX_USES)
        const repositories = await contentUsage.listRepositories(digest, listViewerOf(credential), query)
        const body = {
          digest,
          sizeBytes: size,
          linkedAt: showTime(linkedAt),
          uses: uses.map(showUse),
          repositories: showPage(repositories, ({ name, visibility }) => ({ name, visibility })),
        }
        return { status: 200, body }
      },
    }),
  ]
}

function showUse({ manifestDigest, role, tags }: BlobUse) {
  return { manifest: manifestDigest, role, tags: [...tags] }
}
