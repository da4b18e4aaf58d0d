import { z } from 'zod'
import { ArchiveRefusal, type ArchiveRefusalKind } from '../../oci/archive-refusal.ts'
import { isTag, type Tag } from '../../oci/reference.ts'
import type { ImportArchive, ImportedArchive } from '../archives/import-archive.ts'
import { ARCHIVE_FIELD, receiveArchive } from './archive-upload.ts'
import { Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const newTag = z
  .string()
  .transform((text, context): Tag => {
    if (isTag(text)) return text
    const message =
      'a tag has up to 128 letters, digits, underscores, dots and hyphens, and starts with none of the last two'
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .meta({ description: 'The tag to give the image instead of those in the archive', examples: ['v1'] })

const importQuery = z.strictObject({
  tag: newTag.optional(),
  image: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .meta({
      description: 'Only this one of the images in the archive: a name, a tag or the digest that it has there',
      examples: ['acme/web:v1'],
    }),
})

const importedArchive = z
  .strictObject({
    repository: z.string().meta({ examples: ['acme/web'] }),
    format: z.enum(['oci-layout', 'docker-archive']).meta({ description: 'What the archive was read as' }),
    images: z.array(
      z.strictObject({
        digest: z.string(),
        mediaType: z.string(),
        sizeBytes: z.int().meta({ description: 'Of the manifest and everything under it' }),
        tags: z.array(z.string()).meta({ description: 'What points to it now' }),
        names: z.array(z.string()).meta({ description: 'What it was called in the archive' }),
      }),
    ),
    blobs: z.strictObject({
      added: z.int().meta({ description: 'Blobs that the repository did not have' }),
      known: z.int().meta({ description: 'Blobs that it had already' }),
    }),
    warnings: z.array(z.string()).meta({ description: 'What to know although the import succeeded' }),
  })
  .meta({ id: 'ImportedArchive' })
type ShownImport = z.infer<typeof importedArchive>

/** `/repositories/:repository/import`: images out of an archive. */
export function createRepositoryImportRoutes(deps: { readonly importArchive: ImportArchive }): ApiRoute[] {
  const { importArchive } = deps
  return [
    apiRoute({
      method: 'post',
      path: '/repositories/:repository/import',
      summary: 'Import the images of an archive, as docker save, podman save, skopeo or buildx make one',
      access: { kind: 'push' },
      query: importQuery,
      file: {
        field: ARCHIVE_FIELD,
        description: 'A tar archive in the format of `docker save` or with an OCI image layout; plain, gzip or zstd',
      },
      result: importedArchive,
      statuses: [201],
      async handle({ query, caller, origin, exchange, admitAgain }, { place }) {
        const url = `${origin}/api/v1/repositories/${encodeURIComponent(place.name)}/import`
        const example = `curl -u <user> -F ${ARCHIVE_FIELD}=@image.tar ${url}`
        try {
          const staged = await receiveArchive({ ...exchange, example }, (bytes) => importArchive.stage(bytes))
          try {
            await admitAgain()
            const imported = await staged.addTo({ place, tag: query.tag, image: query.image }, caller)
            return { status: 201, body: show(place.name, imported) }
          } finally {
            await staged.close()
          }
        } catch (error) {
          throw error instanceof ArchiveRefusal ? toProblem(error) : error
        }
      },
    }),
  ]
}

const PROBLEMS: Readonly<Record<ArchiveRefusalKind, { readonly status: number; readonly code: string }>> = {
  invalid: { status: 422, code: 'ARCHIVE_INVALID' },
  'too-large': { status: 413, code: 'ARCHIVE_TOO_LARGE' },
  incomplete: { status: 422, code: 'ARCHIVE_INCOMPLETE' },
  ambiguous: { status: 422, code: 'ARCHIVE_AMBIGUOUS' },
  busy: { status: 503, code: 'UNAVAILABLE' },
}

const RETRY_AFTER_SECONDS = 60

function toProblem({ kind, message }: ArchiveRefusal): Problem {
  const { status, code } = PROBLEMS[kind]
  return new Problem(status, code, message, {}, kind === 'busy' ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {})
}

function show(repository: string, { format, images, blobs, warnings }: ImportedArchive): ShownImport {
  return {
    repository,
    format,
    images: images.map(({ tags, names, ...image }) => ({ ...image, tags: [...tags], names: [...names] })),
    blobs: { ...blobs },
    warnings: [...warnings],
  }
}
