import type { Tag } from '../../../oci/reference.ts'
import { tagSortKey } from '../../../oci/tag-order.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Makes the function that a push calls inside its transaction: a tag that already points to the manifest stays as it
 * is; otherwise its lifetime is closed and another opened.
 */
export function createTagMover({
  db,
}: StoreContext): (repositoryId: RepositoryId, tag: Tag, manifestId: number, at: number, origin: Origin) => void {
  const endOther = db.prepare(`
    UPDATE tag SET ended_at = ?, ended_by = ?
    WHERE repository_id = ? AND name = ? AND ended_at IS NULL AND manifest_id <> ?`)
  const begin = db.prepare(`
    INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by, sort_key) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (repository_id, name) WHERE ended_at IS NULL DO NOTHING`)
  return (repositoryId, tag, manifestId, at, origin) => {
    endOther.run(at, origin.accountName, repositoryId, tag, manifestId)
    begin.run(repositoryId, tag, manifestId, at, origin.accountName, tagSortKey(tag))
  }
}
