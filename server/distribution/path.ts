/** Where a `/v2` path leads. Names and references are as the client wrote them, percent-decoding done, not yet parsed. */
export type DistributionPath =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string }

export type PathKind = DistributionPath['kind']

const PREFIX = '/v2/'

/**
 * Reads a path, query excluded. A repository's name may have any number of components, `manifests` and `blobs` among
 * them, so paths are read from the right; nothing here backtracks.
 */
export function parsePath(path: string): DistributionPath | undefined {
  if (path === '/v2' || path === PREFIX) return { kind: 'base' }
  if (!path.startsWith(PREFIX)) return undefined
  const rest = path.slice(PREFIX.length)
  if (rest === '_catalog') return { kind: 'catalog' }
  if (rest.endsWith('/tags/list')) return { kind: 'tags', name: rest.slice(0, -'/tags/list'.length) }
  if (rest.endsWith('/blobs/uploads')) return { kind: 'uploads', name: rest.slice(0, -'/blobs/uploads'.length) }
  const lastSlash = rest.lastIndexOf('/')
  const last = decode(rest.slice(lastSlash + 1))
  const parent = rest.slice(0, Math.max(lastSlash, 0))
  if (last === undefined) return undefined
  if (parent.endsWith('/blobs/uploads')) {
    const name = parent.slice(0, -'/blobs/uploads'.length)
    return last === '' ? { kind: 'uploads', name } : { kind: 'upload', name, id: last }
  }
  if (parent.endsWith('/manifests'))
    return { kind: 'manifest', name: parent.slice(0, -'/manifests'.length), reference: last }
  if (parent.endsWith('/blobs')) return { kind: 'blob', name: parent.slice(0, -'/blobs'.length), digest: last }
  if (parent.endsWith('/referrers'))
    return { kind: 'referrers', name: parent.slice(0, -'/referrers'.length), digest: last }
  return undefined
}

/** Clients write `sha256%3A…` as well as `sha256:…`. Names are not decoded: no valid name has a character to encode. */
function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
