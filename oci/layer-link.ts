import { ArchiveRefusal, showName } from './archive-refusal.ts'
import type { TarEntryHeader } from './tar-entries.ts'

/** The only links there are in archives of images: docker and skopeo write a layer once, and link what is the same. */
const LINK_NAME = /^[^/]+\/layer\.tar$/

/**
 * The name of the file that a link in an archive leads to.
 * @throws ArchiveRefusal for a link that is no layer, and for one that leads out of the archive.
 */
export function layerLinkTarget(link: Exclude<TarEntryHeader, { readonly kind: 'file' | 'directory' }>): string {
  const { kind, name, target } = link
  const folder = kind === 'hardlink' ? [] : name.split('/').slice(0, -1)
  const resolved = target.startsWith('/') ? undefined : resolve([...folder, ...target.split('/')])
  if (LINK_NAME.test(name) && resolved !== undefined) return resolved
  throw new ArchiveRefusal(
    'invalid',
    `${showName(name)} is a link to ${showName(target)}; only layers may be links, to others of the same archive`,
  )
}

/** Without `.` and `..`; undefined for what leads out. */
function resolve(parts: readonly string[]): string | undefined {
  const path: string[] = []
  for (const part of parts) {
    if (part === '..' && path.pop() === undefined) return undefined
    if (part !== '' && part !== '.' && part !== '..') path.push(part)
  }
  return path.join('/')
}
