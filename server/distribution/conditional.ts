import type { IncomingMessage } from 'node:http'
import type { Digest } from '../../oci/digest.ts'

/** What lets caches and clients recognise content: its digest as a strong validator. */
export function contentHeaders(digest: Digest): string[] {
  return ['Docker-Content-Digest', digest, 'ETag', `"${digest}"`]
}

/** Content addressed by digest never changes; nobody on the way may repack it (PULL-4). */
export const IMMUTABLE = 'private, max-age=31536000, immutable, no-transform'

/** True when the client has this content already (`If-None-Match`, with or without quotes, as clients write it). */
export function isNotModified({ headers }: IncomingMessage, digest: Digest): boolean {
  const condition = headers['if-none-match']
  if (condition === undefined) return false
  return condition.split(',').some((validator) => validator.trim().replace(/^"|"$/g, '') === digest)
}
