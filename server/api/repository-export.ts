import { z } from 'zod'
import { type Platform, readPlatform } from '../../oci/platform.ts'
import { parseReference } from '../../oci/reference.ts'
import type { ExportArchive, ExportResult } from '../archives/export-archive.ts'
import { archiveFileName, pullNameOf } from '../archives/export-names.ts'
import { Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const MEDIA_TYPE = 'application/x-tar'

/** As many as fit into a sentence. */
const MAX_NAMED_PLATFORMS = 20

const platform = z
  .string()
  .max(200)
  .transform((text, context): Platform | 'all' => {
    const read = text === 'all' ? text : readPlatform(text)
    if (read !== undefined) return read
    context.addIssue({ code: 'custom', message: 'must be all, or os/architecture[/variant], such as linux/arm64' })
    return z.NEVER
  })

const exportQuery = z.strictObject({
  ref: z.string('name a tag or a digest, such as ?ref=v1').meta({ description: 'A tag or a digest', examples: ['v1'] }),
  format: z.enum(['oci', 'docker']).default('oci').meta({
    description:
      '`oci`: an image layout with everything as it was pushed. `docker`: one image for `docker load` and `podman load`',
  }),
  platform: platform.optional().meta({
    description:
      '`os/architecture[/variant]`, or `all`; if not given, `all` for `oci`, and for `docker` the only one or linux/amd64',
    examples: ['linux/arm64'],
  }),
  referrers: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'With what refers to it, such as signatures and SBOMs; `index.json` names them after it' }),
})

/** `/repositories/:repository/export`: an image as a file. */
export function createRepositoryExportRoutes(deps: { readonly exportArchive: ExportArchive }): ApiRoute[] {
  return [
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/export',
      summary: 'Export an image, or whatever a tag or digest leads to, as a tar archive',
      access: { kind: 'repository', permission: 'pull' },
      query: exportQuery,
      alsoAs: [MEDIA_TYPE],
      statuses: [200],
      async handle({ query, origin }, { place }) {
        const { repository } = place
        const reference = parseReference(query.ref)
        const { lengthBytes, bytes } = archiveOf(
          await deps.exportArchive({
            repository,
            reference,
            format: query.format,
            platform: query.platform,
            withReferrers: query.referrers === 'true',
            pullName: pullNameOf(origin, repository.name),
          }),
        )
        const named = query.platform === 'all' ? undefined : query.platform
        const fileName = archiveFileName(repository.name, reference, named)
        return { status: 200, mediaType: MEDIA_TYPE, bytes, lengthBytes, fileName }
      },
    }),
  ]
}

/** @throws Problem for what cannot be exported */
function archiveOf(result: ExportResult): Extract<ExportResult, { kind: 'archive' }> {
  switch (result.kind) {
    case 'archive':
      return result
    case 'platform-absent':
      throw platformProblem(404, 'PLATFORM_UNKNOWN', 'there is no image for this platform', result.platforms)
    case 'platform-needed':
      throw platformProblem(
        400,
        'PLATFORM_NEEDED',
        'this format holds one image, and there are several',
        result.platforms,
      )
    case 'not-an-image':
      throw new Problem(422, 'NOT_AN_IMAGE', 'this is nothing that docker or podman could load; ask for format=oci')
    case 'too-many-parts':
      throw new Problem(422, 'ARCHIVE_TOO_LARGE', 'this has too many parts for one archive; ask for one platform')
    case 'content-missing':
      throw new Problem(
        404,
        'CONTENT_MISSING',
        `the registry does not have ${result.digest}, a part of this, or has it damaged; push the image again`,
      )
  }
}

function platformProblem(status: number, code: string, what: string, platforms: readonly string[]): Problem {
  const named = platforms.slice(0, MAX_NAMED_PLATFORMS)
  const more = platforms.length - named.length
  const list = named.join(', ') + (more > 0 ? ` and ${more} more` : '')
  const advice = platforms.length === 0 ? 'leave platform out' : `ask for one of ${list}`
  return new Problem(status, code, `${what}; ${advice}`, { platforms: named })
}
