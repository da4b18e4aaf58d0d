import type { Digest } from '../../../oci/digest.ts'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import type { Origin } from '../audit-events.ts'
import type { BlobLinkStore, LinkedBlob } from '../blob-links.ts'
import type { RepositoryId } from '../identities.ts'
import { createAuditRecorder, createContentDescriber } from './audit-events.ts'
import { createRepositoryEnsurer } from './repositories.ts'
import type { PushContext } from './store-context.ts'
import { sharedTransactional, transactional } from './transaction.ts'
import { preparePerViewer, selectVisibleSql, type ViewerParameters, viewerParameters } from './visible.ts'

/**
 * Repositories, the newest first, that are looked at for a mount from anywhere. A base layer may be in thousands, of
 * which the viewer may see none: going through all of them takes long, and how long tells that others have the blob.
 */
const MAX_EXAMINED = 32

/** A blob that is known to be damaged is not there, until it is pushed again. */
const IS_WHOLE = 'NOT EXISTS (SELECT 1 FROM damage WHERE damage.digest = blob.digest AND damage.manifest_id IS NULL)'

export function createBlobLinks(context: PushContext): BlobLinkStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const ensureRepository = createRepositoryEnsurer(context)
  const linked = `
    SELECT blob.id, blob.size FROM blob
    JOIN repository_blob ON repository_blob.blob_id = blob.id
    WHERE blob.digest = ? AND repository_blob.repository_id = ?`
  const select = db.prepare<[string, number], { id: number; size: number }>(linked)
  const selectWhole = db.prepare<[string, number], { size: number }>(`${linked} AND ${IS_WHOLE}`)
  // A re-push that healed a damaged blob brings the true size with it.
  const upsertBlob = db.prepare<[string, number, number], { id: number }>(`
    INSERT INTO blob (digest, size, created_at) VALUES (?, ?, ?)
    ON CONFLICT (digest) DO UPDATE SET size = excluded.size RETURNING id`)
  const insertLink = db.prepare(
    'INSERT INTO repository_blob (repository_id, blob_id, linked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const deleteLink = db.prepare('DELETE FROM repository_blob WHERE repository_id = ? AND blob_id = ?')
  const selectUser = db.prepare<[number, string], { digest: string }>(`
    SELECT manifest.digest FROM manifest_reference
    JOIN manifest ON manifest.id = manifest_reference.manifest_id
    WHERE manifest_reference.repository_id = ? AND manifest_reference.digest = ? AND manifest.deleted_at IS NULL LIMIT 1`)
  const describe = createContentDescriber(context)
  const selectBlob = db.prepare<[string], { id: number; size: number }>(
    `SELECT id, size FROM blob WHERE digest = ? AND ${IS_WHOLE}`,
  )
  const selectAnywhere = preparePerViewer<ViewerParameters & { blobId: number }, { found: 1 }>(
    db,
    (viewerKind) => `
      ${selectVisibleSql(
        viewerKind,
        `1 AS found FROM (
          SELECT repository_id FROM repository_blob WHERE blob_id = @blobId
          ORDER BY repository_id DESC LIMIT ${MAX_EXAMINED}) AS link
        CROSS JOIN repository ON repository.id = link.repository_id
        WHERE true`,
      )}
      LIMIT 1`,
  )

  const closeDamage = db.prepare<[string]>('DELETE FROM damage WHERE digest = ? AND manifest_id IS NULL')

  function insert(repository: RepositoryName, blob: LinkedBlob, origin: Origin): RepositoryId {
    const repositoryId = ensureRepository(repository, origin)
    const row = upsertBlob.get(blob.digest, blob.size, now())
    if (row === undefined) throw new Error(`inserting blob ${blob.digest} returned no row`)
    insertLink.run(repositoryId, row.id, now())
    return repositoryId
  }

  const link = sharedTransactional(context, insert)
  const linkUploaded = sharedTransactional(context, (repository: RepositoryName, blob: LinkedBlob, origin: Origin) => {
    const repositoryId = insert(repository, blob, origin)
    const isHealed = closeDamage.run(blob.digest).changes > 0
    if (isHealed) record('blob.healed', describe(repositoryId, `@${blob.digest}`), origin)
  })

  const unlink = transactional(
    db,
    (repositoryId: RepositoryId, digest: Digest, origin: Origin): Awaited<ReturnType<BlobLinkStore['unlink']>> => {
      const blob = select.get(digest, repositoryId)
      if (blob === undefined) return { kind: 'not-linked' }
      const user = selectUser.get(repositoryId, digest)
      if (user !== undefined) return { kind: 'in-use', manifest: user.digest as Digest }
      deleteLink.run(repositoryId, blob.id)
      record('blob.deleted', describe(repositoryId, `@${digest}`), origin)
      return { kind: 'unlinked' }
    },
  )

  return {
    async find(repositoryId, digest) {
      const row = selectWhole.get(digest, repositoryId)
      return row && { digest, size: row.size }
    },
    async link(repository, blob, origin) {
      await link(repository, blob, origin)
    },
    async linkUploaded(repository, blob, origin) {
      await linkUploaded(repository, blob, origin)
    },
    async unlink(repositoryId, digest, origin) {
      return unlink(repositoryId, digest, origin)
    },
    async findAnywhere(viewer, digest) {
      const blob = selectBlob.get(digest)
      // A blob that is not there is looked for all the same: the time must not tell that others have it (S03).
      const isVisible = selectAnywhere(viewer).get({ ...viewerParameters(viewer), blobId: blob?.id ?? 0 }) !== undefined
      return isVisible && blob !== undefined ? { digest, size: blob.size } : undefined
    },
  }
}
