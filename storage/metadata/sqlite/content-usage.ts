import type { Digest } from '../../../oci/digest.ts'
import type { BlobUse, ContentUsageStore, LinkedBlob } from '../content-usage.ts'
import { createBlobHolders } from './blob-holders.ts'
import { createManifestUsage } from './manifest-usage.ts'
import { createRepositoryUsage } from './repository-usage.ts'
import type { StoreContext } from './store-context.ts'

/** Tags that are named for one use of a blob. */
const TAGS_SHOWN = 10

export function createContentUsage(context: StoreContext): ContentUsageStore {
  const { db } = context
  const selectBlob = db.prepare<[string, number], { size: number; linked_at: number }>(`
    SELECT blob.size, repository_blob.linked_at FROM blob
    CROSS JOIN repository_blob ON repository_blob.blob_id = blob.id
    WHERE blob.digest = ? AND repository_blob.repository_id = ?`)
  const selectUses = db.prepare<
    [{ repositoryId: number; digest: string; limit: number }],
    { digest: string; role: BlobUse['role']; tags: string }
  >(`
    WITH used (manifest_id, kind) AS MATERIALIZED (
      SELECT manifest_id, manifest_reference.kind FROM manifest_reference
      WHERE repository_id = @repositoryId AND digest = @digest AND EXISTS (
        SELECT 1 FROM manifest WHERE manifest.id = manifest_id AND manifest.deleted_at IS NULL)
      ORDER BY manifest_id DESC LIMIT @limit
    )
    SELECT manifest.digest, used.kind AS role, (
      SELECT json_group_array(name) FROM (
        SELECT tag.name FROM tag WHERE tag.manifest_id = manifest.id AND tag.ended_at IS NULL
        UNION
        SELECT tag.name FROM manifest_reference AS edge
        CROSS JOIN tag ON tag.manifest_id = edge.manifest_id AND tag.ended_at IS NULL
        WHERE edge.repository_id = @repositoryId AND edge.digest = manifest.digest AND edge.kind = 'manifest'
        LIMIT ${TAGS_SHOWN})) AS tags
    FROM used CROSS JOIN manifest ON manifest.id = used.manifest_id
    ORDER BY used.manifest_id DESC, used.kind`)

  return {
    ofRepository: createRepositoryUsage(context),
    listRepositories: createBlobHolders(context),
    ofManifest: createManifestUsage(context),
    async findBlob(id, digest): Promise<LinkedBlob | undefined> {
      const row = selectBlob.get(digest, id)
      return row && { digest, size: row.size, linkedAt: row.linked_at }
    },
    async listUses(id, digest, limit): Promise<readonly BlobUse[]> {
      return selectUses.all({ repositoryId: id, digest, limit }).map((row) => ({
        manifestDigest: row.digest as Digest,
        role: row.role,
        tags: JSON.parse(row.tags) as string[],
      }))
    },
  }
}
