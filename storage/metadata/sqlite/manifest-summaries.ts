import type { Digest } from '../../../oci/digest.ts'
import type { Tag } from '../../../oci/reference.ts'
import type { ManifestKind, ManifestStore } from '../manifests.ts'
import type { StoreContext } from './store-context.ts'

interface SummaryRow {
  digest: string
  media_type: string
  kind: ManifestKind | null
  pushed_at: number
  size: number
  blob_bytes: number | null
}

/** What is shown around a manifest: its relatives, and the tags that lead to it. */
export function createManifestSummaries({
  db,
}: StoreContext): Pick<ManifestStore, 'listSummaries' | 'listTags' | 'listParents'> {
  const selectSummaries = db.prepare<[{ digests: string; repositoryId: number }], SummaryRow>(`
    SELECT manifest.digest, manifest.media_type, manifest_description.kind, manifest.pushed_at,
      length(manifest.bytes) AS size,
      (SELECT sum(needed.size) FROM (
        SELECT DISTINCT blob.id, blob.size FROM manifest_reference
        CROSS JOIN blob ON blob.digest = manifest_reference.digest
        CROSS JOIN repository_blob
          ON repository_blob.repository_id = manifest_reference.repository_id AND repository_blob.blob_id = blob.id
        WHERE manifest_reference.manifest_id = manifest.id AND manifest_reference.kind <> 'manifest') AS needed
      ) AS blob_bytes
    FROM (SELECT DISTINCT value AS digest FROM json_each(@digests)) AS asked
    CROSS JOIN manifest ON manifest.repository_id = @repositoryId AND manifest.digest = asked.digest
    LEFT JOIN manifest_description ON manifest_description.manifest_id = manifest.id
    WHERE manifest.deleted_at IS NULL`)
  const selectTags = db.prepare<[number, string, number], { name: string }>(`
    SELECT tag.name FROM manifest CROSS JOIN tag ON tag.manifest_id = manifest.id AND tag.ended_at IS NULL
    WHERE manifest.repository_id = ? AND manifest.digest = ? ORDER BY tag.name LIMIT ?`)
  const selectParents = db.prepare<[number, string, number], { digest: string; media_type: string; bytes: Buffer }>(`
    SELECT manifest.digest, manifest.media_type, manifest.bytes FROM (
      SELECT manifest_id FROM manifest_reference
      WHERE repository_id = ? AND digest = ? AND kind = 'manifest') AS edge
    CROSS JOIN manifest ON manifest.id = edge.manifest_id
    WHERE manifest.deleted_at IS NULL ORDER BY manifest.id DESC LIMIT ?`)

  return {
    async listSummaries(repositoryId, digests) {
      return selectSummaries.all({ repositoryId, digests: JSON.stringify(digests) }).map((row) => ({
        digest: row.digest as Digest,
        mediaType: row.media_type,
        kind: row.kind ?? undefined,
        pushedAt: row.pushed_at,
        size: row.size,
        pulledBytes: row.size + (row.blob_bytes ?? 0),
      }))
    },
    async listTags(repositoryId, digest, limit) {
      return selectTags.all(repositoryId, digest, limit).map((row) => row.name as Tag)
    },
    async listParents(repositoryId, digest, limit) {
      return selectParents.all(repositoryId, digest, limit).map((row) => ({
        digest: row.digest as Digest,
        mediaType: row.media_type,
        bytes: row.bytes,
      }))
    },
  }
}
