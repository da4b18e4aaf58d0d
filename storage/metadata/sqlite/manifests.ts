import type { Digest } from '../../../oci/digest.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import {
  MAX_REFERRERS_BYTES,
  type ManifestStore,
  type PutManifest,
  type PutManifestResult,
  type StoredManifest,
} from '../manifests.ts'
import { createAuditRecorder, createContentDescriber } from './audit-events.ts'
import { createManifestDescriptions } from './manifest-descriptions.ts'
import { createManifestSummaries } from './manifest-summaries.ts'
import { createRepositoryEnsurer } from './repositories.ts'
import type { PushContext } from './store-context.ts'
import { createTagMover } from './tag-mover.ts'
import { sharedTransactional, transactional } from './transaction.ts'

interface ManifestRow {
  digest: string
  media_type: string
  bytes: Buffer
}

/** A manifest that is known to be damaged is not there, until it is pushed again. */
const IS_WHOLE = 'NOT EXISTS (SELECT 1 FROM damage WHERE damage.manifest_id = manifest.id)'

export function createManifests(context: PushContext): ManifestStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const ensureRepository = createRepositoryEnsurer(context)
  const moveTag = createTagMover(context)
  const { index } = context.indexer
  const descriptions = createManifestDescriptions(context)

  const selectByTag = db.prepare<[number, string], ManifestRow>(`
    SELECT manifest.digest, manifest.media_type, manifest.bytes
    FROM tag JOIN manifest ON manifest.id = tag.manifest_id
    WHERE tag.repository_id = ? AND tag.name = ? AND tag.ended_at IS NULL AND ${IS_WHOLE}`)
  const selectByDigest = db.prepare<[number, string], ManifestRow>(`
    SELECT digest, media_type, bytes FROM manifest
    WHERE repository_id = ? AND digest = ? AND deleted_at IS NULL AND ${IS_WHOLE}`)
  // An index's child may be a manifest or, as buildkit's cache writes it, a blob; a manifest's other references are blobs.
  const selectMissing = db.prepare<[{ digests: string; repositoryId: number }], { digest: string }>(`
    SELECT wanted.value ->> 'digest' AS digest FROM json_each(@digests) AS wanted
    WHERE NOT EXISTS (
      SELECT 1 FROM blob JOIN repository_blob ON repository_blob.blob_id = blob.id
      WHERE blob.digest = wanted.value ->> 'digest' AND repository_blob.repository_id = @repositoryId
        AND NOT EXISTS (SELECT 1 FROM damage WHERE damage.digest = blob.digest AND damage.manifest_id IS NULL))
    AND NOT (wanted.value ->> 'kind' = 'manifest' AND EXISTS (
      SELECT 1 FROM manifest
      WHERE manifest.repository_id = @repositoryId AND manifest.digest = wanted.value ->> 'digest'
        AND manifest.deleted_at IS NULL AND ${IS_WHOLE}))`)
  const upsert = db.prepare<
    [number, string, string, string | null, string | null, string | null, number, Uint8Array],
    { id: number }
  >(`
    INSERT INTO manifest
      (repository_id, digest, media_type, artifact_type, subject_digest, referrer_descriptor, pushed_at, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (repository_id, digest) DO UPDATE SET
      media_type = excluded.media_type, artifact_type = excluded.artifact_type, bytes = excluded.bytes,
      referrer_descriptor = excluded.referrer_descriptor, pushed_at = excluded.pushed_at, deleted_at = NULL
    RETURNING id`)
  const closeDamage = db.prepare<[number]>('DELETE FROM damage WHERE manifest_id = ?')
  const insertReferences = db.prepare(`
    INSERT INTO manifest_reference (manifest_id, repository_id, kind, digest)
    SELECT ?, ?, value ->> 'kind', value ->> 'digest' FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`)
  const touchRepository = db.prepare('UPDATE repository SET pushed_at = ? WHERE id = ?')
  const markDeleted = db.prepare<[number, number, string], { id: number }>(`
    UPDATE manifest SET deleted_at = ? WHERE repository_id = ? AND digest = ? AND deleted_at IS NULL RETURNING id`)
  const endTags = db.prepare<[number, string, number], { name: string }>(
    'UPDATE tag SET ended_at = ?, ended_by = ? WHERE manifest_id = ? AND ended_at IS NULL RETURNING name',
  )
  const describe = createContentDescriber(context)
  const selectReferrers = db.prepare<
    [{ repositoryId: number; subject: string; after: string; types: string; limit: number }],
    ReferrerRow
  >(`
    SELECT digest, referrer_descriptor AS descriptor, octet_length(referrer_descriptor) AS bytes FROM manifest
    WHERE repository_id = @repositoryId AND subject_digest = @subject AND deleted_at IS NULL AND digest > @after
      AND (@types = '[]' OR artifact_type IN (SELECT value FROM json_each(@types)))
    ORDER BY digest LIMIT @limit`)

  const put = sharedTransactional(context, (manifest: PutManifest, origin: Origin): PutManifestResult => {
    const repositoryId = ensureRepository(manifest.repository, origin)
    const references = JSON.stringify(manifest.references)
    const missing = new Set(selectMissing.all({ digests: references, repositoryId }).map((row) => row.digest as Digest))
    const lacking = manifest.references.filter((reference) => reference.isRequired && missing.has(reference.digest))
    if (lacking.length > 0) throw new MissingReferences(lacking.map((reference) => reference.digest))

    const { digest, mediaType, artifactType, referrer, bytes } = manifest
    const at = now()
    const stored = upsert.get(
      repositoryId,
      digest,
      mediaType,
      artifactType ?? null,
      referrer?.subject ?? null,
      referrer?.descriptor ?? null,
      at,
      bytes,
    )
    if (stored === undefined) throw new Error(`inserting manifest ${digest} returned no row`)
    const object = describe(repositoryId, `@${digest}`)
    if (closeDamage.run(stored.id).changes > 0) record('manifest.healed', object, origin)
    insertReferences.run(stored.id, repositoryId, references)
    descriptions.write(stored.id, manifest.description)
    for (const tag of manifest.tags) moveTag(repositoryId, tag, stored.id, at, origin)
    touchRepository.run(at, repositoryId)
    record('manifest.pushed', object, origin, { mediaType, tags: manifest.tags })
    index(repositoryId)
    return { kind: 'stored', missing: [...missing] }
  })

  const remove = transactional(db, (repositoryId: RepositoryId, digest: Digest, origin: Origin) => {
    const deleted = markDeleted.get(now(), repositoryId, digest)
    if (deleted === undefined) return false
    const tags = endTags.all(now(), origin.accountName, deleted.id).map((row) => row.name)
    record('manifest.deleted', describe(repositoryId, `@${digest}`), origin, { tags })
    if (tags.length > 0) index(repositoryId)
    return true
  })

  const { listUndescribed, describe: describeManifests } = descriptions
  return {
    ...createManifestSummaries(context),
    listUndescribed,
    describe: describeManifests,
    async resolve(repositoryId, reference) {
      const row =
        reference.kind === 'tag'
          ? selectByTag.get(repositoryId, reference.tag)
          : selectByDigest.get(repositoryId, reference.digest)
      return row && toStoredManifest(row)
    },
    async put(manifest, origin) {
      try {
        return await put(manifest, origin)
      } catch (error) {
        if (error instanceof MissingReferences) return { kind: 'missing-references', missing: error.missing }
        throw error
      }
    },
    async delete(repositoryId, digest, origin) {
      return remove(repositoryId, digest, origin)
    },
    async listReferrers(repositoryId, { subject, artifactTypes, after, limit }) {
      const types = JSON.stringify(artifactTypes)
      const items: string[] = []
      let last: ReferrerRow | undefined
      let bytes = 0
      // Row by row: what each of them says of itself may be as large as a manifest.
      for (const row of selectReferrers.iterate({
        repositoryId,
        subject,
        after: after ?? '',
        types,
        limit: limit + 1,
      })) {
        bytes += row.bytes
        const isFull = items.length === limit || bytes > MAX_REFERRERS_BYTES
        if (last !== undefined && isFull) return { items, next: last.digest }
        items.push(row.descriptor)
        last = row
      }
      return { items, next: undefined }
    },
  }
}

interface ReferrerRow {
  digest: string
  descriptor: string
  bytes: number
}

/** Thrown inside the transaction so that it is rolled back, the repository it may just have created included. */
class MissingReferences extends Error {
  readonly missing: readonly Digest[]
  constructor(missing: readonly Digest[]) {
    super('required references are missing')
    this.missing = [...new Set(missing)]
  }
}

function toStoredManifest(row: ManifestRow): StoredManifest {
  return { digest: row.digest as Digest, mediaType: row.media_type, bytes: row.bytes }
}
