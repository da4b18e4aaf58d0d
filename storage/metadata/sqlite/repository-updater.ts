import { namespaceOf, pathOf, type RepositoryName } from '../../../oci/repository-name.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import type { RepositoryChanges, RepositoryUpdate } from '../repositories.ts'
import { type IfVersion, isMet } from '../versions.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createRepositoryDetailsTable } from './repository-details.ts'
import { type RepositoryRow, toRepository } from './repository-rows.ts'
import type { StoreContext } from './store-context.ts'

/** The columns that people edit; the name apart, which takes more than a column. */
type RepositorySettings = Pick<RepositoryRow, 'id' | 'visibility' | 'description' | 'state' | 'successor'>

/** Makes the function that changes what people edit of a repository, inside the transaction of its caller. */
export function createRepositoryUpdater(
  context: StoreContext,
): (
  id: RepositoryId,
  changes: RepositoryChanges,
  origin: Origin,
  ifVersion: IfVersion | undefined,
) => RepositoryUpdate {
  const { db } = context
  const record = createAuditRecorder(context)
  const rename = createRepositoryRenamer(context)
  const details = createRepositoryDetailsTable(context)
  const { index } = context.indexer
  const selectById = db.prepare<[number], RepositoryRow>('SELECT * FROM repository WHERE id = ?')
  const updateRow = db.prepare<RepositorySettings, RepositoryRow>(`
    UPDATE repository SET visibility = @visibility, description = @description, state = @state, successor = @successor,
      version = version + 1
    WHERE id = @id RETURNING *`)

  return (id, changes, origin, ifVersion) => {
    const before = selectById.get(id)
    if (before === undefined) return { kind: 'absent' }
    if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
    const { name = before.name as RepositoryName, readme, labels, ...others } = changes
    if (name !== before.name && !rename(before, name)) return { kind: 'name-taken' }
    if (readme !== undefined) details.writeReadme(id, readme)
    const labelChanges = labels && details.writeLabels(id, labels)
    const after = updateRow.get(withChanges(before, changes))
    if (after === undefined) throw new Error(`updating repository ${before.name} returned no row`)
    record('repository.updated', { name: before.name, ownerId: before.account_id }, origin, {
      ...others,
      ...(name !== before.name && { name: { from: before.name, to: name } }),
      // The trail is kept for years and read in pages: it says that there is another text, not the text.
      ...(readme !== undefined && { readme: { bytes: Buffer.byteLength(readme) } }),
      ...(labelChanges && { labels: labelChanges }),
    })
    index(id)
    return { kind: 'updated', repository: toRepository(after) }
  }
}

function withChanges(before: RepositoryRow, changes: RepositoryChanges): RepositorySettings {
  const { visibility, description, state = before.state, successor = before.successor } = changes
  return {
    id: before.id,
    visibility: visibility ?? before.visibility,
    description: description ?? before.description,
    state,
    // What is in use has no successor: nothing is left over for the next time that it is deprecated.
    successor: state === 'active' ? null : successor,
  }
}

/**
 * Makes the function that gives a repository another name in its namespace: false, and nothing changed, when another
 * has it. What was granted or allowed on exactly this repository stays granted on it, and an upload that has begun goes
 * on; patterns mean the names that they cover, and stay.
 */
function createRepositoryRenamer({
  db,
  now,
}: StoreContext): (repository: RepositoryRow, name: RepositoryName) => boolean {
  const selectByName = db.prepare<[string], { id: number }>('SELECT id FROM repository WHERE name = ?')
  const updateName = db.prepare<{ id: number; to: string }>('UPDATE repository SET name = @to WHERE id = @id')
  const deleteFormer = db.prepare<[string]>('DELETE FROM former_repository_name WHERE name = ?')
  const insertFormer = db.prepare<[string, number, number]>(
    'INSERT INTO former_repository_name (name, repository_id, freed_at) VALUES (?, ?, ?)',
  )
  // What waits under the new name covered nothing so far; what comes says who could do what here.
  const moveScopes = db.prepare<{ from: string; to: string }>(
    'UPDATE OR REPLACE access_token_scope SET pattern = @to WHERE pattern = @from',
  )
  const moveGrants = db.prepare<{ organization: number; from: string; to: string }>(`
    UPDATE OR REPLACE access_grant SET pattern = @to, prefix = @to
    WHERE organization_id = @organization AND prefix = @from AND pattern = @from`)
  const moveUploads = db.prepare<{ from: string; to: string }>(
    'UPDATE upload_session SET repository = @to WHERE repository = @from',
  )
  return (repository, to) => {
    const { id, account_id: organization } = repository
    const from = repository.name as RepositoryName
    if (namespaceOf(to) !== namespaceOf(from)) throw new Error(`${from} cannot become ${to}: in another namespace`)
    if (selectByName.get(to) !== undefined) return false
    deleteFormer.run(to)
    insertFormer.run(from, id, now())
    updateName.run({ id, to })
    moveScopes.run({ from, to })
    moveGrants.run({ organization, from: pathOf(from), to: pathOf(to) })
    moveUploads.run({ from, to })
    return true
  }
}
