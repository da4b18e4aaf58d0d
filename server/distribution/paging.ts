import { RegistryError } from '../../oci/error-codes.ts'
import type { PageRequest } from '../../storage/metadata/page.ts'

/** Entries on a page when the client names no number, and at most. ggcr asks for 1,000; more is clamped, not refused. */
const MAX_PAGE = 1000

/**
 * Reads `n` and `last`.
 * @throws RegistryError PAGINATION_NUMBER_INVALID
 */
export function parsePageRequest(query: URLSearchParams): PageRequest {
  const n = query.get('n')
  if (n !== null && !/^\d{1,20}$/.test(n))
    throw new RegistryError('PAGINATION_NUMBER_INVALID', { detail: { n: n.slice(0, 50) } })
  return { after: query.get('last') || undefined, limit: n === null ? MAX_PAGE : Math.min(Number(n), MAX_PAGE) }
}

/** The `Link` to the next page: one link, relative, its query encoded, in angle brackets (containers/image and ggcr insist). */
export function nextLink(path: string, parameters: Readonly<Record<string, string>> | URLSearchParams): string {
  return `<${path}?${new URLSearchParams(parameters)}>; rel="next"`
}
