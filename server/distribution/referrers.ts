import { isDigest, parseDigest } from '../../oci/digest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import type { ListContent } from '../registry/list-content.ts'
import { type ExchangeOn, nameOf, placeOf, respond } from './exchange.ts'
import { nextLink } from './paging.ts'

/** containerd does not follow the link to a next page, so a page is as large as anybody's referrers get. */
const PAGE = 1000

/** `GET /v2/<name>/referrers/<digest>`: an index of what refers to a digest; empty when nothing does, or it is absent. */
export function createReferrers({ listContent }: { readonly listContent: ListContent }) {
  return async (exchange: ExchangeOn<'referrers'>): Promise<void> => {
    const { path, query } = exchange
    const subject = parseDigest(path.digest)
    // containerd repeats the filter and means any of them.
    const artifactTypes = query.getAll('artifactType').filter((type) => type !== '')
    const last = query.get('last') ?? ''
    const after = isDigest(last) ? last : undefined
    const { repository } = placeOf(exchange)
    const { items, next } = await listContent.referrers(repository, { subject, artifactTypes, after, limit: PAGE })
    const body = writeIndex(items)
    // Byte for byte this type: oras, cosign and ggcr take any other for "no referrers API".
    const headers = ['Content-Type', MEDIA_TYPES.ociIndex, 'Content-Length', String(body.byteLength)]
    if (artifactTypes.length > 0) headers.push('OCI-Filters-Applied', 'artifactType')
    if (next !== undefined) {
      const parameters = new URLSearchParams(artifactTypes.map((type): [string, string] => ['artifactType', type]))
      parameters.set('last', next)
      headers.push('Link', nextLink(`/v2/${nameOf(path)}/referrers/${subject}`, parameters))
    }
    respond(exchange, 200, headers, body)
  }
}

const START = `{"schemaVersion":2,"mediaType":"${MEDIA_TYPES.ociIndex}","manifests":[`
const END = ']}'

/** An index of descriptors, written piece by piece: as one text it would be in memory twice more (50 MiB at 16 clients). */
function writeIndex(descriptors: readonly string[]): Buffer {
  const commas = Math.max(descriptors.length - 1, 0)
  const length = descriptors.reduce((sum, text) => sum + Buffer.byteLength(text), START.length + END.length + commas)
  const body = Buffer.allocUnsafe(length)
  let at = body.write(START, 'latin1')
  for (const [index, descriptor] of descriptors.entries()) {
    if (index > 0) at += body.write(',', at, 'latin1')
    at += body.write(descriptor, at)
  }
  body.write(END, at, 'latin1')
  return body
}
