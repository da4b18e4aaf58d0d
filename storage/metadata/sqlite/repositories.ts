import { RegistryError } from '../../../oci/error-codes.ts'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import { namespaceOf } from '../../../oci/repository-name.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import { requireOpenForPushes } from '../open-for-pushes.ts'
import type { RepositoryStore, Visibility } from '../repositories.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createOrganizationEnsurer } from './organizations.ts'
import { toPage } from './paging.ts'
import { createRepositoryDetailsTable } from './repository-details.ts'
import { createRepositoryLocator } from './repository-locator.ts'
import {
  REPOSITORY_VALUES,
  type RepositoryRow,
  type RepositoryValues,
  toRepository,
  valuesToRepository,
} from './repository-rows.ts'
import { createRepositoryUpdater } from './repository-updater.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'
import { createVisibleReader } from './visible.ts'
import { createVisibleNamesReader } from './visible-names.ts'

export function createRepositories(context: StoreContext): RepositoryStore {
  const { db } = context
  const record = createAuditRecorder(context)
  const locate = createRepositoryLocator(context)
  const update = transactional(db, createRepositoryUpdater(context))
  const selectByName = db.prepare<[string], RepositoryRow>('SELECT * FROM repository WHERE name = ?')
  const selectById = db.prepare<[number], { id: number }>('SELECT id FROM repository WHERE id = ?')
  const selectMany = db
    .prepare<[string], RepositoryValues>(`
      SELECT ${REPOSITORY_VALUES} FROM json_each(?) AS wanted CROSS JOIN repository ON repository.id = wanted.value`)
    .raw()
  const deleteById = db.prepare<[number], RepositoryRow>('DELETE FROM repository WHERE id = ? RETURNING *')
  const readVisible = createVisibleReader<RepositoryRow>(db)
  const readVisibleNames = createVisibleNamesReader(db)
  const details = createRepositoryDetailsTable(context)
  const { unindex } = context.indexer

  const remove = transactional(db, (id: RepositoryId, origin: Origin) => {
    unindex(id)
    const row = deleteById.get(id)
    if (row !== undefined) record('repository.deleted', { name: row.name, ownerId: row.account_id }, origin)
    return row !== undefined
  })

  return {
    async find(name) {
      const row = selectByName.get(name)
      return row && toRepository(row)
    },
    async locate(name, options = { thoroughly: false }) {
      return locate(name, options)
    },
    async listVisible(viewer, { after, limit }) {
      const rows = readVisible(viewer, { after, limit: limit + 1 })
      return toPage(rows, limit, toRepository, (row) => row.name)
    },
    async listVisibleNames(viewer, { after, limit }) {
      const names = readVisibleNames(viewer, { after, limit: limit + 1 })
      return toPage(
        names,
        limit,
        (name) => name,
        (name) => name,
      )
    },
    async findMany(ids) {
      return selectMany.all(JSON.stringify(ids)).map(valuesToRepository)
    },
    async findDetails(id) {
      return selectById.get(id) === undefined ? undefined : details.read(id)
    },
    async update(id, changes, origin, ifVersion) {
      return update(id, changes, origin, ifVersion)
    },
    async delete(id, origin) {
      return remove(id, origin)
    },
  }
}

/**
 * Makes the function that a push calls inside its transaction: the repository's id, after creating the repository with
 * the visibility that its namespace wants and, where it is missing, the organization that owns the namespace. It throws
 * RegistryError DENIED when the name of that organization is held, or when the repository is archived: a push that began
 * before it was ends here.
 */
export function createRepositoryEnsurer(context: StoreContext): (name: RepositoryName, origin: Origin) => RepositoryId {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const locate = createRepositoryLocator(context)
  const ensureOrganization = createOrganizationEnsurer(context)
  const insert = db.prepare<{ ownerId: number; name: string; now: number }, { id: number; visibility: Visibility }>(`
    INSERT INTO repository (account_id, name, visibility, created_at)
    SELECT id, @name, default_visibility, @now FROM account WHERE id = @ownerId RETURNING id, visibility`)
  const createOwner = (name: RepositoryName, origin: Origin) => {
    const owner = ensureOrganization(namespaceOf(name), origin)
    if (owner.name === namespaceOf(name)) return owner.id
    // A former name leads to the present one, unless the whole would be too long with it.
    throw new RegistryError('NAME_INVALID', {
      message: `${namespaceOf(name)} is called ${owner.name} now, with which this name is too long; push under a shorter one`,
    })
  }
  return (asked, origin) => {
    // Located again, for the account or the repository may have been renamed since the push began.
    const { name, repository, ownerId: knownOwnerId } = locate(asked, { thoroughly: false })
    if (repository !== undefined) {
      requireOpenForPushes(repository)
      return repository.id
    }
    const ownerId = knownOwnerId ?? createOwner(name, origin)
    const created = insert.get({ ownerId, name, now: now() })
    if (created === undefined) throw new Error(`inserting repository ${name} returned no row`)
    record('repository.created', { name, ownerId }, origin, { visibility: created.visibility })
    return created.id as RepositoryId
  }
}
