import type { RepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId, RepositoryId } from '../identities.ts'
import type { Repository, Visibility } from '../repositories.ts'

/** A row of the table of repositories. */
export interface RepositoryRow {
  id: number
  account_id: number
  name: string
  visibility: Visibility
  created_at: number
  pushed_at: number | null
  version: number
}

export function toRepository(row: RepositoryRow): Repository {
  return {
    id: row.id as RepositoryId,
    name: row.name as RepositoryName,
    ownerId: row.account_id as AccountId,
    visibility: row.visibility,
    createdAt: row.created_at,
    pushedAt: row.pushed_at ?? undefined,
    version: row.version,
  }
}
