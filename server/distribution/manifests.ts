import { RegistryError } from '../../oci/error-codes.ts'
import { MAX_MANIFEST_BYTES } from '../../oci/manifest.ts'
import { parseReference, parseTag, type Tag } from '../../oci/reference.ts'
import type { Registry } from '../registry/registry.ts'
import { contentHeaders, IMMUTABLE, isNotModified } from './conditional.ts'
import { callerOf, type ExchangeOn, nameOf, placeOf, respond } from './exchange.ts'
import { readBody, requirePlainBody } from './request-body.ts'
import { formatWarning, warningAbout } from './warnings.ts'

/** distribution-spec end-7b wants at least ten; enough for every alias a release has. */
const MAX_TAG_PARAMETERS = 64

/** `GET` and `HEAD /v2/<name>/manifests/<reference>`: the stored bytes, whatever `Accept` says (PULL-2). */
export function createGetManifest({ pullManifest, pullCounts }: Pick<Registry, 'pullManifest' | 'pullCounts'>) {
  return async (exchange: ExchangeOn<'manifest'>): Promise<void> => {
    const { request, path } = exchange
    const reference = parseReference(path.reference)
    const { repository } = placeOf(exchange)
    const { digest, mediaType, bytes } = await pullManifest(repository, reference)
    const cacheControl = reference.kind === 'digest' ? IMMUTABLE : 'no-cache, no-transform'
    const headers = [...contentHeaders(digest), 'Cache-Control', cacheControl]
    const warning = repository && warningAbout(repository)
    if (warning !== undefined) headers.push('Warning', formatWarning(warning))
    if (isNotModified(request, digest)) return respond(exchange, 304, headers)
    headers.push('Content-Type', mediaType, 'Content-Length', String(bytes.length))
    if (request.method === 'HEAD') return respond(exchange, 200, headers)
    respond(exchange, 200, headers, bytes)
    if (repository !== undefined) pullCounts.note(repository.id, reference)
  }
}

/** `PUT /v2/<name>/manifests/<reference>`, with `?tag=` on a push by digest. */
export function createPutManifest({ pushManifest }: Pick<Registry, 'pushManifest'>) {
  return async (exchange: ExchangeOn<'manifest'>): Promise<void> => {
    const { request, path, query } = exchange
    const repository = placeOf(exchange).name
    const reference = parseReference(path.reference)
    const tags = parseTagParameters(query, reference.kind)
    requirePlainBody(request)
    const bytes = await readBody(request, MAX_MANIFEST_BYTES, 'a manifest')
    const contentType = request.headers['content-type']
    const pushed = await pushManifest({ repository, reference, tags, contentType, bytes }, callerOf(exchange))
    const headers = [
      'Location',
      `/v2/${nameOf(path)}/manifests/${pushed.digest}`,
      'Docker-Content-Digest',
      pushed.digest,
      'Content-Length',
      '0',
    ]
    if (pushed.subject !== undefined) headers.push('OCI-Subject', pushed.subject)
    if (tags.length > 0) headers.push('OCI-Tag', tags.join(', '))
    for (const warning of pushed.warnings) headers.push('Warning', formatWarning(warning))
    respond(exchange, 201, headers)
  }
}

/** `DELETE /v2/<name>/manifests/<reference>` */
export function createDeleteManifest({ deleteContent }: Pick<Registry, 'deleteContent'>) {
  return async (exchange: ExchangeOn<'manifest'>): Promise<void> => {
    await deleteContent.manifest(
      placeOf(exchange).repository,
      parseReference(exchange.path.reference),
      callerOf(exchange),
    )
    respond(exchange, 202, ['Content-Length', '0'])
  }
}

function parseTagParameters(query: URLSearchParams, referenceKind: 'tag' | 'digest'): Tag[] {
  const tags = query.getAll('tag')
  if (tags.length === 0) return []
  if (referenceKind === 'tag') {
    throw new RegistryError('TAG_INVALID', { message: '?tag= goes with a push by digest; this one is by tag already' })
  }
  if (tags.length > MAX_TAG_PARAMETERS) {
    throw new RegistryError('TAG_INVALID', { status: 414, message: `at most ${MAX_TAG_PARAMETERS} tags at once` })
  }
  return [...new Set(tags.map(parseTag))]
}
