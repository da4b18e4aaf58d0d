import type { Digest } from '../../../oci/digest.ts'
import { isForeignLayer } from '../../../oci/foreign-layer.ts'
import { parseManifest } from '../../../oci/manifest.ts'
import { isManifestMediaType } from '../../../oci/media-types.ts'
import type { RepositoryId } from '../identities.ts'
import type { StoreContext } from './store-context.ts'

interface DeletedRow {
  id: number
  media_type: string
  bytes: Buffer
}

/** What came of bringing a manifest back. */
export type Revival =
  /** All manifests that came back, the one that was asked for among them. */
  | { readonly kind: 'revived'; readonly digests: readonly Digest[] }
  /** Nothing came back. */
  | { readonly kind: 'content-gone'; readonly missing: readonly Digest[] }

/**
 * Makes the function that brings back a deleted manifest, and with an index those of its children that were deleted,
 * inside the transaction of its caller; provided that the repository still has every blob that they need.
 */
export function createManifestReviver({ db }: StoreContext): (repositoryId: RepositoryId, digest: Digest) => Revival {
  const selectDeleted = db.prepare<[number, string], DeletedRow>(`
    SELECT id, media_type, bytes FROM manifest WHERE repository_id = ? AND digest = ? AND deleted_at IS NOT NULL`)
  const exists = db.prepare<[number, string], { id: number }>(
    'SELECT id FROM manifest WHERE repository_id = ? AND digest = ?',
  )
  const selectMissing = db
    .prepare<[{ digests: string; repositoryId: number }], Digest>(`
      SELECT value FROM json_each(@digests) WHERE NOT EXISTS (
        SELECT 1 FROM blob JOIN repository_blob ON repository_blob.blob_id = blob.id
        WHERE blob.digest = value AND repository_blob.repository_id = @repositoryId)`)
    .pluck()
  const markLive = db.prepare<[number]>('UPDATE manifest SET deleted_at = NULL WHERE id = ?')

  /** What a manifest needs to be whole, told from its bytes: the table of references does not say what is foreign. */
  function needsOf(repositoryId: RepositoryId, { media_type: mediaType, bytes }: DeletedRow) {
    const { config, layers, manifests } = parseManifest(bytes, mediaType)
    const blobs = [...(config === undefined ? [] : [config]), ...layers.filter((layer) => !isForeignLayer(layer))]
    const children: Digest[] = []
    for (const child of manifests) {
      if (exists.get(repositoryId, child.digest) !== undefined) children.push(child.digest)
      // Of a manifest that was never here the index was pushed without; what else an index may have are blobs.
      else if (!isManifestMediaType(child.mediaType)) blobs.push(child)
    }
    return { blobs: blobs.map((blob) => blob.digest), children }
  }

  return (repositoryId, digest) => {
    const revived = new Map<Digest, number>()
    const missing = new Set<Digest>()
    const queue = [digest]
    for (const next of queue) {
      const deleted = revived.has(next) ? undefined : selectDeleted.get(repositoryId, next)
      if (deleted === undefined) continue
      revived.set(next, deleted.id)
      const { blobs, children } = needsOf(repositoryId, deleted)
      for (const lacking of selectMissing.all({ digests: JSON.stringify(blobs), repositoryId })) missing.add(lacking)
      queue.push(...children)
    }
    if (missing.size > 0) return { kind: 'content-gone', missing: [...missing] }
    for (const id of revived.values()) markLive.run(id)
    return { kind: 'revived', digests: [...revived.keys()] }
  }
}
