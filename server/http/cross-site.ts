import type { IncomingMessage } from 'node:http'

/** What changes nothing may come from anywhere: without CORS no page can read the answer. */
const READING_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What a browser says of a request that no other site had a hand in; `none` is one that its user typed or bookmarked. */
const OWN_SITES: ReadonlySet<unknown> = new Set(['same-origin', 'none'])

/**
 * Whether a browser says that a page of another site made it send a request that changes something (S22). Browsers add
 * the credentials they remember to such requests, whoever wrote the page. Clients that are no browsers send neither
 * header and pass.
 */
export function isCrossSite({ method, headers }: IncomingMessage, ownOrigin: string): boolean {
  if (READING_METHODS.has(method)) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined) return !OWN_SITES.has(site)
  // Browsers leave the header above out on plain HTTP, and old ones do not know it.
  return headers.origin !== undefined && headers.origin !== ownOrigin
}

/** What the refusal of such a request says. */
export function crossSiteRefusal(ownOrigin: string): string {
  return (
    `a page of another site sent this through your browser; send it from a page of ${ownOrigin}, or with another ` +
    'program. If that is not where you reach this registry, its administrator should set http.publicUrl or http.trustProxy'
  )
}
