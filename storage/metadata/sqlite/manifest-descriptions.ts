import type { Digest } from '../../../oci/digest.ts'
import type { RepositoryId } from '../identities.ts'
import type { ManifestDescription, ManifestStore } from '../manifests.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

/** What manifests are: written when they are pushed, and afterwards for those that came before that was done. */
export interface ManifestDescriptions extends Pick<ManifestStore, 'listUndescribed' | 'describe'> {
  /** Within a transaction of the caller's. */
  write(manifestId: number, description: ManifestDescription): void
}

export function createManifestDescriptions(context: StoreContext): ManifestDescriptions {
  const { db } = context
  const { index } = context.indexer
  const upsert = db.prepare(`
    INSERT INTO manifest_description (manifest_id, kind, platforms, labels) VALUES (?, ?, ?, ?)
    ON CONFLICT (manifest_id) DO UPDATE SET
      kind = excluded.kind, platforms = excluded.platforms, labels = excluded.labels`)
  const forget = db.prepare('DELETE FROM manifest_undescribed WHERE manifest_id = ?')
  const selectUndescribed = db.prepare<
    [number],
    { repository_id: number; digest: string; media_type: string; bytes: Buffer }
  >(`
    SELECT manifest.repository_id, manifest.digest, manifest.media_type, manifest.bytes
    FROM manifest_undescribed CROSS JOIN manifest ON manifest.id = manifest_undescribed.manifest_id
    ORDER BY manifest_undescribed.manifest_id DESC LIMIT ?`)
  const selectId = db.prepare<[number, string], { id: number }>(
    'SELECT id FROM manifest WHERE repository_id = ? AND digest = ?',
  )

  function write(manifestId: number, { kind, platforms, labels }: ManifestDescription): void {
    upsert.run(manifestId, kind, JSON.stringify(platforms), JSON.stringify(labels))
    forget.run(manifestId)
  }

  const describe = transactional(db, (described: Parameters<ManifestStore['describe']>[0]) => {
    const repositories = new Set<RepositoryId>()
    for (const { repositoryId, digest, description } of described) {
      const found = selectId.get(repositoryId, digest)
      if (found === undefined) continue
      write(found.id, description)
      repositories.add(repositoryId)
    }
    for (const repositoryId of repositories) index(repositoryId)
  })

  return {
    write,
    async listUndescribed(limit) {
      return selectUndescribed.all(limit).map((row) => ({
        repositoryId: row.repository_id as RepositoryId,
        digest: row.digest as Digest,
        mediaType: row.media_type,
        bytes: row.bytes,
      }))
    },
    async describe(described) {
      describe(described)
    },
  }
}
